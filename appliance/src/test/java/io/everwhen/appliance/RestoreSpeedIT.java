package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.Dist;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Restoring 1 GiB of random bytes by the launcher, beside {@code cp --sparse=always} of the image,
 * in turns, with the daemon running. Only for {@code -Deverwhen.restore.rounds=N}; what is restored
 * must be right, how fast is printed.
 */
class RestoreSpeedIT {

  private static final int ROUNDS = Integer.getInteger("everwhen.restore.rounds", 0);
  private static final int WRITE_BYTES = 1 << 20;
  private static final int WRITES = 1 << 10;
  private static final int BLOCK_BYTES = 512;
  private static final int READY_MEBIBYTES = 2048;

  @TempDir private Path directory;

  @Test
  void aRestoreIsWhatACopyOfTheImageIs() throws Exception {
    assumeTrue(ROUNDS > 0, "only for -Deverwhen.restore.rounds=N");
    LibiscsiInitiator.need();
    Path copy = directory.resolve("copy");
    Path restored = directory.resolve("restored");
    double[] copied = new double[ROUNDS];
    double[] synced = new double[ROUNDS];
    double[] took = new double[ROUNDS];
    try (Daemon daemon = new Daemon(directory, "--disk", "db=1GiB").start()) {
      fill(daemon);
      Path image = daemon.data().resolve("disks/db/image");
      // The first does not count: the launcher prepares the JVM's archive, the image catches up.
      for (int round = -1; round < ROUNDS; round++) {
        Files.deleteIfExists(copy);
        makeReady();
        int at = Math.max(round, 0);
        copied[at] = run("cp", "--sparse=always", image.toString(), copy.toString());
        synced[at] = copied[at] + run("sync", copy.toString());
        Files.deleteIfExists(restored);
        makeReady();
        took[at] =
            run(
                Dist.launcher().toString(),
                "restore",
                "db",
                "--at",
                "now",
                "--to",
                restored.toString(),
                "--data",
                daemon.data().toString());
        assertThat(round < 0 || Files.mismatch(copy, restored) < 0).isTrue();
      }
    }
    System.out.printf(
        "RestoreSpeedIT: restore %.2f s; cp and sync %.2f s, ratio %.2f; cp alone %.2f s, ratio %.2f%n",
        median(took),
        median(synced),
        median(ratios(synced, took)),
        median(copied),
        median(ratios(copied, took)));
    System.out.printf(
        "RestoreSpeedIT: each round: restore %s, cp and sync %s%n",
        Arrays.toString(took), Arrays.toString(synced));
  }

  /**
   * Has the system use as much memory as is needed, and give it back: a virtual machine may first
   * have to get it from its host, which takes longer than the copy and whoever comes second pays.
   */
  private void makeReady() throws IOException, InterruptedException {
    Path ballast = directory.resolve("ballast");
    run("dd", "if=/dev/zero", "of=" + ballast, "bs=1M", "count=" + READY_MEBIBYTES);
    run("sync", ballast.toString());
    Files.delete(ballast);
    run("sync");
  }

  private static void fill(Daemon daemon) throws Exception {
    SplittableRandom random = new SplittableRandom();
    byte[] data = new byte[WRITE_BYTES];
    try (LibiscsiInitiator initiator = daemon.connect("db")) {
      for (int i = 0; i < WRITES; i++) {
        random.nextBytes(data);
        initiator.write((long) i * (WRITE_BYTES / BLOCK_BYTES), data, false);
      }
      initiator.flush();
    }
  }

  /** How many seconds a program takes. */
  private double run(String... command) throws IOException, InterruptedException {
    long start = System.nanoTime();
    Processes.run(directory, List.of(command)).done();
    return (System.nanoTime() - start) / 1e9;
  }

  private static double[] ratios(double[] of, double[] to) {
    double[] all = new double[of.length];
    Arrays.setAll(all, i -> of[i] / to[i]);
    return all;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
