package io.everwhen.journal.log;

/**
 * The journal has stopped after a failed write or sync, and takes no more changes until it is
 * opened anew.
 */
public final class StoppedException extends JournalException {

  private static final long serialVersionUID = 1L;

  StoppedException(Throwable cause) {
    super(String.valueOf(cause.getMessage()), cause);
  }
}
