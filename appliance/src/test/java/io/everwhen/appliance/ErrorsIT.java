package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.everwhen.appliance.store.JournaledDisk;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.FailingStorage;
import io.everwhen.appliance.testing.FailingStorage.Operation;
import io.everwhen.appliance.testing.FullVolume;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Processes;
import io.everwhen.journal.Group;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.image.Loan;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.target.iscsi.Portal;
import io.everwhen.target.iscsi.Target;
import io.everwhen.target.iscsi.Targets;
import io.everwhen.target.scsi.DiskIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an initiator that is not ours sees when storage fails: the right sense data, on a session
 * that goes on, and no silence.
 */
class ErrorsIT {

  private static final String NAME = "iqn.2026-11.io.everwhen:failing";

  /** MEDIUM ERROR, MEDIUM ERROR and DATA PROTECT, as libiscsi writes them. */
  private static final String READ_ERROR = "(?s).*\\(3\\) .*\\(0x1100\\).*";

  private static final String WRITE_ERROR = "(?s).*\\(3\\) .*\\(0x0c00\\).*";
  private static final String SPACE_ALLOCATION_FAILED = "(?s).*\\(7\\) .*\\(0x2707\\).*";

  private static final long MEBIBYTE = 1 << 20;
  private static final int BLOCKS = 128;
  private static final int BLOCK_BYTES = 512;

  /** What is not in memory as a whole is not lent. */
  private static final int BORROWED_BLOCKS = 512;

  private final FailingStorage journal = new FailingStorage(256 * MEBIBYTE);
  private final FailingStorage home = new FailingStorage(64 * MEBIBYTE);

  private String url = "";

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  /** What runs against a disk whose storage can be made to fail. */
  private interface Scenario {
    void run(LibiscsiInitiator initiator, Group group) throws Exception;
  }

  private void serve(Scenario scenario) throws Exception {
    serve(home, scenario);
  }

  private void serve(Storage home, Scenario scenario) throws Exception {
    SystemClock clock = new SystemClock();
    SplittableRandom random = new SplittableRandom(1);
    Manifest.Disk disk = new Manifest.Disk(0, "failing", 16 * MEBIBYTE, BLOCK_BYTES);
    Group.create(journal, List.of(home), List.of(disk), clock, random);
    GroupOptions options =
        GroupOptions.DEFAULT.withJournal(new JournalOptions(4 * MEBIBYTE, 4 * MEBIBYTE));
    Targets targets = new Targets();
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Group group = Group.open(journal, List.of(home), options, clock, random);
    try (Portal portal = new Portal(anyPort, targets)) {
      targets.add(new Target(NAME, DiskIdentity.of(NAME), new JournaledDisk(group, 0)));
      portal.start();
      url = "iscsi://127.0.0.1:" + portal.address().getPort() + "/" + NAME + "/0";
      try (LibiscsiInitiator initiator = LibiscsiInitiator.connect(url)) {
        scenario.run(initiator, group);
      }
    } finally {
      this.home.fail();
      journal.fail();
      try {
        group.close();
      } catch (IOException _) {
        // A journal that has failed does not close in order.
      }
    }
  }

  private static byte[] content(int version) {
    byte[] content = new byte[BLOCKS * BLOCK_BYTES];
    new SplittableRandom(version).nextBytes(content);
    return content;
  }

  private static void assertSense(String sense, Action action) {
    assertThatExceptionOfType(InitiatorException.class)
        .isThrownBy(action::run)
        .withMessageMatching(sense);
  }

  private interface Action {
    void run() throws InitiatorException;
  }

  @Test
  void aDiskThatCannotBeReadIsAMediumErrorAndHeals() throws Exception {
    serve((initiator, group) -> {
      initiator.write(0, content(1), true);
      home.fail(Operation.READ);
      journal.fail(Operation.READ);
      assertSense(READ_ERROR, () -> initiator.read(0, BLOCKS));
      home.fail();
      journal.fail();
      assertThat(initiator.read(0, BLOCKS)).isEqualTo(content(1));
    });
  }

