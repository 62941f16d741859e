package io.everwhen.journal.history;

import io.everwhen.journal.log.DamageException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Damage that was met while reading the past, with the instants that it costs. */
public final class LossException extends DamageException {

  private static final long serialVersionUID = 1L;

  private final transient List<Lost> lost;

  LossException(String message, @Nullable Throwable cause, List<Lost> lost) {
    super(message, cause);
    this.lost = List.copyOf(lost);
  }

  /** What cannot be restored because of this damage; there may be more damage. */
  public List<Lost> lost() {
    return lost;
  }
}
