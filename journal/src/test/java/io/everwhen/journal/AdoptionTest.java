package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.Damage;
import io.everwhen.journal.history.DamageSurvey;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.LossException;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A disk that has content when it comes. That a group begins with such disks is among what {@link
 * CrashTest} and {@link FaultTest} do; here one joins a group that is in use.
 */
class AdoptionTest {

  private static final int SECTOR_BYTES = 512;
  private static final int WRITES = 60;

  private static final Manifest.Disk OLD = new Manifest.Disk(0, "old", 9 * SECTOR_BYTES, 512);
  private static final Manifest.Disk NEW = new Manifest.Disk(1, "new", 29 * SECTOR_BYTES, 512);

  private final long seed =
      Long.getLong("everwhen.seed", new SplittableRandom().nextLong(1L << 40));

  /** The two disks on one machine, and what they hold. */
  private static final class Disks {

    final SimulatedMachine machine;
    final SplittableRandom random;
    final byte[] content;
    final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L);
    Oracle oracle;

    Disks(SimulatedMachine machine, SplittableRandom random) throws IOException {
      this.machine = machine;
      this.random = random;
      this.content = new byte[(int) NEW.sizeBytes()];
      random.nextBytes(content);
      // A hole of more than one chunk, and the end of the last one.
      Arrays.fill(content, 4000, 13_000, (byte) 0);
      this.oracle = new Oracle(List.of(OLD, NEW), Map.of(NEW.number(), content));
      Storage source = machine.directory("source");
      try (StorageFile file = source.create("source")) {
        file.write(0, ByteBuffer.wrap(content));
        file.sync();
      }
      source.syncDirectory();
    }

    Disks(Disks from, SimulatedMachine machine, SplittableRandom random, long head) {
      this.machine = machine;
      this.random = random;
      this.content = from.content;
      this.oracle = from.oracle.upTo(head);
    }

    Storage journal() {
      return machine.directory("journal");
    }

    Storage home(Manifest.Disk disk) {
      return machine.directory(disk.name());
    }

    StorageFile source() throws IOException {
      return machine.directory("source").openForReading("source");
    }

    void createOld() throws IOException {
      Group.create(journal(), List.of(home(OLD)), List.of(OLD), clock, random.split());
    }

    Group open() throws IOException {
      GroupOptions options =
          new GroupOptions(
              new JournalOptions(16 << 10, 0),
              48 << 10,
              4 << 10,
              16 << 10,
              Duration.ofHours(1),
              false);
      int disks = new JournalFiles(journal()).readManifest().disks().size();
      return Group.open(
          journal(),
          List.of(home(OLD), home(NEW)).subList(0, disks),
          options,
          clock,
          random.split());
    }

    /** Whether it was to be done. */
    boolean adopt(Group group) throws IOException {
      boolean lacks = group.disks().size() == NEW.number();
      if (lacks) {
        try (StorageFile source = source()) {
          group.add(NEW, home(NEW), source);
        }
      }
      return lacks;
    }

    void write(Group group, Manifest.Disk disk) throws IOException {
      long sectors = disk.sizeBytes() / SECTOR_BYTES;
      int count = random.nextInt(1, 4);
      long offset = random.nextLong(sectors - count + 1) * SECTOR_BYTES;
      byte[] data = new byte[count * SECTOR_BYTES];
      random.nextBytes(data);
      oracle.add(EntryKind.WRITE, false, disk.number(), offset, data.length, data);
      group.change(() -> group.volume(disk.number()).write(offset, ByteBuffer.wrap(data)));
      group.volume(disk.number()).settle();
    }

    /** Compares every instant with the oracle; where the history ends. */
    long checkPast() throws IOException {
      try (History history = History.open(journal())) {
        long head = history.head().sequence();
        for (long at = history.horizon().sequence(); at <= head; at++) {
          for (Manifest.Disk disk : history.manifest().disks()) {
            try (PastView view = new PastView(history, disk, at)) {
              byte[] found = new byte[(int) view.sizeBytes()];
              view.read(0, ByteBuffer.wrap(found));
              PastChecks.same("the past", disk, at, oracle.contentAt(disk.number(), at), found);
            }
          }
        }
        return head;
      }
    }

