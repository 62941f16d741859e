package io.everwhen.target.scsi;

import static java.util.Objects.requireNonNull;

import io.everwhen.target.scsi.ReservationResult.Conflict;
import io.everwhen.target.scsi.ReservationResult.Done;
import io.everwhen.target.scsi.ReservationResult.Notice;
import io.everwhen.target.scsi.ReservationResult.Refused;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What each service action of PERSISTENT RESERVE OUT makes of what there is, SPC-4 sections 5.13.7
 * to 5.13.11. Pure: state in, state out.
 *
 * @param state before
 * @param from who asks
 * @param targetPorts relative identifiers of every target port
 */
record ReservationChange(ReservationState state, Registrant from, List<Integer> targetPorts) {

  private static final ReservationResult CONFLICT = new Conflict();

  ReservationResult apply(ReservationRequest request) {
    Long own = state.keyOf(from);
    boolean keyFits = own != null && own == request.key();
    ReservationRequest.Action action = request.action();
    if (!action.registers() && !keyFits) {
      return CONFLICT;
    }
    return switch (action) {
      case REGISTER, REGISTER_AND_IGNORE_EXISTING_KEY -> register(request);
      case RESERVE -> reserve(requireNonNull(request.type()));
      case RELEASE -> release(requireNonNull(request.type()));
      case CLEAR -> clear();
      // Commands run to their end before another changes a reservation; what still waits for its
      // data meets the new one. So there is nothing more to abort.
      case PREEMPT, PREEMPT_AND_ABORT ->
          preempt(requireNonNull(request.type()), request.actionKey());
      case REGISTER_AND_MOVE -> move(request);
    };
  }

  /** As if the request had come through each of the target ports that it is for; all or none. */
  private ReservationResult register(ReservationRequest request) {
    boolean first = state.keyOf(from) == null;
    ReservationRequest.Options options = request.options();
    List<Registrant> concerned = new ArrayList<>();
    for (int targetPort : options.everyTargetPort() ? targetPorts : List.of(from.targetPort())) {
      Registrant registrant = new Registrant(from.port(), targetPort);
      if (!keyFits(registrant, request)) {
        return CONFLICT;
      }
      concerned.add(registrant);
      options.ports().stream()
          .map(port -> new Registrant(port, targetPort))
          .filter(other -> state.keyOf(other) == null)
          .forEach(concerned::add);
    }
    if (!first && !options.ports().isEmpty()) {
      return new Refused(Sense.INVALID_FIELD_IN_CDB);
    }
    if (request.actionKey() == 0) {
      return unregister(concerned, options.persist());
    }
    Map<Registrant, Long> after = new LinkedHashMap<>(state.registrations());
    concerned.forEach(registrant -> after.put(registrant, request.actionKey()));
    return after.size() > Reservations.REGISTRATIONS_MAX
        ? new Refused(Sense.INSUFFICIENT_REGISTRATION_RESOURCES)
        : done(state.next(after, state.type(), state.holder()).persistent(options.persist()));
  }

  private boolean keyFits(Registrant registrant, ReservationRequest request) {
    Long key = state.keyOf(registrant);
    return request.action() == ReservationRequest.Action.REGISTER_AND_IGNORE_EXISTING_KEY
        || request.key() == (key == null ? 0 : key);
  }

  private ReservationResult unregister(List<Registrant> gone, boolean persist) {
    Map<Registrant, Long> after = new LinkedHashMap<>(state.registrations());
    if (!after.keySet().removeAll(gone)) {
      return done(state);
    }
    ReservationType type = state.type();
    Registrant holder = state.holder();
    if (type == null || (holder == null ? !after.isEmpty() : after.containsKey(holder))) {
      return done(state.next(after, type, holder).persistent(persist));
    }
    return new Done(
        state.next(after, null, null).persistent(persist),
        type.admitsRegistrants()
            ? notices(after.keySet(), Sense.RESERVATIONS_RELEASED)
            : List.of());
  }

  private ReservationResult reserve(ReservationType wanted) {
    if (state.type() != null) {
      return state.type() == wanted && state.isHolder(from) ? done(state) : CONFLICT;
    }
    return done(state.reserved(wanted, from));
  }

  private ReservationResult release(ReservationType named) {
    if (!state.isHolder(from)) {
      return done(state);
    }
    if (state.type() != named) {
      return new Refused(Sense.INVALID_RELEASE_OF_PERSISTENT_RESERVATION);
    }
    return new Done(
        state.reserved(null, null),
        named.admitsRegistrants()
            ? notices(state.registrations().keySet(), Sense.RESERVATIONS_RELEASED)
            : List.of());
  }

  private ReservationResult clear() {
    return new Done(
        state.next(Map.of(), null, null),
        notices(state.registrations().keySet(), Sense.RESERVATIONS_PREEMPTED));
  }

  /**
   * Removes the registrations with a key, and takes the reservation over if that is its holder's
   * key; or 0, which stands for all holders.
   */
  private ReservationResult preempt(ReservationType wanted, long key) {
    ReservationType current = state.type();
    boolean takesOver =
        current != null
            && (current.heldByAll()
                ? key == 0
                : requireNonNull(state.keyOf(state.holder())) == key);
    if (key == 0 && !takesOver) {
      return new Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    }
    List<Registrant> removed = new ArrayList<>();
    state
        .registrations()
        .forEach((other, theirs) -> {
          if ((key == 0 || theirs == key) && !(takesOver && other.equals(from))) {
            removed.add(other);
          }
        });
    if (removed.isEmpty() && !takesOver) {
      return CONFLICT;
    }
    Map<Registrant, Long> after = new LinkedHashMap<>(state.registrations());
    after.keySet().removeAll(removed);
    List<Notice> notices = notices(removed, Sense.REGISTRATIONS_PREEMPTED);
    if (takesOver && current != wanted) {
      notices.addAll(notices(after.keySet(), Sense.RESERVATIONS_RELEASED));
    }
    if (takesOver) {
      return new Done(state.next(after, wanted, from), notices);
    }
    ReservationType kept = after.isEmpty() ? null : current;
    return new Done(state.next(after, kept, kept == null ? null : state.holder()), notices);
  }

  /** REGISTER AND MOVE, SPC-4 section 5.13.8: the holder hands its reservation on. */
  private ReservationResult move(ReservationRequest request) {
    ReservationType type = state.type();
    if (type == null) {
      return new Refused(Sense.INVALID_FIELD_IN_CDB);
    }
    if (type.heldByAll() || !state.isHolder(from)) {
      return CONFLICT;
    }
    ReservationRequest.Options options = request.options();
    Registrant to = new Registrant(options.ports().getFirst(), options.targetPort());
    if (request.actionKey() == 0 || to.equals(from) || !targetPorts.contains(to.targetPort())) {
      return new Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    }
    Map<Registrant, Long> after = new LinkedHashMap<>(state.registrations());
    if (options.unregister()) {
      after.remove(from);
    }
    after.put(to, request.actionKey());
    return after.size() > Reservations.REGISTRATIONS_MAX
        ? new Refused(Sense.INSUFFICIENT_REGISTRATION_RESOURCES)
        : done(state.next(after, type, to).persistent(options.persist()));
  }

  private static ReservationResult done(ReservationState next) {
    return new Done(next, List.of());
  }

  /** The condition for all of these but the one that knows. */
  private List<Notice> notices(Iterable<Registrant> concerned, Sense condition) {
    List<Notice> notices = new ArrayList<>();
    for (Registrant registrant : concerned) {
      if (!registrant.equals(from)) {
        notices.add(new Notice(registrant, condition));
      }
    }
    return notices;
  }
}
