package io.everwhen.journal.log;

import org.jspecify.annotations.Nullable;

/** No room for the entry. Nothing was recorded; it may be tried again when there is room. */
public final class JournalFullException extends JournalException {

  private static final long serialVersionUID = 1L;

  public JournalFullException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
