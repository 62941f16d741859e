package io.everwhen.target.scsi;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What PERSISTENT RESERVE OUT asks for, SPC-4 section 6.16.
 *
 * @param type null where the action has none
 * @param key reservation key
 * @param actionKey service action reservation key
 */
record ReservationRequest(Action action, @Nullable ReservationType type, long key, long actionKey) {

  /** Bytes of the parameter list; longer ones, with transport IDs, are not served. */
  static final int LIST_BYTES = 24;

  private static final int OPTIONS_AT = 20;

  /** SPEC_I_PT, ALL_TG_PT and APTPL, none of which REPORT CAPABILITIES offers. */
  private static final int OPTIONS = 0x0d;

  private static final int LOGICAL_UNIT_SCOPE = 0;

  /** Service actions. */
  enum Action {
    REGISTER,
    RESERVE,
    RELEASE,
    CLEAR,
    PREEMPT,
    PREEMPT_AND_ABORT,
    REGISTER_AND_IGNORE_EXISTING_KEY;

    private static final Action[] ALL = values();

    boolean registers() {
      return this == REGISTER || this == REGISTER_AND_IGNORE_EXISTING_KEY;
    }
  }

  /** Returns why the CDB cannot be carried out, or null. */
  static @Nullable Sense check(Cdb.PersistentReserveOut cdb) {
    if (cdb.serviceAction() >= Action.ALL.length) {
      return Sense.INVALID_FIELD_IN_CDB;
    }
    boolean typed =
        switch (Action.ALL[cdb.serviceAction()]) {
          case RESERVE, RELEASE, PREEMPT, PREEMPT_AND_ABORT -> true;
          case REGISTER, CLEAR, REGISTER_AND_IGNORE_EXISTING_KEY -> false;
        };
    if (typed && (cdb.scope() != LOGICAL_UNIT_SCOPE || ReservationType.of(cdb.type()) == null)) {
      return Sense.INVALID_FIELD_IN_CDB;
    }
    return cdb.parameterListLength() == LIST_BYTES ? null : Sense.PARAMETER_LIST_LENGTH_ERROR;
  }

  /** Reads the parameter list of a CDB that passed {@link #check}; null if a field is wrong. */
  static @Nullable ReservationRequest parse(Cdb.PersistentReserveOut cdb, ByteBuffer list) {
    Action action = Action.ALL[cdb.serviceAction()];
    int at = list.position();
    if (action.registers() && (list.get(at + OPTIONS_AT) & OPTIONS) != 0) {
      return null;
    }
    return new ReservationRequest(
        action, ReservationType.of(cdb.type()), list.getLong(at), list.getLong(at + Long.BYTES));
  }
}
