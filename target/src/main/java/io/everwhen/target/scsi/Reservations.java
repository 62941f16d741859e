package io.everwhen.target.scsi;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who may use a logical unit: persistent reservations, SPC-4 section 5.13, and RESERVE and RELEASE,
 * SPC-2 section 5.5.1. Any thread may call it.
 */
final class Reservations {

  /** I_T nexuses that can be registered at once. */
  static final int REGISTRATIONS_MAX = 128;

  private static final Logger log = LoggerFactory.getLogger(Reservations.class);

  private static final ReservationResult CONFLICT = new ReservationResult.Conflict();

  private final @Nullable ReservationStore store;
  private volatile ReservationState state = ReservationState.EMPTY;

  /** Who holds the unit by RESERVE. */
  private volatile @Nullable Registrant reserver;

  /** What the store holds; null if nobody knows. */
  private byte @Nullable [] saved = SavedReservations.encode(ReservationState.EMPTY);

  /** Reservations none of which outlives this object. */
  Reservations() {
    this.store = null;
  }

  /**
   * Reservations of which those outlive this object that ask for it.
   *
   * @throws IOException when what was saved cannot be read
   */
  Reservations(ReservationStore store) throws IOException {
    this.store = store;
    Optional<byte[]> bytes = store.load();
    if (bytes.isPresent()) {
      state = SavedReservations.decode(bytes.get(), store.describe());
      saved = bytes.get();
    }
  }

  /** Who has reserved the unit, for people; null when nobody has. */
  @Nullable String holder() {
    Registrant byReserve = reserver;
    ReservationState now = state;
    if (byReserve != null) {
      return byReserve.port();
    }
    Registrant single = now.holder();
    return single != null
        ? single.port()
        : now.type() != null ? "everyone who is registered" : null;
  }

  /** Whether a command of this one has to end with RESERVATION CONFLICT. */
  boolean conflicts(Registrant from, Cdb cdb) {
    Registrant byReserve = reserver;
    ReservationState now = state;
    return (byReserve != null || now.type() != null)
        && excludes(from, Access.of(cdb), byReserve, now);
  }

  private static boolean excludes(
      Registrant from, Access access, @Nullable Registrant byReserve, ReservationState now) {
    boolean othersReserve = byReserve != null && !byReserve.equals(from);
    ReservationType type = now.type();
    return switch (access) {
      case FREE -> false;
      case STATUS -> othersReserve;
      case PERSISTENT -> byReserve != null;
      case READING ->
          othersReserve || (type != null && type.excludesReading() && !now.admits(from));
      case CHANGING -> othersReserve || !now.admits(from);
    };
  }

  ReservationState state() {
    return state;
  }

  /** Whether reservations can outlive a restart. */
  boolean persists() {
    return store != null;
  }

  /** RESERVE. */
  synchronized ReservationResult reserve(Registrant from) {
    Registrant current = reserver;
    if (!state.registrations().isEmpty() || (current != null && !current.equals(from))) {
      return CONFLICT;
    }
    reserver = from;
    return new ReservationResult.Done(state, List.of());
  }

  /** RELEASE; by one that has not reserved anything it does nothing. */
  synchronized ReservationResult release(Registrant from) {
    if (!state.registrations().isEmpty()) {
      return CONFLICT;
    }
    forget(from);
    return new ReservationResult.Done(state, List.of());
  }

  /** The nexus is gone: what it got by RESERVE is released. */
  synchronized void forget(Registrant gone) {
    if (gone.equals(reserver)) {
      reserver = null;
    }
  }

  /** The unit was reset: what was got by RESERVE is released. */
  synchronized void reset() {
    reserver = null;
  }

  /**
   * PERSISTENT RESERVE OUT.
   *
   * @param targetPorts relative identifiers of every target port
   */
  synchronized ReservationResult change(
      Registrant from, List<Integer> targetPorts, ReservationRequest request) {
    if (request.options().persist() && store == null) {
      return new ReservationResult.Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    }
    ReservationResult result = new ReservationChange(state, from, targetPorts).apply(request);
    if (result instanceof ReservationResult.Done done) {
      if (!save(done.next())) {
        return new ReservationResult.Refused(Sense.INSUFFICIENT_REGISTRATION_RESOURCES);
      }
      state = done.next();
    }
    return result;
  }

  /** Saves what has to outlive a restart before anybody relies on it; returns false if it fails. */
  private boolean save(ReservationState next) {
    ReservationStore to = store;
    byte[] wanted = SavedReservations.encode(next.persistent() ? next : ReservationState.EMPTY);
    if (to == null || Arrays.equals(wanted, saved)) {
      return true;
    }
    saved = null;
    try {
      to.save(wanted);
      saved = wanted;
      return true;
    } catch (IOException e) {
      log.error("the reservations cannot be saved in {}: {}", to.describe(), e.toString());
      return false;
    }
  }
}
