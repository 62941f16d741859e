package io.everwhen.appliance.guest;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.Dist;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A booted Linux with the kernel's own initiator, and the way to run scenarios in it: requests and
 * answers go over a virtual serial port (see {@code src/test/guest/init}), so that a scenario has
 * passed only if the guest itself said so. What the guest prints is kept in a file.
 *
 * <p>The guest's 10.0.2.2 is 127.0.0.1 here.
 */
final class Guest implements AutoCloseable {

  private static final Path SCRIPTS = Dist.home().resolve("appliance/src/test/guest");
  private static final Path BUILT = Dist.home().resolve("appliance/build/guest");

  private static final Duration BUILD_TIMEOUT = Duration.ofMinutes(10);
  private static final int START_SECONDS_MAX = 120;

  /** How long a scenario may print nothing; the first one waits for the guest to boot. */
  private static final Duration SILENCE_TIMEOUT = Duration.ofMinutes(5);

  private final Process qemu;
  private final Path console;
  private final Socket control;
  private final BufferedReader answers;

  private Guest(Process qemu, Path console, Socket control) throws IOException {
    this.qemu = qemu;
    this.console = console;
    this.control = control;
    control.setSoTimeout(Math.toIntExact(SILENCE_TIMEOUT.toMillis()));
    this.answers =
        new BufferedReader(new InputStreamReader(control.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Builds the guest, if this was not done before, and starts it. It boots while the first scenario
   * is waiting.
   */
  static Guest boot() throws IOException, InterruptedException {
    Path image = build();
    Path console = Files.createTempFile(BUILT, "console-", ".log");
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Process qemu =
          new ProcessBuilder(
                  SCRIPTS.resolve("boot").toString(),
                  image.toString(),
                  "127.0.0.1:" + server.getLocalPort())
              .redirectErrorStream(true)
              .redirectOutput(console.toFile())
              .start();
      qemu.getOutputStream().close();
      return new Guest(qemu, console, accept(server, qemu, console));
    }
  }

  /** QEMU connects the guest's port as soon as it starts. */
  private static Socket accept(ServerSocket server, Process qemu, Path console) throws IOException {
    server.setSoTimeout(1000);
    for (int second = 0; second < START_SECONDS_MAX && qemu.isAlive(); second++) {
      try {
        return server.accept();
      } catch (SocketTimeoutException e) {
        // Not yet; is it still alive?
      }
    }
    qemu.destroyForcibly();
    throw new IOException("QEMU does not start:\n" + Files.readString(console));
  }

  private static Path build() throws IOException, InterruptedException {
    Files.createDirectories(BUILT);
    Path log = BUILT.resolve("build.log");
    Process build =
        new ProcessBuilder(SCRIPTS.resolve("build").toString(), BUILT.resolve("image").toString())
            .redirectError(log.toFile())
            .start();
    build.getOutputStream().close();
    if (!build.waitFor(BUILD_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
      build.destroy();
      throw new IOException("building the guest takes too long; see " + log);
    }
    if (build.exitValue() != 0) {
      throw new IOException("the guest was not built:\n" + Files.readString(log));
    }
    return Path.of(
        new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
  }

  /**
   * Runs {@code scenarios/NAME.sh} to its end, and returns the lines that it has printed.
   *
   * @param variables what it is told, as {@code NAME=VALUE}
   * @throws AssertionError if it fails
   */
  List<String> run(String name, String... variables) throws IOException {
    return start(name, variables).finish();
  }

  /** Starts {@code scenarios/NAME.sh}; one at a time. */
  Scenario start(String name, String... variables) throws IOException {
    String request = name + " " + String.join(" ", variables);
    control.getOutputStream().write((request + "\n").getBytes(StandardCharsets.UTF_8));
    return new Scenario(this, request);
  }

  /** The next line of the scenario that runs. */
  String answer(Scenario scenario) throws IOException {
    try {
      String line = answers.readLine();
      if (line == null) {
        throw scenario.failed("the guest is gone");
      }
      return line;
    } catch (SocketTimeoutException e) {
      throw scenario.failed("nothing was heard for " + SILENCE_TIMEOUT);
    }
  }

  /** The file with everything that the guest has printed. */
  Path console() {
    return console;
  }

  /** The variable that says which disk a scenario uses. */
  static String target(String disk) {
    return "TARGET=" + iqn(disk);
  }

  /** The variable that says where the disks of {@code daemon} are. */
  static String portal(Daemon daemon) {
    return "PORTAL=" + address(daemon.port());
  }

  /** The name of a disk's target. */
  static String iqn(String disk) {
    return "iqn.2026-11.io.everwhen:" + disk;
  }

  /** A port of 127.0.0.1 as the guest sees it. */
  static String address(int port) {
    return "10.0.2.2:" + port;
  }

  /** Ends it, as the loss of its power would. */
  @Override
  public void close() {
    closeQuietly(control);
    qemu.destroyForcibly();
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      throw new IllegalStateException("cannot close a socket", e);
    }
  }
}
