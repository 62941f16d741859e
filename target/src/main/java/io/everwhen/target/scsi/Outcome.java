package io.everwhen.target.scsi;

import java.util.concurrent.CompletableFuture;

/** How a command ended, and what has to happen before the initiator is told. */
public sealed interface Outcome {

  /** Ends that carry no sense. */
  enum Done implements Outcome {
    /** GOOD, at once. */
    GOOD,
    /** GOOD once {@link Nexus#settle} has returned. */
    GOOD_ONCE_SETTLED,
    /** GOOD once {@link Nexus#flush} has returned. */
    GOOD_ONCE_FLUSHED,
    /** RESERVATION CONFLICT; nothing was done. */
    RESERVATION_CONFLICT
  }

  /**
   * The command goes on in the background, whatever becomes of the nexus; the answer is one of the
   * others, without anything left to be settled or flushed.
   */
  record Pending(CompletableFuture<Outcome> end) implements Outcome {}

  /** CHECK CONDITION; nothing was changed. */
  record CheckCondition(Sense sense) implements Outcome {}

  /** CHECK CONDITION; no change since the last settle may be acknowledged any more either. */
  record ChangesLost(Sense sense) implements Outcome {}
}
