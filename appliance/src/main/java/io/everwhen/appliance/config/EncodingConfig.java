package io.everwhen.appliance.config;

import io.everwhen.journal.GroupOptions;

/**
 * In what form a journal holds what is written.
 *
 * @param compressionLevel of Zstandard, from 1; 0 for not at all
 */
public record EncodingConfig(int compressionLevel) {

  /** As it is written. */
  public static final EncodingConfig PLAIN = new EncodingConfig(0);

  private static final int USUAL_LEVEL = 1;

  public EncodingConfig {
    GroupOptions.DEFAULT.withCompression(compressionLevel);
  }

  /**
   * The level that {@code true}, {@code false} or a number means.
   *
   * @throws IllegalArgumentException if it does not mean one
   */
  static int level(String text) {
    return switch (text) {
      case "true" -> USUAL_LEVEL;
      case "false" -> 0;
      default -> {
        if (!text.matches("[1-9]")) {
          throw new IllegalArgumentException(
              "write true, false or a level from 1 to 9, not '" + text + "'");
        }
        yield Integer.parseInt(text);
      }
    };
  }
}
