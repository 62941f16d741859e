package io.everwhen.target.scsi;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Persistent reservations, SPC-4 sections 5.13 and 6.15. None can be made yet: PERSISTENT RESERVE
 * OUT is not served, and PERSISTENT RESERVE IN says truthfully that there are no keys, no
 * reservation, and no types to choose from.
 */
final class Reservations {

  private static final int READ_KEYS = 0;
  private static final int READ_RESERVATION = 1;
  private static final int REPORT_CAPABILITIES = 2;
  private static final int READ_FULL_STATUS = 3;
  private static final int CAPABILITIES_BYTES = 8;

  private Reservations() {}

  /**
   * Appends the parameter data.
   *
   * @return why it cannot be, or null
   */
  static @Nullable Sense put(ByteBuffer out, Cdb.PersistentReserveIn cdb) {
    return switch (cdb.serviceAction()) {
      case READ_KEYS, READ_RESERVATION, READ_FULL_STATUS -> {
        int generation = 0;
        int additionalBytes = 0;
        out.putInt(generation).putInt(additionalBytes);
        yield null;
      }
      case REPORT_CAPABILITIES -> {
        out.putShort((short) CAPABILITIES_BYTES).put(new byte[CAPABILITIES_BYTES - Short.BYTES]);
        yield null;
      }
      default -> Sense.INVALID_FIELD_IN_CDB;
    };
  }
}
