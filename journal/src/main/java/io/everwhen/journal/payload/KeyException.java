package io.everwhen.journal.payload;

import java.io.IOException;

/** An encrypted group cannot be read, or written, for want of the right key. Nothing is damaged. */
public final class KeyException extends IOException {

  private static final long serialVersionUID = 1L;

  public KeyException(String message) {
    super(message);
  }
}
