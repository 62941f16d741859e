package io.everwhen.appliance.config;

import io.everwhen.journal.GroupOptions;
import org.jspecify.annotations.Nullable;

/**
 * In what form a journal holds what is written.
 *
 * @param compressionLevel of Zstandard, from 1; 0 for not at all
 * @param secret with which it is encrypted; null for not at all, or as was said before
 */
public record EncodingConfig(int compressionLevel, @Nullable SecretFile secret) {

  /** As it is written. */
  public static final EncodingConfig PLAIN = new EncodingConfig(0, null);

  private static final int USUAL_LEVEL = 1;

  public EncodingConfig {
    GroupOptions.DEFAULT.withCompression(compressionLevel);
  }

  /** The same with what was said before of encryption, where this says nothing. */
  public EncodingConfig after(EncodingConfig before) {
    return secret == null ? withSecret(before.secret) : this;
  }

  /** The same encrypted with another secret. */
  public EncodingConfig withSecret(@Nullable SecretFile other) {
    return new EncodingConfig(compressionLevel, other);
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
