package io.everwhen.appliance.benchmark;

import java.io.IOException;
import java.util.List;

/** The {@link LoadGenerator} as a process of its own. Closing it kills it. */
final class Generator implements AutoCloseable {

  private static final List<String> OPTIONS =
      List.of("-Xms128m", "-Xmx128m", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=1g");

  /** More than it grants itself, so that it tells what went wrong. */
  private static final int GRACE_SECONDS = 90;

  private static final int LIMIT_SECONDS = 1800;

  private final ChildJvm jvm;

  Generator() throws IOException, InterruptedException {
    jvm = new ChildJvm(OPTIONS, "", LoadGenerator.class.getName());
  }

  long pid() {
    return jvm.pid();
  }

  /**
   * Has the workload done.
   *
   * @throws IOException if anything but GOOD was answered, or nothing in time
   */
  Measured run(Address address, Workload workload) throws IOException, InterruptedException {
    int seconds =
        workload.operations() > 0 ? LIMIT_SECONDS : workload.millis() / 1000 + GRACE_SECONDS;
    String line =
        "port=%d target=%s lun=%d %s"
            .formatted(address.port(), address.target(), address.lun(), workload.line());
    Keys answer = Keys.parse(jvm.ask(line, seconds));
    if (answer.has("error")) {
      throw new IOException(answer.text("error") + " at " + address + ": " + workload);
    }
    return Measured.parse(answer);
  }

  @Override
  public void close() {
    jvm.close();
  }
}
