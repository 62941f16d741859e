package io.everwhen.journal.format;

import java.io.IOException;

/**
 * Bytes that are not what the format says: damaged, of a newer version, or of something else
 * altogether.
 */
public final class FormatException extends IOException {

  private static final long serialVersionUID = 1L;

  public FormatException(String message) {
    super(message);
  }
}
