package io.everwhen.journal.log;

import org.jspecify.annotations.Nullable;

/** Recorded bytes that are not as they were written. */
public non-sealed class DamageException extends JournalException {

  private static final long serialVersionUID = 1L;

  public DamageException(String message) {
    super(message);
  }

  public DamageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
