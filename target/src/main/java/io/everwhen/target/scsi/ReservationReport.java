package io.everwhen.target.scsi;

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

  /** SIP_C and ATP_C: initiator ports can be named, and every target port meant. */
  private static final int PORTS_CAN_BE_SPECIFIED = 0x0c;

  /** PTPL_C: reservations can outlive a restart. */
  private static final int CAN_PERSIST = 0x01;

  /** TMV: the types below are what there is. */
  private static final int TYPE_MASK_VALID = 0x80;

  /** PTPL_A: the reservations that there are outlive a restart. */
  private static final int PERSISTS = 0x01;

  /** All six types, SPC-4 table 214. */
  private static final int TYPES = 0xea01;

  private static final int HOLDER = 0x01;

  private ReservationReport() {}

  /** Returns the parameter data, up to its position; null if there is no such service action. */
  static @Nullable ByteBuffer of(int serviceAction, Reservations reservations) {
    ReservationState state = reservations.state();
    int statusBytes =
        state.registrations().keySet().stream()
            .mapToInt(registrant -> STATUS_BYTES + TransportId.of(registrant.port()).length)
            .sum();
    ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + Math.max(RESERVATION_BYTES, statusBytes));
    if (serviceAction == REPORT_CAPABILITIES) {
      return out.putShort((short) HEADER_BYTES)
          .put((byte) (PORTS_CAN_BE_SPECIFIED | (reservations.persists() ? CAN_PERSIST : 0)))
          .put((byte) (TYPE_MASK_VALID | (state.persistent() ? PERSISTS : 0)))
          .putShort((short) TYPES)
          .putShort((short) 0);
    }
    out.putInt(state.generation()).putInt(0);
    switch (serviceAction) {
      case READ_KEYS -> state.registrations().values().forEach(out::putLong);
      case READ_RESERVATION -> putReservation(out, state);
      case READ_FULL_STATUS ->
          state
              .registrations()
              .forEach((registrant, key) -> putStatus(out, state, registrant, key));
      default -> {
        return null;
      }
    }
    return out.putInt(Integer.BYTES, out.position() - HEADER_BYTES);
  }

  private static void putReservation(ByteBuffer out, ReservationState state) {
    ReservationType type = state.type();
    if (type != null) {
      Long key = state.keyOf(state.holder());
      out.putLong(key == null ? 0 : key).putInt(0);
      out.put((byte) 0).put((byte) type.code()).putShort((short) 0);
    }
  }

  private static void putStatus(
      ByteBuffer out, ReservationState state, Registrant registrant, long key) {
    ReservationType type = state.type();
    boolean holds = type != null && state.isHolder(registrant);
    out.putLong(key).putInt(0).put((byte) (holds ? HOLDER : 0));
    out.put((byte) (type != null && holds ? type.code() : 0)).putInt(0);
    out.putShort((short) registrant.targetPort());
    byte[] transportId = TransportId.of(registrant.port());
    out.putInt(transportId.length).put(transportId);
  }
}
