package io.everwhen.appliance;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.HostPort;
import io.everwhen.appliance.serve.Appliance;
import io.everwhen.journal.Group;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/**
 * A short run through what every start goes through, in one process. The launcher lets the JVM
 * watch it once after a build (JEP 514), so that later starts find these classes loaded and linked.
 */
final class StartupTraining {

  private static final int PIECES = 32;
  private static final int PIECE_BYTES = 1 << 20;
  private static final HostPort ANY_PORT = new HostPort("127.0.0.1", 0);

  private StartupTraining() {}

  /**
   * Runs; prints nothing.
   *
   * @param arguments an empty directory to work in
   */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    Path data = directory.resolve("data");
    Config config =
        new Config(data, null, ANY_PORT, ANY_PORT, List.of(DiskConfig.parse("disk0=64MiB")));
    run(data, "--help");
    run(data, "serve", "--help");
    run(data, "wrong");
    try (Appliance appliance = Appliance.start(config, new SystemClock(), new SecureRandom())) {
      write(appliance.disks().getFirst().group());
      run(data, "status", "--data");
      run(data, "status", "--json", "--data");
      run(data, "mark", "disk0", "name", "--data");
      run(data, "timeline", "disk0", "--data");
    }
    run(data, "timeline", "disk0", "--json", "--from", "seq:0", "--data");
    run(
        data,
        "restore",
        "disk0",
        "--at",
        "mark:name",
        "--to",
        directory.resolve("image").toString(),
        "--data");
    run(
        data,
        "restore",
        "disk0",
        "--at",
        "2026-11-21T12:00",
        "--to",
        directory.resolve("none").toString(),
        "--data");
    run(data, "verify", "--data");
  }

  /** Something to restore, so that the JVM learns what of that is done often. */
  private static void write(Group group) throws IOException {
    byte[] random = new byte[PIECE_BYTES];
    new SecureRandom().nextBytes(random);
    for (int i = 0; i < PIECES; i++) {
      long offset = (long) i * PIECE_BYTES;
      ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES).put(random).flip();
      group.change(() -> group.volume(0).write(offset, piece));
      group.volume(0).settle();
    }
  }

  private static void run(Path data, String... command) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    List<String> whole = new ArrayList<>(List.of(command));
    if (whole.getLast().equals("--data")) {
      whole.add(data.toString());
    }
    Everwhen.run(nowhere, nowhere, whole.toArray(String[]::new));
  }
}
