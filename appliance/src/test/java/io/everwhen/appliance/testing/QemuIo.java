package io.everwhen.appliance.testing;

import java.io.IOException;
import java.nio.file.Path;

/** {@code qemu-io}: reads and writes of patterns through QEMU's iSCSI driver. */
public final class QemuIo {

  private QemuIo() {}

  /**
   * Runs one command, such as {@code write -P 0xaa 0 64k}, against {@code url}; returns what it
   * printed.
   */
  public static String run(String url, String command) throws IOException, InterruptedException {
    return Processes.output(Path.of("."), "qemu-io", "-f", "raw", "-c", command, url);
  }
}
