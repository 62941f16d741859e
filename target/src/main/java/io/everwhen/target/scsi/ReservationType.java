package io.everwhen.target.scsi;

import org.jspecify.annotations.Nullable;

/** Types of persistent reservations, SPC-4 section 6.15.3.4. */
enum ReservationType {
  WRITE_EXCLUSIVE(1),
  EXCLUSIVE_ACCESS(3),
  WRITE_EXCLUSIVE_REGISTRANTS_ONLY(5),
  EXCLUSIVE_ACCESS_REGISTRANTS_ONLY(6),
  WRITE_EXCLUSIVE_ALL_REGISTRANTS(7),
  EXCLUSIVE_ACCESS_ALL_REGISTRANTS(8);

  private static final ReservationType[] ALL = values();

  private final int code;

  ReservationType(int code) {
    this.code = code;
  }

  /** The type that a TYPE field names, or null. */
  static @Nullable ReservationType of(int code) {
    for (ReservationType type : ALL) {
      if (type.code == code) {
        return type;
      }
    }
    return null;
  }

  int code() {
    return code;
  }

  /** Whether it keeps others from reading too. */
  boolean excludesReading() {
    return switch (this) {
      case EXCLUSIVE_ACCESS, EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, EXCLUSIVE_ACCESS_ALL_REGISTRANTS ->
          true;
      case WRITE_EXCLUSIVE, WRITE_EXCLUSIVE_REGISTRANTS_ONLY, WRITE_EXCLUSIVE_ALL_REGISTRANTS ->
          false;
    };
  }

  /** Whether every registered initiator port has access. */
  boolean admitsRegistrants() {
    return switch (this) {
      case WRITE_EXCLUSIVE, EXCLUSIVE_ACCESS -> false;
      case WRITE_EXCLUSIVE_REGISTRANTS_ONLY,
          EXCLUSIVE_ACCESS_REGISTRANTS_ONLY,
          WRITE_EXCLUSIVE_ALL_REGISTRANTS,
          EXCLUSIVE_ACCESS_ALL_REGISTRANTS ->
          true;
    };
  }

  /** Whether every registered initiator port is a holder. */
  boolean heldByAll() {
    return this == WRITE_EXCLUSIVE_ALL_REGISTRANTS || this == EXCLUSIVE_ACCESS_ALL_REGISTRANTS;
  }
}
