package io.everwhen.target.testing;

import io.everwhen.target.scsi.ReservationStore;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reservations that outlive their unit, in memory; can be told to fail. */
public final class MemoryReservationStore implements ReservationStore {

  private byte @Nullable [] saved;
  private boolean failing;

  /** Saving fails from now on, or works again. */
  public void failing(boolean value) {
    failing = value;
  }

  @Override
  public Optional<byte[]> load() {
    return Optional.ofNullable(saved);
  }

  @Override
  public void save(byte[] reservations) throws IOException {
    if (failing) {
      throw new IOException("fails on purpose");
    }
    saved = reservations.clone();
  }

  @Override
  public String describe() {
    return "memory";
  }
}
