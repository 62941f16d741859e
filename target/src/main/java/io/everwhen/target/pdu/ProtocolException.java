package io.everwhen.target.pdu;

import java.io.IOException;

/** A peer that broke the protocol in a way that ends its connection, and only that. */
public final class ProtocolException extends IOException {

  private static final long serialVersionUID = 1L;

  public ProtocolException(String message) {
    super(message);
  }
}
