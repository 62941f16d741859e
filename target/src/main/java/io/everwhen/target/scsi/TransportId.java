package io.everwhen.target.scsi;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The TransportID of an iSCSI initiator port, SPC-4 section 7.6.4.6. */
final class TransportId {

  /** The longest name: 223 bytes of initiator name, and the ISID behind it. */
  static final int NAME_BYTES_MAX = 223 + ",i,0x".length() + 12;

  /** The most bytes of one. */
  static final int BYTES_MAX = 4 + 244;

  /** Format 01b: an initiator port; protocol 5: iSCSI. */
  private static final int ISCSI_INITIATOR_PORT = 0x45;

  private static final int HEADER_BYTES = 4;
  private static final int NAME_BYTES_MIN = 20;
  private static final Pattern NAME = Pattern.compile("[^,\\p{Cntrl}]{1,223},i,0x[0-9a-f]{12}");

  private TransportId() {}

  /** The TransportID of a port. */
  static byte[] of(String port) {
    byte[] name = port.getBytes(UTF_8);
    int padded = Math.max(NAME_BYTES_MIN, (name.length + Integer.BYTES) / 4 * 4);
    return ByteBuffer.allocate(HEADER_BYTES + padded)
        .put(0, (byte) ISCSI_INITIATOR_PORT)
        .putShort(2, (short) padded)
        .put(HEADER_BYTES, name)
        .array();
  }

  /**
   * Reads the TransportID at the buffer's position and moves behind it.
   *
   * @return the port's name; null if what is there is not the TransportID of an iSCSI port
   */
  static @Nullable String read(ByteBuffer in) {
    if (in.remaining() < HEADER_BYTES || in.get(in.position()) != ISCSI_INITIATOR_PORT) {
      return null;
    }
    int length = in.getShort(in.position() + 2) & 0xffff;
    if (length < NAME_BYTES_MIN || length % 4 != 0 || length > in.remaining() - HEADER_BYTES) {
      return null;
    }
    byte[] text = new byte[length];
    in.position(in.position() + HEADER_BYTES).get(text);
    int end = 0;
    while (end < length && text[end] != 0) {
      end++;
    }
    String name = new String(text, 0, end, UTF_8).toLowerCase(Locale.ROOT);
    return end < length && end <= NAME_BYTES_MAX && NAME.matcher(name).matches() ? name : null;
  }
}