    void checkLive(Group group) throws IOException {
      for (Manifest.Disk disk : group.disks()) {
        byte[] found = new byte[(int) disk.sizeBytes()];
        group.volume(disk.number()).read(0, ByteBuffer.wrap(found));
        byte[] expected = oracle.contentAt(disk.number(), oracle.head());
        PastChecks.same("the live disk", disk, oracle.head(), expected, found);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, WRITES / 2, WRITES})
  void aDiskWithContentJoinsAGroupInUseWhateverMomentACrashComesAt(int before) throws IOException {
    SplittableRandom random = new SplittableRandom(seed + before);
    Disks disks = new Disks(new SimulatedMachine(random.split()), random.split());
    disks.createOld();
    AtomicLong crashPoints = new AtomicLong();
    AtomicLong settled = new AtomicLong();
    AtomicBoolean added = new AtomicBoolean();
    try (Group group = disks.open()) {
      for (int i = 0; i < before; i++) {
        disks.write(group, OLD);
        group.maintain();
      }
      group.volume(OLD.number()).sync();
      long durable = disks.oracle.head();
      settled.set(durable);
      disks.machine.observe(io -> {
        crashPoints.incrementAndGet();
        SplittableRandom forked = random.split();
        try {
          crashAndCheck(disks, forked, added.get(), durable, settled.get());
        } catch (IOException | AssertionError e) {
          throw new AssertionError(
              "%d writes before, after a crash before operation %d (%s), repeated by `mvn -pl journal test -Dtest=AdoptionTest -Deverwhen.seed=%d`: %s"
                  .formatted(before, disks.machine.operations(), io, seed, e.getMessage()),
              e);
        }
      });
      assertThat(disks.adopt(group)).isTrue();
      added.set(true);
      for (int i = 0; i < WRITES; i++) {
        disks.write(group, i % 2 == 0 ? OLD : NEW);
        settled.set(disks.oracle.head());
        group.maintain();
      }
      disks.checkLive(group);
    }
    disks.checkPast();
    try (History history = History.open(disks.journal())) {
      assertThat(history.manifest().baseline().sequence()).as("something was folded").isPositive();
    }
    assertThat(crashPoints.get()).isGreaterThan(WRITES * 2);
  }

  private static void crashAndCheck(
      Disks from, SplittableRandom random, boolean added, long durable, long settled)
      throws IOException {
    SimulatedMachine machine = from.machine.fork(random.split());
    boolean powerFails = random.nextInt(4) > 0;
    if (powerFails) {
      machine.crash(random);
    } else {
      machine.kill();
    }
    Disks probe = new Disks(from, machine, random.split(), from.oracle.head());
    long head = probe.checkPast();
    assertThat(head).isGreaterThanOrEqualTo(powerFails ? durable : settled);
    Disks disks = new Disks(from, machine, random.split(), head);
    boolean adopted = random.nextInt(4) > 0;
    try (Group group = disks.open()) {
      if (adopted) {
        assertThat(disks.adopt(group) && added).as("the disk was lost").isFalse();
      }
      disks.checkLive(group);
      for (int i = 0; i < 4; i++) {
        disks.write(group, i % 2 == 0 ? OLD : group.disks().getLast());
        group.maintain();
      }
      disks.checkLive(group);
    }
    disks.checkPast();
  }

  @ParameterizedTest
  @EnumSource(
      value = SimulatedMachine.Fault.class,
      names = {"ERROR", "SHORT_WRITE", "NO_SPACE", "FAILED_READ"})
  void aJoiningThatFailsIsForgottenAndCanBeDoneAgain(SimulatedMachine.Fault fault)
      throws IOException {
    boolean hit = true;
    for (long operation = 0; hit; operation++) {
      SplittableRandom random = new SplittableRandom(seed + operation);
      Disks disks = new Disks(new SimulatedMachine(random.split()), random.split());
      disks.createOld();
      try (Group group = disks.open()) {
        disks.write(group, OLD);
        disks.machine.arm(operation, fault);
        IOException failure = null;
        try {
          disks.adopt(group);
        } catch (IOException e) {
          failure = e;
        }
        hit = disks.machine.faulted() != null;
        disks.machine.disarm();
        if (failure != null) {
          assertThat(hit).as("the failure is the fault's: %s", failure).isTrue();
          disks.write(group, OLD);
          disks.checkLive(group);
        }
      }
      try (Group group = disks.open()) {
        disks.adopt(group);
        disks.write(group, NEW);
        disks.checkLive(group);
      }
      disks.checkPast();
    }
  }

