package io.everwhen.appliance.cli;

/**
 * A command that could not be done. The message is for a person: what failed, where, and what to
 * do. Exit code 1.
 */
public final class CommandFailed extends Exception {

  private static final long serialVersionUID = 1L;

  public CommandFailed(String message) {
    super(message);
  }

  public CommandFailed(String message, Throwable cause) {
    super(message, cause);
  }
}
