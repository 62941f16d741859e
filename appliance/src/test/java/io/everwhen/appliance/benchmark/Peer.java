package io.everwhen.appliance.benchmark;

import java.io.IOException;

/** Something that is measured: a process that serves a LUN. Closing it kills it. */
interface Peer extends AutoCloseable {

  /** How it is called in tables. */
  String name();

  Address address();

  long pid();

  /** Waits, not for long, until it has done what it has put off. */
  default void settle() throws IOException, InterruptedException {}

  @Override
  void close() throws IOException;
}
