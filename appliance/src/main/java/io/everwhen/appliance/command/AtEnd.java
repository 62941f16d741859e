package io.everwhen.appliance.command;

/** What is done when the program is interrupted, as nobody else would; until it is taken back. */
final class AtEnd {

  private final Thread hook;

  private AtEnd(Thread hook) {
    this.hook = hook;
  }

  /**
   * From now on.
   *
   * @param name of what is done, for people who look at threads
   */
  static AtEnd of(String name, Runnable what) {
    Thread hook = Thread.ofPlatform().name(name).unstarted(what);
    Runtime.getRuntime().addShutdownHook(hook);
    return new AtEnd(hook);
  }

  /** Takes it back; false when the program ends already, and it is done. */
  boolean isTakenBack() {
    try {
      return Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return false;
    }
  }
}
