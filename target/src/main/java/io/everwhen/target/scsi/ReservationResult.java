package io.everwhen.target.scsi;

import java.util.List;

/** What becomes of a request to reserve, or to be registered. */
sealed interface ReservationResult {

  /** A unit attention condition for whom a change concerns. */
  record Notice(Registrant to, Sense condition) {}

  /** Carried out: what there is now, and who has to be told. */
  record Done(ReservationState next, List<Notice> notices) implements ReservationResult {}

  /** RESERVATION CONFLICT. */
  record Conflict() implements ReservationResult {}

  /** CHECK CONDITION. */
  record Refused(Sense sense) implements ReservationResult {}
}
