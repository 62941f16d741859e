package io.everwhen.appliance.cli;

/**
 * A command line that makes no sense. The message says what is wrong with it and what would be
 * right. Exit code 2.
 */
public final class UsageError extends Exception {

  private static final long serialVersionUID = 1L;

  public UsageError(String message) {
    super(message);
  }

  public UsageError(String message, Throwable cause) {
    super(message, cause);
  }
}
