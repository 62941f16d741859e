package io.everwhen.appliance.config;

/** What happens to changes when a journal has no room, and none can be made. */
public enum WhenFull {
  /** They are refused; the disk can be read. */
  REFUSE,
  /** They are taken and not recorded: a gap on the timeline. */
  UNPROTECTED;

  /**
   * Understands it as it is written.
   *
   * @throws IllegalArgumentException when it is neither
   */
  static WhenFull parse(String text) {
    return switch (text) {
      case "refuse" -> REFUSE;
      case "unprotected" -> UNPROTECTED;
      default ->
          throw new IllegalArgumentException("write refuse or unprotected, not '" + text + "'");
    };
  }
}