  @Test
  void anEmptyDiskThatJoinsInThePlaceOfAnInterruptedOneIsEmpty() throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    Disks disks = new Disks(new SimulatedMachine(random.split()), random.split());
    disks.createOld();
    disks.open().close();
    AtomicLong tried = new AtomicLong();
    try (Group group = disks.open()) {
      disks.machine.observe(io -> {
        SimulatedMachine machine = disks.machine.fork(random.split());
        machine.kill();
        Disks again = new Disks(disks, machine, random.split(), 0);
        try (Group reopened = again.open()) {
          if (reopened.disks().size() == NEW.number()) {
            tried.incrementAndGet();
            again.oracle = new Oracle(List.of(OLD, NEW));
            reopened.add(NEW, again.home(NEW));
            for (int i = 0; i < WRITES * 2; i++) {
              again.write(reopened, OLD);
              reopened.maintain();
            }
            again.checkLive(reopened);
            again.checkPast();
          }
        } catch (IOException e) {
          throw new AssertionError("before " + io + ": " + e.getMessage(), e);
        }
      });
      disks.adopt(group);
    }
    assertThat(tried.get()).isGreaterThan(10);
  }

  private static Disks adopted() throws IOException {
    SplittableRandom random = new SplittableRandom(5);
    Disks disks = new Disks(new SimulatedMachine(random.split()), random.split());
    try (StorageFile source = disks.source()) {
      Group.create(
          disks.journal(),
          List.of(disks.home(OLD), disks.home(NEW)),
          List.of(OLD, NEW),
          Map.of(NEW.number(), source),
          disks.clock,
          random.split());
    }
    return disks;
  }

  @ParameterizedTest
  @ValueSource(strings = {"baseline-1", "baseline-1.sums"})
  void aBaselineThatIsLostOrCutIsDamageAndNeverZeros(String name) throws IOException {
    for (boolean cut : new boolean[] {false, true}) {
      Disks disks = adopted();
      try (Group group = disks.open()) {
        disks.write(group, NEW);
        if (cut) {
          try (StorageFile file = disks.journal().open(name)) {
            file.setSize(0);
          }
        } else {
          disks.journal().delete(name);
        }
        try (History history = History.open(disks.journal())) {
          for (Manifest.Disk disk : history.manifest().disks()) {
            Optional<Damage> damage = new DamageSurvey(history).of(disk);
            assertThat(damage.isPresent()).isEqualTo(disk.number() == NEW.number());
          }
          Manifest.Disk disk = history.manifest().disks().get(NEW.number());
          assertThatThrownBy(() -> new PastView(history, disk, 1).close())
              .isInstanceOf(LossException.class)
              .hasMessageContaining("baseline-1");
        }
        // Folding must not make it anew.
        assertThatThrownBy(
                () -> {
                  for (int i = 0; i < WRITES * 2; i++) {
                    disks.write(group, OLD);
                    group.maintain();
                  }
                })
            .isInstanceOf(DamageException.class)
            .hasMessageContaining("the baseline of new in journal is damaged or missing");
        disks.checkLive(group);
      }
      try (History history = History.open(disks.journal())) {
        assertThat(history.manifest().folding()).isZero();
        assertThat(history.manifest().baseline().segment()).isZero();
      }
    }
  }

  @Test
  void whatIsThereAlreadyIsNotReplaced() throws IOException {
    Disks disks = adopted();
    // Whoever lost the image and begins anew must not lose the baseline as well.
    disks.home(NEW).delete(FileNames.IMAGE);
    SplittableRandom random = new SplittableRandom(6);
    List<Storage> homes = List.of(disks.home(OLD), disks.home(NEW));
    assertThatThrownBy(
            () -> Group.create(disks.journal(), homes, List.of(OLD, NEW), disks.clock, random))
        .isInstanceOf(DamageException.class)
        .hasMessageContaining("other disks already");
    try (StorageFile source = disks.source()) {
      assertThatThrownBy(() ->
              Group.create(
                  disks.journal(),
                  homes,
                  List.of(OLD, NEW),
                  Map.of(NEW.number(), source),
                  disks.clock,
                  random))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("restore it from its journal");
      disks.checkPast();

      Storage other = disks.machine.directory("other");
      try (StorageFile image = disks.home(NEW).create(FileNames.IMAGE)) {
        image.write(0, ByteBuffer.wrap(disks.content));
      }
      assertThatThrownBy(() ->
              Group.create(
                  other,
                  homes,
                  List.of(OLD, NEW),
                  Map.of(NEW.number(), source),
                  disks.clock,
                  random))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("has content");
      assertThatThrownBy(() ->
              Group.create(
                  other, homes, List.of(OLD), Map.of(OLD.number(), source), disks.clock, random))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("14848 bytes, not 4608");
      assertThat(new JournalFiles(other).hasManifest()).isFalse();
    }
  }
}
