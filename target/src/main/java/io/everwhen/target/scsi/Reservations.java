package io.everwhen.target.scsi;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who may use a logical unit: persistent reservations, SPC-4 section 5.13, and RESERVE and RELEASE,
 * SPC-2 section 5.5.1. Knows initiator ports by name, for a registration outlives its nexus. Any
 * thread may call it.
 */
final class Reservations {

  /** Initiator ports that can be registered at once. */
  static final int REGISTRATIONS_MAX = 128;

  /** A unit attention condition for an initiator port. */
  record Notice(String port, Sense condition) {}

  /** What becomes of a request. */
  sealed interface Result {
    record Done(List<Notice> notices) implements Result {}

    record Conflict() implements Result {}

    record Refused(Sense sense) implements Result {}
  }

  /**
   * What there is.
   *
   * @param registrations keys by port, in the order they came
   * @param type null if there is no persistent reservation
   * @param holder null if there is no single one
   */
  record State(
      int generation,
      Map<String, Long> registrations,
      @Nullable ReservationType type,
      @Nullable String holder) {

    boolean isHolder(String port) {
      return type != null && (holder == null || holder.equals(port));
    }
  }

  private static final Result CONFLICT = new Result.Conflict();
  private static final Result DONE = new Result.Done(List.of());

  private final Map<String, Long> registrations = new LinkedHashMap<>();
  private int generation;
  private @Nullable ReservationType type;
  private @Nullable String holder;

  /** The port that holds the unit by RESERVE. */
  private @Nullable String reserver;

  private volatile boolean reserved;

  /** Whether a command of this port has to end with RESERVATION CONFLICT. */
  boolean conflicts(String port, Cdb cdb) {
    return reserved && excludes(port, Access.of(cdb));
  }

  private synchronized boolean excludes(String port, Access access) {
    return switch (access) {
      case FREE -> false;
      case STATUS -> reserver != null && !reserver.equals(port);
      case PERSISTENT -> reserver != null;
      case READING ->
          (reserver != null && !reserver.equals(port))
              || (type != null && type.excludesReading() && !admits(type, port));
      case CHANGING ->
          (reserver != null && !reserver.equals(port)) || (type != null && !admits(type, port));
    };
  }

  private boolean admits(ReservationType current, String port) {
    return port.equals(holder) || (current.admitsRegistrants() && registrations.containsKey(port));
  }

  synchronized State state() {
    return new State(generation, new LinkedHashMap<>(registrations), type, holder);
  }

  /** RESERVE. */
  synchronized Result reserve(String port) {
    if (!registrations.isEmpty() || (reserver != null && !reserver.equals(port))) {
      return CONFLICT;
    }
    reserver = port;
    return done(List.of());
  }

  /** RELEASE; by a port that has not reserved anything it does nothing. */
  synchronized Result release(String port) {
    if (!registrations.isEmpty()) {
      return CONFLICT;
    }
    forget(port);
    return DONE;
  }

  /** The port's nexus is gone: what it got by RESERVE is released. */
  synchronized void forget(String port) {
    if (port.equals(reserver)) {
      reset();
    }
  }

  /** The unit was reset: what was got by RESERVE is released. */
  synchronized void reset() {
    reserver = null;
    done(List.of());
  }

  /** PERSISTENT RESERVE OUT. */
  synchronized Result change(String port, ReservationRequest request) {
    Long own = registrations.get(port);
    boolean keyFits = own != null && own == request.key();
    ReservationRequest.Action action = request.action();
    if (!action.registers() && !keyFits) {
      return CONFLICT;
    }
    return switch (action) {
      case REGISTER ->
          keyFits || (own == null && request.key() == 0)
              ? register(port, request.actionKey())
              : CONFLICT;
      case REGISTER_AND_IGNORE_EXISTING_KEY -> register(port, request.actionKey());
      case RESERVE -> hold(port, requireNonNull(request.type()));
      case RELEASE -> letGo(port, requireNonNull(request.type()));
      case CLEAR -> clear(port);
      // Commands run to their end before another changes a reservation; what still waits for its
      // data meets the new one. So there is nothing more to abort.
      case PREEMPT, PREEMPT_AND_ABORT ->
          preempt(port, requireNonNull(request.type()), request.actionKey());
    };
  }

