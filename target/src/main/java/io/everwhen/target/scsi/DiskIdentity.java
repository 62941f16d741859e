package io.everwhen.target.scsi;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * By what a disk is recognised over restarts and paths.
 *
 * @param serial unit serial number, 1 to 32 printable ASCII characters
 */
public record DiskIdentity(String serial) {

  private static final int SERIAL_CHARACTERS_MAX = 32;

  /** NAA type 3: locally assigned, SPC-4 section 7.8.6.6.3. */
  private static final long NAA_LOCALLY_ASSIGNED = 0x3L << 60;

  /** The U/L and I/G bits of an EUI-64's first octet; RFC 4291 appendix A has them in words. */
  private static final long EUI_FIRST_OCTET_FLAGS = 0x3L << 56;

  private static final long EUI_LOCALLY_ASSIGNED = 0x2L << 56;

  public DiskIdentity {
    if (serial.isEmpty()
        || serial.length() > SERIAL_CHARACTERS_MAX
        || !serial.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException(
          "a serial number has 1 to "
              + SERIAL_CHARACTERS_MAX
              + " printable ASCII characters, not: "
              + serial);
    }
  }

  /** The identity that any stable string stands for: the same string, the same identity. */
  public static DiskIdentity of(String name) {
    return new DiskIdentity("%016x".formatted(hash(name)));
  }

  byte[] serialBytes() {
    return serial.getBytes(US_ASCII);
  }

  /** The NAA identifier: unique as far as the serial number is. */
  long naa() {
    return NAA_LOCALLY_ASSIGNED | (hash(serial) >>> 4);
  }

  /** The EUI-64 identifier, of those that are assigned locally: as unique. */
  long eui64() {
    return (hash(serial) & ~EUI_FIRST_OCTET_FLAGS) | EUI_LOCALLY_ASSIGNED;
  }

  /** The identifier based on the T10 vendor identification. */
  String t10() {
    return StandardInquiry.VENDOR + serial;
  }

  private static long hash(String text) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)))
          .getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
