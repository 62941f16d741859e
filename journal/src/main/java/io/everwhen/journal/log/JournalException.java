package io.everwhen.journal.log;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A journal that cannot do what was asked. The message says what failed, where, and what to do. */
public abstract sealed class JournalException extends IOException
    permits DamageException, JournalFullException, StoppedException {

  private static final long serialVersionUID = 1L;

  JournalException(String message) {
    super(message);
  }

  JournalException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
