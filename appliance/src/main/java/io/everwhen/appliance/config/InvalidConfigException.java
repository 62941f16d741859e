package io.everwhen.appliance.config;

/**
 * A configuration that cannot be used; the message names the file, the line, the key and what is
 * wrong with it.
 */
public final class InvalidConfigException extends Exception {

  private static final long serialVersionUID = 1L;

  public InvalidConfigException(String message) {
    super(message);
  }

  public InvalidConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