  /**
   * Its content is lent to the socket, where that fails first: the session goes on by a new login.
   */
  @Test
  void anImageThatIsCutIsAMediumErrorAsWell(@TempDir Path directory) throws Exception {
    serve(
        DiskStorage.create(directory.resolve("home")),
        (initiator, group) -> {
          for (int block = 0; block < BORROWED_BLOCKS; block += BLOCKS) {
            initiator.write(block, content(1), true);
          }
          awaitLent(group);
          assertThat(initiator.read(0, BLOCKS)).isEqualTo(content(1));
          Path image = directory.resolve("home/image");
          try (FileChannel file = FileChannel.open(image, StandardOpenOption.WRITE)) {
            file.truncate(0);
          }
          assertSense("(?s).*the connection was lost.*", () -> initiator.read(0, BLOCKS));
          try (LibiscsiInitiator again = LibiscsiInitiator.connect(url)) {
            assertSense(READ_ERROR, () -> again.read(0, BLOCKS));
            again.write(0, content(2), true);
            assertThat(again.read(0, BLOCKS)).isEqualTo(content(2));
          }
        });
  }

  private static void awaitLent(Group group) throws Exception {
    for (int tries = 0; tries < 300; tries++) {
      Loan loan = group.volume(0).lend(0, BLOCKS * BLOCK_BYTES);
      if (loan != null) {
        loan.giveBack(true);
        return;
      }
      Thread.sleep(100);
    }
    throw new AssertionError("nothing is lent");
  }

  @Test
  void aJournalThatCannotBeWrittenIsAMediumErrorAndReadsGoOn() throws Exception {
    serve((initiator, group) -> {
      initiator.write(0, content(1), true);
      journal.fail(Operation.WRITE);
      assertSense(WRITE_ERROR, () -> initiator.write(0, content(2), false));
      assertSense(WRITE_ERROR, () -> initiator.write(0, content(2), true));
      assertThat(initiator.read(0, BLOCKS)).isEqualTo(content(1));
    });
  }

  @Test
  void aJournalThatCannotBeSyncedFailsFlushesAndLosesNothingThatWasFlushed() throws Exception {
    serve((initiator, group) -> {
      initiator.write(0, content(1), true);
      initiator.write(BLOCKS, content(2), false);
      journal.fail(Operation.SYNC);
      assertSense(WRITE_ERROR, initiator::flush);
      assertSense(WRITE_ERROR, () -> initiator.write(0, content(3), true));
      assertThat(initiator.read(0, BLOCKS)).isEqualTo(content(1));
    });
  }

  @Test
  void anImageThatCannotBeWrittenStopsNoReads() throws Exception {
    serve((initiator, group) -> {
      initiator.write(0, content(1), true);
      home.fail(Operation.WRITE, Operation.SYNC);
      initiator.write(BLOCKS, content(2), false);
      for (int i = 0; i < 3; i++) {
        try {
          group.maintain();
        } catch (IOException _) {
          // As it should be: the image cannot follow.
        }
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(content(1));
        assertThat(initiator.read(BLOCKS, BLOCKS)).isEqualTo(content(2));
      }
    });
  }

  /** A real volume, really full: of something else, so that folding makes no room either. */
  @Test
  void aFullJournalVolumeProtectsTheDiskUntilThereIsRoom(@TempDir Path directory) throws Exception {
    Needs.root("mount a small volume");
    Path volume = Files.createDirectory(directory.resolve("journal"));
    Processes.output(
        directory, "mount", "-t", "tmpfs", "-o", "size=320m", "tmpfs", volume.toString());
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=64MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        initiator.write(0, content(1), true);
        Path ballast = volume.resolve("ballast");
        FullVolume.fill(ballast);
        String refusal = fillJournal(initiator);
        assertThat(refusal).as(daemon.output()).matches(SPACE_ALLOCATION_FAILED);
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(content(1));
        assertSense(SPACE_ALLOCATION_FAILED, () -> initiator.write(0, content(2), true));
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(content(1));
        Files.delete(ballast);
        awaitRoom(initiator);
        initiator.write(0, content(4), true);
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(content(4));
      }
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
    } finally {
      Processes.output(directory, "umount", "-l", volume.toString());
    }
  }

  /** Writes until a write is refused; returns how. */
  private static String fillJournal(LibiscsiInitiator initiator) {
    try {
      for (int i = 0; i < 16_384; i++) {
        initiator.write((long) BLOCKS * (1 + i % 512), content(i), false);
      }
    } catch (InitiatorException e) {
      return String.valueOf(e.getMessage());
    }
    return "a gibibyte went into a full volume";
  }

  private static void awaitRoom(LibiscsiInitiator initiator) throws InterruptedException {
    for (int tries = 0; tries < 600; tries++) {
      try {
        initiator.write(0, content(3), false);
        return;
      } catch (InitiatorException _) {
        Thread.sleep(100);
      }
    }
  }
}
