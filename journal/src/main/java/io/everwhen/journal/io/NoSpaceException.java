package io.everwhen.journal.io;

import java.io.IOException;

/** No room is left on the volume. Nothing that was there before has changed. */
public final class NoSpaceException extends IOException {

  private static final long serialVersionUID = 1L;

  public NoSpaceException(String message) {
    super(message);
  }

  public NoSpaceException(String message, Throwable cause) {
    super(message, cause);
  }
}
