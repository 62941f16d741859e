package io.everwhen.appliance.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The packaged daemon as a process of its own: data in {@code DIRECTORY/data}, journal in {@code
 * DIRECTORY/journal}, ports that stay the same from start to start. Closing it kills it.
 */
public final class Daemon implements AutoCloseable {

  private static final Duration READY_TIMEOUT = Duration.ofMinutes(4);
  private static final Duration STOP_TIMEOUT = Duration.ofMinutes(2);

  private final Path directory;
  private final List<String> command;
  private final int port;
  private final int adminPort;
  private final Queue<String> output = new ConcurrentLinkedQueue<>();
  private CountDownLatch ready = new CountDownLatch(1);
  private @Nullable Process process;

  /**
   * A daemon that is not started yet.
   *
   * @param directory where its data and journal are
   * @param arguments what to say to {@code serve} besides directories and ports, such as {@code
   *     --disk disk0=1GiB}
   */
  public Daemon(Path directory, String... arguments) throws IOException {
    this(directory, true, Dist::command, arguments);
  }

  /** One whose configuration file says where it listens. */
  public static Daemon withoutListen(Path directory, String... arguments) throws IOException {
    return new Daemon(directory, false, Dist::command, arguments);
  }

  /** One that the launcher starts, with the options that it has for the JVM. */
  public static Daemon byLauncher(Path directory, String... arguments) throws IOException {
    return new Daemon(directory, true, Dist::launched, arguments);
  }

  private Daemon(
      Path directory,
      boolean listens,
      Function<String[], List<String>> program,
      String... arguments)
      throws IOException {
    this.directory = directory;
    this.port = Ports.free();
    this.adminPort = Ports.free();
    List<String> all =
        new ArrayList<>(
            List.of(
                "serve",
                "--data",
                data().toString(),
                "--journal",
                journal().toString(),
                "--admin",
                "127.0.0.1:" + adminPort));
    if (listens) {
      all.addAll(List.of("--listen", "127.0.0.1:" + port));
    }
    all.addAll(List.of(arguments));
    this.command = program.apply(all.toArray(String[]::new));
  }

  /** Starts it, and returns when it says that it is ready. */
  public Daemon start() throws IOException, InterruptedException {
    launch();
    awaitReady();
    return this;
  }

  private void launch() throws IOException {
    assertThat(running()).as("the daemon runs already").isFalse();
    ready = new CountDownLatch(1);
    output.add("--- " + String.join(" ", command));
    Process started = new ProcessBuilder(command).directory(directory.toFile()).start();
    process = started;
    capture(started.getInputStream(), "out: ", ready);
    capture(started.getErrorStream(), "err: ", new CountDownLatch(1));
  }

  private void capture(InputStream stream, String prefix, CountDownLatch ready) {
    Thread.ofPlatform()
        .daemon()
        .name("daemon " + prefix)
        .start(() -> {
          try (BufferedReader reader =
              new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
              output.add(prefix + line);
              if (line.startsWith("ready")) {
                ready.countDown();
              }
            }
          } catch (IOException e) {
            output.add(prefix + e);
          }
        });
  }

  private void awaitReady() throws InterruptedException {
    long deadline = System.nanoTime() + READY_TIMEOUT.toNanos();
    while (!ready.await(50, TimeUnit.MILLISECONDS)) {
      if (!running()) {
        throw new AssertionError(
            "the daemon ended with exit code " + exitCode() + ":\n" + output());
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "the daemon was not ready within " + READY_TIMEOUT + ":\n" + output());
      }
    }
  }

  /** Ends it as a power cut of the process would: SIGKILL. */
  public void kill() throws InterruptedException {
    current().destroyForcibly();
    awaitEnd();
  }

  /** Asks it to end, SIGTERM, and returns its exit code. */
  public int terminate() throws InterruptedException {
    current().destroy();
    return awaitEnd();
  }

  /** Starts it, and returns its exit code when it has ended by itself. */
  public int runToEnd() throws IOException, InterruptedException {
    launch();
    return awaitEnd();
  }

  private int awaitEnd() throws InterruptedException {
    if (!current().waitFor(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError(
          "the daemon has not ended within " + STOP_TIMEOUT + ":\n" + output());
    }
    return exitCode();
  }

  /** Whether the process is there. */
  public boolean running() {
    return process != null && process.isAlive();
  }

  private int exitCode() {
    return current().exitValue();
  }

  private Process current() {
    if (process == null) {
      throw new IllegalStateException("the daemon was never started");
    }
    return process;
  }

  /** The process's number. */
  public long pid() {
    return current().pid();
  }

  /** Where the disks are. */
  public Path data() {
    return directory.resolve("data");
  }

  /** Where the journals are. */
  public Path journal() {
    return directory.resolve("journal");
  }

  /** Where iSCSI is served on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** Where management is served on 127.0.0.1. */
  public int adminPort() {
    return adminPort;
  }

  /** How an initiator finds {@code disk}. */
  public String url(String disk) {
    return "iscsi://127.0.0.1:" + port + "/iqn.2026-11.io.everwhen:" + disk + "/0";
  }

  /** Runs a command on its data directory. */
  public Outcome run(String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    int end = all.contains("--") ? all.indexOf("--") : all.size();
    all.addAll(end, List.of("--data", data().toString()));
    return Cli.run(all.toArray(String[]::new));
  }

  /** A libiscsi session with {@code disk}. */
  public LibiscsiInitiator connect(String disk) throws InitiatorException {
    return LibiscsiInitiator.connect(url(disk));
  }

  /** Everything that it has printed in all its lives; the end of it, if it is much. */
  public String output() {
    String text = String.join("\n", output);
    return text.length() <= 20_000 ? text : "..." + text.substring(text.length() - 20_000);
  }

  /** How much that is. */
  public int outputLines() {
    return output.size();
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroyForcibly();
    }
  }
}
