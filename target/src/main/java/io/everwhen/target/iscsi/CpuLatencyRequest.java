package io.everwhen.target.iscsi;

import java.io.Closeable;
import java.io.IOException;

/** How the system is asked to let its processors sleep no deeper than is good for an answer. */
@FunctionalInterface
public interface CpuLatencyRequest {

  /**
   * Asks for it, until what this returns is closed.
   *
   * @throws IOException when it is not to be had
   */
  Closeable place() throws IOException;
}
