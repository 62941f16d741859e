package io.everwhen.target.scsi;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The persistent reservation of a logical unit and who is registered, SPC-4 section 5.13.
 *
 * @param generation counts the changes, as PERSISTENT RESERVE IN reports it
 * @param registrations keys by registrant, in the order they came; not to be changed
 * @param type null if there is no reservation
 * @param holder null if there is no single one
 * @param persistent whether it outlives a restart (APTPL)
 */
record ReservationState(
    int generation,
    Map<Registrant, Long> registrations,
    @Nullable ReservationType type,
    @Nullable Registrant holder,
    boolean persistent) {

  static final ReservationState EMPTY = new ReservationState(0, Map.of(), null, null, false);

  ReservationState {
    registrations = Collections.unmodifiableMap(new LinkedHashMap<>(registrations));
    boolean single = type != null && !type.heldByAll();
    if (single != (holder != null) || (type != null && registrations.isEmpty())) {
      throw new IllegalArgumentException(
          "%s is held by %s of %s".formatted(type, holder, registrations.keySet()));
    }
    if (holder != null && !registrations.containsKey(holder)) {
      throw new IllegalArgumentException("the holder %s is not registered".formatted(holder));
    }
  }

  @Nullable Long keyOf(@Nullable Registrant registrant) {
    return registrant == null ? null : registrations.get(registrant);
  }

  boolean isHolder(Registrant registrant) {
    return type != null
        && (holder == null ? registrations.containsKey(registrant) : holder.equals(registrant));
  }

  /** Whether the reservation lets this one do what it keeps others from. */
  boolean admits(Registrant registrant) {
    return type == null
        || registrant.equals(holder)
        || (type.admitsRegistrants() && registrations.containsKey(registrant));
  }

  /** One change later, with these registrations and this reservation. */
  ReservationState next(
      Map<Registrant, Long> registered,
      @Nullable ReservationType newType,
      @Nullable Registrant newHolder) {
    boolean single = newType != null && !newType.heldByAll();
    return new ReservationState(
        generation + 1, registered, newType, single ? newHolder : null, persistent);
  }

  /** The same registrations, and the same generation, with another reservation. */
  ReservationState reserved(@Nullable ReservationType newType, @Nullable Registrant newHolder) {
    boolean single = newType != null && !newType.heldByAll();
    return new ReservationState(
        generation, registrations, newType, single ? newHolder : null, persistent);
  }

  ReservationState persistent(boolean value) {
    return new ReservationState(generation, registrations, type, holder, value);
  }
}
