package io.everwhen.appliance.store;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What a mark may be called, whoever asks for it. */
public final class MarkName {

  private static final int BYTES_MAX = 255;

  private MarkName() {}

  /** Why a text cannot be a mark's name; empty when it can. */
  public static Optional<String> whatIsWrongWith(String name) {
    if (name.isBlank() || name.getBytes(StandardCharsets.UTF_8).length > BYTES_MAX) {
      return Optional.of("a mark's name has 1 to " + BYTES_MAX + " bytes and is not blank");
    }
    return name.chars().anyMatch(Character::isISOControl)
        ? Optional.of("a mark's name has no control characters")
        : Optional.empty();
  }
}
