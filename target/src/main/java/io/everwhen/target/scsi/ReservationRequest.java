package io.everwhen.target.scsi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What PERSISTENT RESERVE OUT asks for, SPC-4 section 6.16.
 *
 * @param type null where the action has none
 * @param key reservation key
 * @param actionKey service action reservation key
 */
record ReservationRequest(
    Action action, @Nullable ReservationType type, long key, long actionKey, Options options) {

  /** Bytes of the parameter list without transport IDs. */
  static final int LIST_BYTES = 24;

  /** The longest parameter list: a transport ID for everybody who can be registered. */
  static final int LIST_BYTES_MAX =
      LIST_BYTES + Integer.BYTES + Reservations.REGISTRATIONS_MAX * TransportId.BYTES_MAX;

  private static final int OPTIONS_AT = 20;
  private static final int PERSIST = 0x01;
  private static final int ALL_TARGET_PORTS = 0x04;
  private static final int SPECIFY_INITIATOR_PORTS = 0x08;

  private static final int MOVE_OPTIONS_AT = 17;
  private static final int MOVE_UNREGISTERS = 0x02;
  private static final int MOVE_TARGET_PORT_AT = 18;
  private static final int MOVE_ID_LENGTH_AT = 20;

  private static final int LOGICAL_UNIT_SCOPE = 0;

  /** Service actions. */
  enum Action {
    REGISTER,
    RESERVE,
    RELEASE,
    CLEAR,
    PREEMPT,
    PREEMPT_AND_ABORT,
    REGISTER_AND_IGNORE_EXISTING_KEY,
    REGISTER_AND_MOVE;

    private static final Action[] ALL = values();

    boolean registers() {
      return this == REGISTER || this == REGISTER_AND_IGNORE_EXISTING_KEY;
    }
  }

  /**
   * What a registration may ask for besides.
   *
   * @param persist APTPL: it outlives a restart
   * @param everyTargetPort ALL_TG_PT: it is for every target port
   * @param unregister UNREG: who moves a reservation is not registered any more
   * @param targetPort where a reservation is moved to
   * @param ports the initiator ports named: others to register, or the one to move to
   */
  record Options(
      boolean persist,
      boolean everyTargetPort,
      boolean unregister,
      int targetPort,
      List<String> ports) {
    static final Options NONE = new Options(false, false, false, 0, List.of());
  }

  ReservationRequest(Action action, @Nullable ReservationType type, long key, long actionKey) {
    this(action, type, key, actionKey, Options.NONE);
  }

  /** Whether a service action is PREEMPT AND ABORT. */
  static boolean aborts(int serviceAction) {
    return serviceAction < Action.ALL.length
        && Action.ALL[serviceAction] == Action.PREEMPT_AND_ABORT;
  }

  /** Returns why the CDB cannot be carried out, or null. */
  static @Nullable Sense check(Cdb.PersistentReserveOut cdb) {
    if (cdb.serviceAction() >= Action.ALL.length) {
      return Sense.INVALID_FIELD_IN_CDB;
    }
    Action action = Action.ALL[cdb.serviceAction()];
    boolean typed =
        switch (action) {
          case RESERVE, RELEASE, PREEMPT, PREEMPT_AND_ABORT -> true;
          case REGISTER, CLEAR, REGISTER_AND_IGNORE_EXISTING_KEY, REGISTER_AND_MOVE -> false;
        };
    if (typed && (cdb.scope() != LOGICAL_UNIT_SCOPE || ReservationType.of(cdb.type()) == null)) {
      return Sense.INVALID_FIELD_IN_CDB;
    }
    long length = cdb.parameterListLength();
    boolean fits =
        switch (action) {
          case REGISTER, REGISTER_AND_MOVE -> length >= LIST_BYTES && length <= LIST_BYTES_MAX;
          case RESERVE,
              RELEASE,
              CLEAR,
              PREEMPT,
              PREEMPT_AND_ABORT,
              REGISTER_AND_IGNORE_EXISTING_KEY ->
              length == LIST_BYTES;
        };
    return fits ? null : Sense.PARAMETER_LIST_LENGTH_ERROR;
  }

  /** What is asked for, or why it cannot be. */
  sealed interface Parsed {
    record Request(ReservationRequest request) implements Parsed {}

    record Refused(Sense sense) implements Parsed {}
  }

  private static final Parsed WRONG_FIELD =
      new Parsed.Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
  private static final Parsed WRONG_LENGTH = new Parsed.Refused(Sense.PARAMETER_LIST_LENGTH_ERROR);

  /** Reads the parameter list of a CDB that passed {@link #check}. */
  static Parsed parse(Cdb.PersistentReserveOut cdb, ByteBuffer data) {
    Action action = Action.ALL[cdb.serviceAction()];
    ByteBuffer list = data.slice();
    return switch (action) {
      case REGISTER, REGISTER_AND_IGNORE_EXISTING_KEY -> parseRegistration(action, list);
      case REGISTER_AND_MOVE -> parseMove(list);
      case RESERVE, RELEASE, CLEAR, PREEMPT, PREEMPT_AND_ABORT ->
          parsed(action, ReservationType.of(cdb.type()), list, Options.NONE);
    };
  }

  private static Parsed parsed(
      Action action, @Nullable ReservationType type, ByteBuffer list, Options options) {
    return new Parsed.Request(
        new ReservationRequest(action, type, list.getLong(0), list.getLong(Long.BYTES), options));
  }

  private static Parsed parseRegistration(Action action, ByteBuffer list) {
    int flags = list.get(OPTIONS_AT);
    List<String> ports = List.of();
    if ((flags & SPECIFY_INITIATOR_PORTS) != 0) {
      if (action != Action.REGISTER) {
        return WRONG_FIELD;
      }
      if (list.remaining() < LIST_BYTES + Integer.BYTES
          || list.getInt(LIST_BYTES) != list.remaining() - LIST_BYTES - Integer.BYTES) {
        return WRONG_LENGTH;
      }
      ports = ports(list.position(LIST_BYTES + Integer.BYTES));
      if (ports.isEmpty()) {
        return WRONG_FIELD;
      }
    } else if (list.remaining() != LIST_BYTES) {
      return WRONG_LENGTH;
    }
    boolean persist = (flags & PERSIST) != 0;
    boolean everyTargetPort = (flags & ALL_TARGET_PORTS) != 0;
    return parsed(action, null, list, new Options(persist, everyTargetPort, false, 0, ports));
  }

  private static Parsed parseMove(ByteBuffer list) {
    int flags = list.get(MOVE_OPTIONS_AT);
    if (list.getInt(MOVE_ID_LENGTH_AT) != list.remaining() - LIST_BYTES) {
      return WRONG_LENGTH;
    }
    int targetPort = list.getShort(MOVE_TARGET_PORT_AT) & 0xffff;
    List<String> ports = ports(list.position(LIST_BYTES));
    return ports.size() != 1
        ? WRONG_FIELD
        : parsed(
            Action.REGISTER_AND_MOVE,
            null,
            list,
            new Options(
                (flags & PERSIST) != 0, false, (flags & MOVE_UNREGISTERS) != 0, targetPort, ports));
  }

  /** The initiator ports that the transport IDs from here on name; none if one of them is wrong. */
  private static List<String> ports(ByteBuffer list) {
    List<String> ports = new ArrayList<>();
    while (list.hasRemaining()) {
      String port = TransportId.read(list);
      if (port == null) {
        return List.of();
      }
      ports.add(port);
    }
    return ports;
  }
}
