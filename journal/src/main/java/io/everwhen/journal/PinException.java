package io.everwhen.journal;

import java.io.IOException;

/** That an instant cannot be pinned, or let go, as it was asked for. Nothing was changed. */
public final class PinException extends IOException {

  private static final long serialVersionUID = 1L;

  PinException(String message) {
    super(message);
  }
}
