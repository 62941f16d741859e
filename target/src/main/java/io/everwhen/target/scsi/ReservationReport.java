package io.everwhen.target.scsi;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What PERSISTENT RESERVE IN returns, SPC-4 section 6.15. */
final class ReservationReport {

  private static final int READ_KEYS = 0;
  private static final int READ_RESERVATION = 1;
  private static final int REPORT_CAPABILITIES = 2;
  private static final int READ_FULL_STATUS = 3;

  private static final int HEADER_BYTES = 8;
  private static final int RESERVATION_BYTES = 16;
  private static final int STATUS_BYTES = 24;
  private static final int TRANSPORT_ID_BYTES_MAX = 264;

  /** TMV: the types below are what there is. */
  private static final int TYPE_MASK_VALID = 0x80;

  /** All six types, SPC-4 table 214. */
  private static final int TYPES = 0xea01;

  private static final int HOLDER = 0x01;
  private static final int RELATIVE_TARGET_PORT = 1;

  /** Format 01b: an initiator port; protocol 5: iSCSI. SPC-4 section 7.6.4.6. */
  private static final int ISCSI_INITIATOR_PORT = 0x45;

  private ReservationReport() {}

  /** Returns the parameter data, up to its position; null if there is no such service action. */
  static @Nullable ByteBuffer of(int serviceAction, Reservations.State state) {
    int registrations = state.registrations().size();
    ByteBuffer out =
        ByteBuffer.allocate(
            HEADER_BYTES
                + Math.max(
                    RESERVATION_BYTES, registrations * (STATUS_BYTES + TRANSPORT_ID_BYTES_MAX)));
    if (serviceAction == REPORT_CAPABILITIES) {
      return out.putShort((short) HEADER_BYTES)
          .put((byte) 0)
          .put((byte) TYPE_MASK_VALID)
          .putShort((short) TYPES)
          .putShort((short) 0);
    }
    out.putInt(state.generation()).putInt(0);
    switch (serviceAction) {
      case READ_KEYS -> state.registrations().values().forEach(out::putLong);
      case READ_RESERVATION -> putReservation(out, state);
      case READ_FULL_STATUS ->
          state.registrations().forEach((port, key) -> putStatus(out, state, port, key));
      default -> {
        return null;
      }
    }
    return out.putInt(Integer.BYTES, out.position() - HEADER_BYTES);
  }

  private static void putReservation(ByteBuffer out, Reservations.State state) {
    ReservationType type = state.type();
    if (type != null) {
      String holder = state.holder();
      Long key = holder == null ? null : state.registrations().get(holder);
      out.putLong(key == null ? 0 : key).putInt(0);
      out.put((byte) 0).put((byte) type.code()).putShort((short) 0);
    }
  }

  private static void putStatus(ByteBuffer out, Reservations.State state, String port, long key) {
    ReservationType type = state.type();
    boolean holds = type != null && state.isHolder(port);
    out.putLong(key).putInt(0).put((byte) (holds ? HOLDER : 0));
    out.put((byte) (type != null && holds ? type.code() : 0)).putInt(0);
    out.putShort((short) RELATIVE_TARGET_PORT);
    byte[] name = port.getBytes(UTF_8);
    int padded = (name.length + 1 + 3) / 4 * 4;
    out.putInt(padded + 4).put((byte) ISCSI_INITIATOR_PORT).put((byte) 0).putShort((short) padded);
    out.put(name).put(new byte[padded - name.length]);
  }
}
