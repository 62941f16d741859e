package io.everwhen.target.testing;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;

/**
 * Keeps another disk's blocks encrypted, each by AES in counter mode from its number on, so that
 * erasing the key erases them. For tests: without a fresh nonce for each write it hides nothing
 * from whoever sees two versions.
 */
public final class EncryptedDisk implements BlockDevice {

  private static final int KEY_BITS = 128;

  private final BlockDevice disk;
  private volatile SecretKey key = newKey();

  public EncryptedDisk(BlockDevice disk) {
    this.disk = disk;
  }

  private static SecretKey newKey() {
    try {
      KeyGenerator generator = KeyGenerator.getInstance("AES");
      generator.init(KEY_BITS);
      return generator.generateKey();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES", e);
    }
  }

  /** Encrypts blocks, or decrypts them. */
  private ByteBuffer crypt(long block, ByteBuffer data) {
    int blockSize = geometry().blockSize();
    ByteBuffer out = ByteBuffer.allocate(data.remaining());
    try {
      Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
      for (long next = block; data.hasRemaining(); next++) {
        byte[] counter = ByteBuffer.allocate(16).putLong(next).array();
        cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(counter));
        cipher.doFinal(data.slice(data.position(), blockSize), out);
        data.position(data.position() + blockSize);
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    return out.flip();
  }

  @Override
  public Geometry geometry() {
    return disk.geometry();
  }

  @Override
  public boolean readOnly() {
    return disk.readOnly();
  }

  @Override
  public boolean encrypted() {
    return true;
  }

  @Override
  public void eraseKey() {
    key = newKey();
  }

  @Override
  public void read(long block, ByteBuffer into) throws IOException {
    ByteBuffer stored = ByteBuffer.allocate(into.remaining());
    disk.read(block, stored);
    into.put(crypt(block, stored.flip()));
  }

  @Override
  public void write(long block, ByteBuffer data) throws IOException {
    disk.write(block, crypt(block, data));
  }

  @Override
  public void zero(List<Extent> extents, boolean deallocate) throws IOException {
    int blockSize = geometry().blockSize();
    for (Extent extent : extents) {
      for (long block = extent.block(); block < extent.block() + extent.count(); block++) {
        disk.write(block, crypt(block, ByteBuffer.allocate(blockSize)));
      }
    }
  }

  @Override
  public void settle() throws IOException {
    disk.settle();
  }

  @Override
  public void flush() throws IOException {
    disk.flush();
  }
}
