package io.everwhen.restore.stamp;

/** A time stamp that is not to be believed; the message says why. */
public final class StampException extends Exception {

  public StampException(String message) {
    super(message);
  }

  public StampException(String message, Throwable cause) {
    super(message, cause);
  }
}
