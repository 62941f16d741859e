package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Processes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever is wrong outside, it is said clearly, and nothing is lost. */
class BadInputIT {

  private static final int MIB = 1 << 20;

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  @Test
  void aFullJournalVolumeStopsTheWriterAndLosesNothing() throws Exception {
    Needs.root("mount a small volume");
    Path volume = Files.createDirectory(directory.resolve("journal"));
    Processes.output(
        directory, "mount", "-t", "tmpfs", "-o", "size=320m", "none", volume.toString());
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=512MiB")) {
      daemon.start();
      int acknowledged = writeUntilRefused(daemon);
      assertThat(acknowledged).as("MiB written before the journal was full").isPositive();

      assertHolds(daemon, acknowledged);
      daemon.kill();
      daemon.start();
      assertHolds(daemon, acknowledged);
      daemon.run("restore", "disk0", "--at", "now", "--to", file("full.img")).done();
      try (RandomAccessFile restored = new RandomAccessFile(file("full.img"), "r")) {
        byte[] data = new byte[MIB];
        for (int i = 0; i < acknowledged; i++) {
          restored.readFully(data);
          assertThat(Arrays.equals(data, mebibyte(i))).as("MiB %d of the restore", i).isTrue();
        }
      }
    } finally {
      Processes.output(directory, "umount", "-l", volume.toString());
    }
  }

  private static byte[] mebibyte(int i) {
    byte[] data = new byte[MIB];
    new SplittableRandom(i).nextBytes(data);
    return data;
  }

  private static int writeUntilRefused(Daemon daemon) throws IOException {
    try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
      for (int i = 0; i < 450; i++) {
        try {
          initiator.write((long) i * MIB / initiator.blockSize(), mebibyte(i), true);
        } catch (InitiatorException e) {
          assertThat(e).hasMessageContaining("SENSE KEY");
          return i;
        }
      }
    }
    throw new AssertionError("450 MiB went into a journal volume of 320 MiB:\n" + daemon.output());
  }

  private static void assertHolds(Daemon daemon, int acknowledged) throws IOException {
    try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
      int blocks = MIB / initiator.blockSize();
      for (int i = 0; i < acknowledged; i++) {
        assertThat(Arrays.equals(initiator.read((long) i * blocks, blocks), mebibyte(i)))
            .as("MiB %d, which was acknowledged", i)
            .isTrue();
      }
    }
  }

  @Test
  void aJournalDirectoryThatIsAFileIsRefused() throws Exception {
    Files.writeString(directory.resolve("journal"), "precious");
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=1MiB")) {
      assertThat(daemon.runToEnd()).as(daemon.output()).isEqualTo(1);
      assertThat(daemon.output())
          .contains("err: everwhen: ", directory.resolve("journal").toString(), "directory")
          .doesNotContain("\tat ");
    }
    assertThat(directory.resolve("journal")).hasContent("precious");
  }

  @Test
  void aSecondServeOnTheSameDataIsRefused() throws Exception {
    try (Daemon first = new Daemon(directory, "--disk", "disk0=1MiB").start();
        Daemon second = new Daemon(directory, "--disk", "disk0=1MiB")) {
      assertThat(second.runToEnd()).as(second.output()).isEqualTo(1);
      assertThat(second.output())
          .contains("err: everwhen: ", first.data().toString())
          .doesNotContain("\tat ");
      try (LibiscsiInitiator initiator = first.connect("disk0")) {
        initiator.write(0, new byte[512], true);
      }
    }
  }

  @Test
  void aPortInUseIsNamed() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=1MiB");
        ServerSocket socket =
            new ServerSocket(daemon.port(), 1, InetAddress.ofLiteral("127.0.0.1"))) {
      assertThat(daemon.runToEnd()).as(daemon.output()).isEqualTo(1);
      assertThat(daemon.output())
          .contains("err: everwhen: ", "127.0.0.1:" + socket.getLocalPort(), "in use")
          .doesNotContain("\tat ");
    }
  }

  @Test
  void aSizeThatIsNotWholeBlocksIsRefused() throws Exception {
    Outcome outcome =
        Cli.runProcess(directory, "serve", "--data", file("data"), "--disk", "disk0=1000")
            .refused();
    assertThat(outcome.err()).contains("not a multiple of its block of 512 bytes", "1KiB");
    assertThat(directory.resolve("data")).doesNotExist();
  }

  @Test
  void whatCannotBeServedAsConfiguredIsSaidAndNotServed() throws Exception {
    Path config = directory.resolve("everwhen.yaml");
    String[] serve = {
      "serve",
      "--data",
      file("data"),
      "--listen",
      "127.0.0.1:0",
      "--admin",
      "127.0.0.1:0",
      "--config",
      config.toString()
    };
    Files.writeString(config, "listen: no.such.host.invalid:3260\n");
    Outcome host = Cli.run("serve", "--data", file("data"), "--config", config.toString()).failed();
    assertThat(host.err()).contains("no.such.host.invalid").hasLineCount(1);
    Files.writeString(config, "disks:\n  - {name: small, size: 1MiB, journal_size: 1MiB}\n");
    assertThat(Cli.run(serve).failed().err()).contains("journal_size of small").hasLineCount(1);
    assertThat(directory.resolve("data/disks/small")).doesNotExist();
    Cli.run("disk", "add", "small=1MiB", "--data", file("data")).done();
    Files.writeString(
        config, "disks:\n  - {name: kept, size: 1MiB, initiators: [iqn.2026-11.org.example:a]}\n");
    assertThat(Cli.run(serve).failed().err()).contains("restricts other disks", "small");
  }

  @Test
  void anUnknownDiskIsNamedWithTheOneThatWasMeant() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=1MiB").start()) {
      for (String[] command :
          new String[][] {
            {"timeline", "disk1"},
            {"mark", "disk1", "name"},
            {"verify", "disk1"},
            {"restore", "disk1", "--at", "now", "--to", file("out.img")}
          }) {
        Outcome outcome = daemon.run(command).failed();
        assertThat(outcome.err()).contains("disk1", "disk0").hasLineCount(1);
      }
      assertThat(directory.resolve("out.img")).doesNotExist();
    }
  }

  @Test
  void instantsOutsideTheHistoryAreRefused() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=1MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        initiator.write(0, new byte[512], true);
      }
      for (String instant :
          List.of(
              "2001-01-01T00:00:00Z",
              Instant.now().plusSeconds(3600).toString(),
              "seq:999999",
              "mark:none")) {
        Outcome outcome =
            daemon.run("restore", "disk0", "--at", instant, "--to", file("out.img")).failed();
        assertThat(outcome.err())
            .contains(instant.replaceFirst("^(seq|mark):", ""))
            .hasLineCount(1);
        assertThat(directory.resolve("out.img")).doesNotExist();
      }
      Outcome nonsense =
          daemon.run("restore", "disk0", "--at", "yesterdayish", "--to", file("out.img"));
      assertThat(nonsense.refused().err()).contains("yesterdayish");
    }
  }

  @Test
  void everyCommandTellsTheHorizonAndTheMarksThatAreNear() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=1MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        initiator.write(0, new byte[512], true);
      }
      daemon.run("mark", "disk0", "before-upgrade").done();
      for (String command :
          List.of(
              "restore disk0 --to out.img --at",
              "export disk0 --to out.qcow2 --at",
              "open disk0 --at",
              "rewind disk0 --at",
              "snapshot pin disk0 --at",
              "timeline disk0 --from",
              "diff disk0 --from",
              "history disk0 --lba 0 --from",
              "bisect disk0 --bad now --good")) {
        assertThat(at(daemon, command, "2001-01-01T00:00:00Z").failed().err())
            .as(command)
            .contains("is before the horizon; the oldest that can be asked for is seq:0, 20")
            .hasLineCount(1);
        assertThat(at(daemon, command, "mark:before-upgrad").failed().err())
            .as(command)
            .contains("there is no mark 'before-upgrad'; did you mean before-upgrade?")
            .hasLineCount(1);
      }
      assertThat(directory.resolve("out.img")).doesNotExist();
      assertThat(directory.resolve("out.qcow2")).doesNotExist();
    }
  }

  private Outcome at(Daemon daemon, String command, String instant) {
    List<String> all = new ArrayList<>();
    for (String word : command.split(" ", -1)) {
      all.add(word.startsWith("out.") ? file(word) : word);
    }
    all.add(instant);
    all.addAll(List.of("--data", daemon.data().toString()));
    if (command.startsWith("bisect")) {
      all.addAll(List.of("--", "true"));
    }
    return Cli.run(all.toArray(String[]::new));
  }

  @Test
  void aRestoreThatDoesNotFitSaysSoAndLeavesNothing() throws Exception {
    Needs.root("mount a small volume");
    Path small = Files.createDirectory(directory.resolve("small"));
    Processes.output(directory, "mount", "-t", "tmpfs", "-o", "size=8m", "none", small.toString());
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        for (int i = 0; i < 12; i++) {
          initiator.write((long) i * MIB / initiator.blockSize(), mebibyte(i), false);
        }
      }
      Path image = small.resolve("out.img");
      Outcome outcome =
          daemon.run("restore", "disk0", "--at", "now", "--to", image.toString()).failed();
      assertThat(outcome.err())
          .contains("no space left on the volume of " + small, "up to 16777216 bytes")
          .hasLineCount(1);
      try (Stream<Path> left = Files.list(small)) {
        assertThat(left).isEmpty();
      }
    } finally {
      Processes.output(directory, "umount", "-l", small.toString());
    }
  }

  @Test
  void restoreOverwritesOnlyWhenToldTo() throws Exception {
    Path image = Files.writeString(directory.resolve("out.img"), "precious");
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=1MiB").start()) {
      Outcome refused =
          daemon.run("restore", "disk0", "--at", "now", "--to", image.toString()).failed();
      assertThat(refused.err()).contains("out.img", "--force");
      assertThat(image).hasContent("precious");
      daemon.run("restore", "disk0", "--at", "now", "--to", image.toString(), "--force").done();
      assertThat(image).hasSize(MIB);
    }
  }

  /** What can happen to a file. */
  enum Damage {
    BIT_FLIPPED,
    TRUNCATED;

    void to(Path file) throws IOException {
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        long middle = channel.size() / 2;
        switch (this) {
          case TRUNCATED -> channel.truncate(middle);
          case BIT_FLIPPED -> {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, middle);
            channel.write(ByteBuffer.wrap(new byte[] {(byte) (one.get(0) ^ 1)}), middle);
          }
        }
      }
    }
  }

  /**
   * Writes several segments, damages one in the middle, and asks for instants before it and behind
   * it.
   */
  @ParameterizedTest
  @EnumSource
  void aDamagedSegmentCostsOnlyTheInstantsThatNeedIt(Damage damage) throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=512MiB").start()) {
      SplittableRandom random = new SplittableRandom(2);
      writeMegabytes(daemon, random, 0, 100);
      daemon.run("mark", "disk0", "early").done();
      writeMegabytes(daemon, random, 100, 450);
      assertThat(daemon.terminate()).isIn(0, 143);
      daemon.run("verify").done();
      daemon.run("restore", "disk0", "--at", "mark:early", "--to", file("before.img")).done();

      Path segment = sealedSegments(daemon.journal()).get(3);
      damage.to(segment);

      Outcome verify = daemon.run("verify", "disk0").failed();
      assertThat(verify.out() + verify.err()).contains(segment.getFileName().toString());
      Outcome needsIt =
          daemon.run("restore", "disk0", "--at", "now", "--to", file("now.img")).failed();
      assertThat(needsIt.err()).contains(segment.getFileName().toString());
      daemon.run("restore", "disk0", "--at", "mark:early", "--to", file("after.img")).done();
      assertThat(Files.mismatch(directory.resolve("after.img"), directory.resolve("before.img")))
          .isEqualTo(-1);
      daemon.start();
      daemon.run("open", "disk0", "--at", "now", "--as", "past").done();
      readPast(daemon);
    }
  }

  /** Of a past disk everything can be read but what the damaged segment holds. */
  private static void readPast(Daemon daemon) throws IOException {
    SplittableRandom random = new SplittableRandom(2);
    byte[] data = new byte[MIB];
    int refused = 0;
    try (LibiscsiInitiator past = daemon.connect("past")) {
      int blocks = MIB / past.blockSize();
      for (int i = 0; i < 450; i++) {
        random.nextBytes(data);
        try {
          byte[] read = past.read((long) i * blocks, blocks);
          assertThat(Arrays.equals(read, data)).as("MiB %d", i).isTrue();
        } catch (InitiatorException e) {
          assertThat(e).hasMessageContaining("(3) ").hasMessageContaining("(0x1100)");
          refused++;
        }
      }
    }
    assertThat(refused).as("MiB that could not be read").isBetween(1, 64);
  }

  private static void writeMegabytes(Daemon daemon, SplittableRandom random, int from, int to)
      throws IOException {
    byte[] data = new byte[MIB];
    try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
      for (int i = from; i < to; i++) {
        random.nextBytes(data);
        initiator.write((long) i * MIB / initiator.blockSize(), data, false);
      }
      initiator.flush();
    }
  }

  /**
   * The segments of the one journal in {@code directory}, oldest first, without the one that is
   * being written.
   */
  private static List<Path> sealedSegments(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> segments =
          files
              .filter(file -> file.getFileName().toString().matches("segment-[0-9]+"))
              .sorted()
              .toList();
      assertThat(segments).as("segments in %s", directory).hasSizeGreaterThan(5);
      return segments.subList(0, segments.size() - 1);
    }
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }
}
