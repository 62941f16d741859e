package io.everwhen.appliance.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.ProcessUse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many initiators at once, each on a disk of its own, in one daemon with journalling on: every one
 * is served, and reads what it wrote; memory stays within its bound. For {@code
 * -Deverwhen.initiators.seconds=N}.
 */
class ManyInitiatorsIT {

  private static final int INITIATORS = 64;
  private static final int SECONDS = Integer.getInteger("everwhen.initiators.seconds", 15);

  /**
   * Heap (512 MiB), buffers outside of it (512 MiB), and the JVM itself. Pages of files are the
   * system's cache.
   */
  private static final long OWN_BYTES_MAX = 1280L << 20;

  @Test
  void sixtyFourInitiatorsOnAsManyDisksAreServed(@TempDir Path directory) throws Exception {
    LibiscsiInitiator.need();
    Path config = directory.resolve("everwhen.yaml");
    StringBuilder yaml = new StringBuilder("disks:\n");
    for (int i = 0; i < INITIATORS; i++) {
      yaml.append("  - {name: disk").append(i).append(", size: 16MiB, journal_size: 256MiB}\n");
    }
    Files.writeString(config, yaml);
    List<Neighbour> initiators = new ArrayList<>();
    try (Daemon daemon = new Daemon(directory, "--config", config.toString()).start()) {
      ProcessUse idle = ProcessUse.of(daemon.pid());
      try {
        for (int i = 0; i < INITIATORS; i++) {
          initiators.add(new Neighbour(daemon.url("disk" + i), "iqn.2026-11.test:many" + i, i));
        }
        ProcessUse connected = ProcessUse.of(daemon.pid());
        long peak = connected.ownBytes();
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        while (System.nanoTime() < end || !allServed(initiators)) {
          Thread.sleep(100);
          peak = Math.max(peak, ProcessUse.of(daemon.pid()).ownBytes());
          assertThat(initiators)
              .as(daemon.output())
              .allSatisfy(initiator -> assertThat(initiator.failure()).isNull());
        }
        ProcessUse used = ProcessUse.of(daemon.pid());
        long commands = initiators.stream().mapToLong(Neighbour::commands).sum();
        System.out.printf(
            "ManyInitiatorsIT: %d s, %d commands, idle %s, connected %s, at the end %s%n",
            SECONDS, commands, idle, connected, used);
        assertThat(peak).as("%s", used).isLessThan(OWN_BYTES_MAX);
      } finally {
        initiators.forEach(Neighbour::close);
      }
      assertThat(daemon.output()).doesNotContain(" ERROR ", " WARN Connection", "OutOfMemory");
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
    }
    assertThat(IntStream.range(0, INITIATORS).mapToObj(initiators::get))
        .allSatisfy(initiator -> assertThat(initiator.failure()).isNull());
  }

  /** However slow the machine is, every initiator has to get somewhere. */
  private static boolean allServed(List<Neighbour> initiators) {
    return initiators.stream().allMatch(initiator -> initiator.commands() >= 100);
  }
}
