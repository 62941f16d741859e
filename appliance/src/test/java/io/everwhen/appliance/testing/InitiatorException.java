package io.everwhen.appliance.testing;

import java.io.IOException;

/** What an initiator could not do, with its own error text. */
public final class InitiatorException extends IOException {

  private static final long serialVersionUID = 1L;

  public InitiatorException(String message) {
    super(message);
  }
}