  private Result register(String port, long key) {
    if (key == 0) {
      return registrations.containsKey(port) ? unregister(port) : DONE;
    }
    if (!registrations.containsKey(port) && registrations.size() >= REGISTRATIONS_MAX) {
      return new Result.Refused(Sense.INSUFFICIENT_REGISTRATION_RESOURCES);
    }
    registrations.put(port, key);
    generation++;
    return done(List.of());
  }

  private Result unregister(String port) {
    registrations.remove(port);
    generation++;
    ReservationType released = type;
    if (released == null || (holder == null ? !registrations.isEmpty() : !port.equals(holder))) {
      return done(List.of());
    }
    take(null, null);
    return done(
        released.admitsRegistrants()
            ? notices(registrations.keySet(), port, Sense.RESERVATIONS_RELEASED)
            : List.of());
  }

  private void take(@Nullable ReservationType newType, @Nullable String port) {
    type = newType;
    holder = newType == null || newType.heldByAll() ? null : port;
  }

  private Result hold(String port, ReservationType wanted) {
    if (type != null) {
      return type == wanted && isHolder(port) ? DONE : CONFLICT;
    }
    take(wanted, port);
    return done(List.of());
  }

  private boolean isHolder(String port) {
    return type != null && (type.heldByAll() || port.equals(holder));
  }

  private Result letGo(String port, ReservationType named) {
    if (!isHolder(port)) {
      return DONE;
    }
    if (type != named) {
      return new Result.Refused(Sense.INVALID_RELEASE_OF_PERSISTENT_RESERVATION);
    }
    take(null, null);
    return done(
        named.admitsRegistrants()
            ? notices(registrations.keySet(), port, Sense.RESERVATIONS_RELEASED)
            : List.of());
  }

  private Result clear(String port) {
    List<Notice> notices = notices(registrations.keySet(), port, Sense.RESERVATIONS_PREEMPTED);
    registrations.clear();
    take(null, null);
    generation++;
    return done(notices);
  }

  /**
   * PREEMPT: removes the registrations with a key, and takes the reservation over if that is its
   * holder's key; or 0, which stands for all holders.
   */
  private Result preempt(String port, ReservationType wanted, long key) {
    ReservationType current = type;
    boolean takesOver =
        current != null && (current.heldByAll() ? key == 0 : requireNonNull(keyOf(holder)) == key);
    if (key == 0 && !takesOver) {
      return new Result.Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    }
    List<String> removed = new ArrayList<>();
    registrations.forEach((other, theirs) -> {
      if ((key == 0 || theirs == key) && !(takesOver && other.equals(port))) {
        removed.add(other);
      }
    });
    if (removed.isEmpty() && !takesOver) {
      return CONFLICT;
    }
    registrations.keySet().removeAll(removed);
    generation++;
    List<Notice> notices = notices(removed, port, Sense.REGISTRATIONS_PREEMPTED);
    if (takesOver) {
      if (current != wanted) {
        notices.addAll(notices(registrations.keySet(), port, Sense.RESERVATIONS_RELEASED));
      }
      take(wanted, port);
    } else if (registrations.isEmpty()) {
      take(null, null);
    }
    return done(notices);
  }

  private @Nullable Long keyOf(@Nullable String port) {
    return port == null ? null : registrations.get(port);
  }

  /** The condition for all these ports but the one that knows. */
  private static List<Notice> notices(Iterable<String> ports, String except, Sense condition) {
    List<Notice> notices = new ArrayList<>();
    for (String port : ports) {
      if (!port.equals(except)) {
        notices.add(new Notice(port, condition));
      }
    }
    return notices;
  }

  private Result done(List<Notice> notices) {
    reserved = type != null || reserver != null;
    return new Result.Done(notices);
  }
}
