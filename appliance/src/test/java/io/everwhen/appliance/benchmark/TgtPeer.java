package io.everwhen.appliance.benchmark;

import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Ports;
import io.everwhen.appliance.testing.Processes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** tgt with a file behind it, a {@code tgtd} of its own; everything as it is by default. */
final class TgtPeer implements Peer {

  private static final String NAME = "iqn.2026-11.io.everwhen:tgt";
  private static final Path SBIN = Path.of("/usr/sbin");
  private static final Path SOCKETS = Path.of("/var/run/tgtd");
  private static final int TRIES_MAX = 100;
  private static final int POLL_MILLIS = 50;

  private final Path directory;
  private final int port;
  private final Process process;

  TgtPeer(Path directory, int mebibytes) throws IOException, InterruptedException {
    this.directory = Files.createDirectories(directory);
    this.port = Ports.free();
    Path file = directory.resolve("lun");
    try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
      content.setLength((long) mebibytes << 20);
    }
    process =
        new ProcessBuilder(
                SBIN.resolve("tgtd").toString(),
                "-f",
                "--iscsi",
                "portal=127.0.0.1:" + port,
                "-C",
                Integer.toString(port))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("tgtd.log").toFile())
            .start();
    try {
      awaitAnswer();
      admin("new", "target", "-T", NAME).done();
      admin("new", "logicalunit", "--lun", "1", "-b", file.toString()).done();
      admin("bind", "target", "-I", "ALL").done();
    } catch (IOException | InterruptedException | AssertionError e) {
      close();
      throw e;
    }
  }

  /** Skips the test if it is not there. */
  static void need() {
    Needs.program("tgtd", "tgt");
    Needs.root("run tgtd");
  }

  /** What it says that it is. */
  static String version() throws IOException, InterruptedException {
    return Processes.output(Path.of("."), SBIN.resolve("tgtd").toString(), "--version").strip();
  }

  private void awaitAnswer() throws IOException, InterruptedException {
    for (int i = 0; i < TRIES_MAX && process.isAlive(); i++) {
      if (tgtadm("--op", "show", "--mode", "system").exitCode() == 0) {
        return;
      }
      Thread.sleep(POLL_MILLIS);
    }
    throw new IOException("tgtd: " + Files.readString(directory.resolve("tgtd.log")));
  }

  private Outcome admin(String operation, String mode, String... more)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("--op", operation, "--mode", mode));
    arguments.addAll(List.of("--tid", "1"));
    arguments.addAll(List.of(more));
    return tgtadm(arguments.toArray(String[]::new));
  }

  private Outcome tgtadm(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(SBIN.resolve("tgtadm").toString());
    command.addAll(List.of("-C", Integer.toString(port), "--lld", "iscsi"));
    command.addAll(List.of(arguments));
    return Processes.run(directory, command);
  }

  @Override
  public String name() {
    return "tgt";
  }

  @Override
  public Address address() {
    return new Address(port, NAME, 1);
  }

  @Override
  public long pid() {
    return process.pid();
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly().onExit().join();
    Files.deleteIfExists(SOCKETS.resolve("socket." + port));
    Files.deleteIfExists(SOCKETS.resolve("socket." + port + ".lock"));
  }
}
