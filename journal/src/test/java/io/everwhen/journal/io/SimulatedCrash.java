package io.everwhen.journal.io;

/**
 * The simulated machine has lost its power, or the process on it was killed: nothing more reaches
 * its storage.
 */
public final class SimulatedCrash extends RuntimeException {

  private static final long serialVersionUID = 1L;

  SimulatedCrash(String message) {
    super(message, null, false, false);
  }
}
