package io.everwhen.journal.io;

import java.io.IOException;

/** Keeps somebody who reads much from reading too fast. */
@FunctionalInterface
public interface Pace {

  /** As fast as it goes. */
  Pace UNBOUNDED = bytes -> {};

  /**
   * Bytes were read; returns when more may be.
   *
   * @throws java.io.InterruptedIOException when nothing more is to be read
   */
  void spend(long bytes) throws IOException;
}
