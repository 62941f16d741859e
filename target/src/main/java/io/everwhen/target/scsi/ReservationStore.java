package io.everwhen.target.scsi;

import java.io.IOException;
import java.util.Optional;

/** Where the persistent reservations of one logical unit outlive a restart. For one caller. */
public interface ReservationStore {

  /** What was saved last; empty if nothing ever was. */
  Optional<byte[]> load() throws IOException;

  /**
   * Replaces what was saved, as a whole; durable when this returns. After a failure {@link #load}
   * gives this or what there was before.
   */
  void save(byte[] reservations) throws IOException;

  /** Where this is, for messages to people. */
  String describe();
}
