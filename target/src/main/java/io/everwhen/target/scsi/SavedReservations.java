package io.everwhen.target.scsi;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ReservationState} as bytes, big-endian:
 *
 * <pre>
 * "EWRESERV"          8 bytes
 * version, 1          2 bytes
 * reservation type    2 bytes, 0 for none
 * holder              2 bytes, its place among the registrations; FFFFh for none
 * registrations       2 bytes, how many, then for each:
 *   key               8 bytes
 *   target port       2 bytes
 *   length of name    2 bytes
 *   initiator port    its name in UTF-8
 * CRC32C of all that  4 bytes
 * </pre>
 *
 * The generation is not saved: it starts again at 0, SPC-4 section 6.15.2.
 */
final class SavedReservations {

  private static final byte[] MAGIC = "EWRESERV".getBytes(US_ASCII);
  private static final int VERSION = 1;
  private static final int NO_HOLDER = 0xffff;
  private static final int HEADER_BYTES = 16;
  private static final int REGISTRATION_BYTES = 12;

  private SavedReservations() {}

  static byte[] encode(ReservationState state) {
    List<Registrant> registrants = List.copyOf(state.registrations().keySet());
    int namesBytes = registrants.stream().mapToInt(r -> r.port().getBytes(UTF_8).length).sum();
    ByteBuffer out =
        ByteBuffer.allocate(
            HEADER_BYTES + registrants.size() * REGISTRATION_BYTES + namesBytes + Integer.BYTES);
    ReservationType type = state.type();
    Registrant holder = state.holder();
    out.put(MAGIC).putShort((short) VERSION).putShort((short) (type == null ? 0 : type.code()));
    out.putShort((short) (holder == null ? NO_HOLDER : registrants.indexOf(holder)));
    out.putShort((short) registrants.size());
    state
        .registrations()
        .forEach((registrant, key) -> {
          byte[] name = registrant.port().getBytes(UTF_8);
          out.putLong(key).putShort((short) registrant.targetPort());
          out.putShort((short) name.length).put(name);
        });
    out.putInt(checksum(out.duplicate().flip()));
    return out.array();
  }

  /**
   * Reads them back.
   *
   * @param where they were, for messages
   * @throws IOException when they are not whole
   */
  static ReservationState decode(byte[] bytes, String where) throws IOException {
    int length = bytes.length - Integer.BYTES;
    if (length < HEADER_BYTES
        || checksum(ByteBuffer.wrap(bytes, 0, length)) != ByteBuffer.wrap(bytes).getInt(length)) {
      throw damaged(where, null);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
    byte[] magic = new byte[MAGIC.length];
    int version = in.get(magic).getShort();
    if (!java.util.Arrays.equals(magic, MAGIC)) {
      throw damaged(where, null);
    }
    if (version != VERSION) {
      throw new IOException(
          "%s was written by another version of Everwhen; this one reads version %d"
              .formatted(where, VERSION));
    }
    try {
      return decode(in);
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw damaged(where, e);
    }
  }

  private static ReservationState decode(ByteBuffer in) {
    int typeCode = in.getShort();
    int holder = in.getShort() & 0xffff;
    int count = in.getShort() & 0xffff;
    Map<Registrant, Long> registrations = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      long key = in.getLong();
      int targetPort = in.getShort() & 0xffff;
      byte[] name = new byte[in.getShort() & 0xffff];
      in.get(name);
      registrations.put(new Registrant(new String(name, UTF_8), targetPort), key);
    }
    ReservationType type = ReservationType.of(typeCode);
    if (in.hasRemaining() || (type == null && typeCode != 0)) {
      throw new IllegalArgumentException("type " + typeCode + ", and more behind the end");
    }
    List<Registrant> registrants = new ArrayList<>(registrations.keySet());
    return new ReservationState(
        0,
        registrations,
        type,
        holder == NO_HOLDER ? null : registrants.get(holder),
        !registrations.isEmpty());
  }

  private static IOException damaged(String where, @Nullable Exception cause) {
    return new IOException(
        where
            + " is damaged, so nobody knows who had reserved the disk, and it is not served. Move"
            + " the file away to serve the disk with no reservations",
        cause);
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
