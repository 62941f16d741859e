package io.everwhen.restore.plan;

import java.io.IOException;

/** Something that is asked for and is not in the history. The message says what is. */
public final class UnavailableException extends IOException {

  private static final long serialVersionUID = 1L;

  public UnavailableException(String message) {
    super(message);
  }
}
