package io.everwhen.appliance.config;

import io.everwhen.target.block.Geometry;
import io.everwhen.target.iscsi.Access;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One disk to serve.
 *
 * @param name its name
 * @param size how large it is: whole blocks, at most {@link Geometry#MAX_BYTES}
 * @param blockSize bytes of a logical block: 512 or 4096
 * @param journalSize bytes that its journal may take, or null for the appliance's own choice
 * @param journal the directory of its journal, or null for a place under the appliance's journal
 *     directory
 * @param readOnly whether initiators can only read it, or null for what was said last
 * @param writeCache whether writes are acknowledged before they are durable, until a flush
 * @param encoding in what form its journal holds what is written
 * @param pastLogins whether whoever may use it opens its past by a login
 * @param access who may use it, where no target leads to it
 */
public record DiskConfig(
    DiskName name,
    ByteSize size,
    int blockSize,
    @Nullable ByteSize journalSize,
    @Nullable Path journal,
    @Nullable Boolean readOnly,
    boolean writeCache,
    boolean pastLogins,
    EncodingConfig encoding,
    Access access) {

  /** Bytes of a logical block where nothing else is said. */
  public static final int DEFAULT_BLOCK_SIZE = 512;

  public DiskConfig {
    if (blockSize != 512 && blockSize != 4096) {
      throw new IllegalArgumentException("a block has 512 or 4096 bytes, not " + blockSize);
    }
    if (size.bytes() > Geometry.MAX_BYTES) {
      throw new IllegalArgumentException(
          "a disk has at most 64TiB; " + name + " would have " + size);
    }
    if (size.bytes() % blockSize != 0) {
      throw new IllegalArgumentException(
          "the size of "
              + name
              + ", "
              + size
              + ", is not a multiple of its block of "
              + blockSize
              + " bytes; the next is "
              + new ByteSize((size.bytes() / blockSize + 1) * blockSize));
    }
  }

  /** A disk of 512-byte blocks with everything else left to the appliance. */
  public DiskConfig(DiskName name, ByteSize size) {
    this(name, size, DEFAULT_BLOCK_SIZE, null, null);
  }

  /** A disk that anyone may use. */
  public DiskConfig(
      DiskName name,
      ByteSize size,
      int blockSize,
      @Nullable ByteSize journalSize,
      @Nullable Path journal) {
    this(
        name,
        size,
        blockSize,
        journalSize,
        journal,
        null,
        true,
        false,
        EncodingConfig.PLAIN,
        Access.OPEN);
  }

  /**
   * The disk that {@code NAME=SIZE} means.
   *
   * @throws IllegalArgumentException if it does not mean one
   */
  public static DiskConfig parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw new IllegalArgumentException(
          "not a disk: '" + text + "'; write NAME=SIZE, such as disk0=1GiB");
    }
    return new DiskConfig(
        new DiskName(text.substring(0, equals)), ByteSize.parse(text.substring(equals + 1)));
  }

  /** This disk with another size. */
  public DiskConfig withSize(ByteSize other) {
    return new DiskConfig(
        name,
        other,
        blockSize,
        journalSize,
        journal,
        readOnly,
        writeCache,
        pastLogins,
        encoding,
        access);
  }

  /** This disk, read-only or not. */
  public DiskConfig withReadOnly(boolean only) {
    return new DiskConfig(
        name,
        size,
        blockSize,
        journalSize,
        journal,
        only,
        writeCache,
        pastLogins,
        encoding,
        access);
  }

  /** This disk with its journal in a place of its own, or where the others are. */
  public DiskConfig withJournal(@Nullable Path other) {
    return new DiskConfig(
        name,
        size,
        blockSize,
        journalSize,
        other,
        readOnly,
        writeCache,
        pastLogins,
        encoding,
        access);
  }

  /** Blocks on the disk. */
  public long blockCount() {
    return size.bytes() / blockSize;
  }
}
