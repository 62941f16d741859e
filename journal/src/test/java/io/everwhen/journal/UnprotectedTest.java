package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.SimulatedStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import io.everwhen.journal.payload.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Disks that go on when the volume of their journal is full, and are recorded again when it is not,
 * again and again, with crashes and faults at any operation: nothing that was acknowledged is lost,
 * every instant that can be asked for equals an oracle, and none of a gap can be.
 *
 * <p>{@code -Deverwhen.seed=N} repeats one history, {@code -Deverwhen.gap.histories=N} makes more.
 */
class UnprotectedTest {

  private static final int STEPS = 150;
  private static final int HISTORIES = Integer.getInteger("everwhen.gap.histories", 60);
  private static final int FAULTS = 5 * HISTORIES;

  /** One in so many operations is preceded by a crash. */
  private static final int CRASHES = 12;

  private static final int SECTOR = 512;
  private static final int DISKS = 2;
  private static final long SEGMENT_BYTES = 16 << 10;
  private static final long RESERVE_BYTES = 256 << 10;
  private static final long PLENTY = 64L << 20;
  private static final Secret SECRET = new Secret.KeyFile(new byte[32]);

  // New histories in every run.
  private final long firstSeed = new SplittableRandom().nextLong(1L << 40);

  private long crashes;
  private long inGaps;
  private long gaps;
  private long instants;

  /** What is done to a group, and what its disks hold after each entry and now. */
  private final class Going {
    private final SimulatedMachine machine;
    private final SplittableRandom random;
    private final SimulatedClock clock;
    private final GroupOptions options;
    private final List<Manifest.Disk> disks;
    private final List<TreeMap<Long, byte[]>> contents = new ArrayList<>();
    // What each disk holds, the last one, and what it may hold after a power cut.
    private final List<List<byte[]>> versions = new ArrayList<>();
    private final List<long[]> closedGaps = new ArrayList<>();
    private int changing = -1;
    private byte[] mayBe = new byte[0];
    private boolean inGap;
    private long gapAfter;
    private long durable;
    private long settled;
    private @Nullable Group group;

    Going(SimulatedMachine machine, SplittableRandom random) throws IOException {
      this.machine = machine;
      this.random = random;
      this.clock = new SimulatedClock(1_795_305_600_000_000_000L, 1000);
      this.disks = new ArrayList<>();
      for (int i = 0; i < DISKS; i++) {
        int bytes = random.nextInt(8, 160) * SECTOR;
        disks.add(new Manifest.Disk(i, "disk" + i, bytes, SECTOR));
        contents.add(new TreeMap<>());
        contents.get(i).put(0L, new byte[bytes]);
        versions.add(new ArrayList<>(List.of(new byte[bytes])));
      }
      this.options =
          new GroupOptions(
                  new JournalOptions(SEGMENT_BYTES, RESERVE_BYTES),
                  random.nextLong(3, 20) * SEGMENT_BYTES,
                  8 << 10,
                  32 << 10,
                  Duration.ofNanos(100_000),
                  false)
              .withCompression(random.nextInt(3) == 0 ? 1 : 0)
              .withEncryption(random.nextInt(4) == 0 ? SECRET : null);
      Group.create(journal(), homes(), disks, clock, random.split());
      open();
    }

    private Going(Going from, SimulatedMachine machine, SplittableRandom random) {
      this.machine = machine;
      this.random = random;
      this.clock = from.clock.copy();
      this.options = from.options;
      this.disks = from.disks;
      from.contents.forEach(content -> contents.add(new TreeMap<>(content)));
      from.versions.forEach(version -> versions.add(new ArrayList<>(version)));
      this.closedGaps.addAll(from.closedGaps);
      this.changing = from.changing;
      this.mayBe = from.mayBe;
      this.inGap = from.inGap;
      this.gapAfter = from.gapAfter;
      this.durable = from.durable;
      this.settled = from.settled;
    }

    private SimulatedStorage journal() {
      return machine.directory("journal");
    }

    private List<Storage> homes() {
      return disks.stream().<Storage>map(disk -> machine.directory(disk.name())).toList();
    }

    private Group group() {
      if (group == null) {
        throw new IllegalStateException("the group is not open");
      }
      return group;
    }

    private void open() throws IOException {
      group = Group.open(journal(), homes(), options, clock, random.split());
      group().goOnUnprotected(true);
      acknowledged();
    }

    private void close() throws IOException {
      Group open = group();
      group = null;
      open.close();
    }

    private long head() throws IOException {
      return group().status().lastSequence();
    }

    private byte[] now(int disk) {
      return versions.get(disk).getLast();
    }

    private byte[] live(int disk) throws IOException {
      byte[] found = new byte[(int) group().volume(disk).sizeBytes()];
      group().volume(disk).read(0, ByteBuffer.wrap(found));
      return found;
    }

    private void acknowledged() throws IOException {
      durable = head();
      settled = durable;
      versions.forEach(list -> list.subList(0, list.size() - 1).clear());
    }

    /** Notices where gaps begin and end. */
    private void look() throws IOException {
      boolean open = group().unprotectedSinceNanos().isPresent();
      if (open && !inGap) {
        gaps++;
        gapAfter = head();
      } else if (!open && inGap) {
        closedGaps.add(new long[] {gapAfter, head()});
        for (int disk = 0; disk < DISKS; disk++) {
          contents.get(disk).put(head(), now(disk));
        }
        acknowledged();
      }
      inGap = open;
    }

    void step() throws IOException {
      int dice = random.nextInt(100);
      if (dice < 55) {
        write();
      } else if (dice < 65) {
        zero();
      } else if (dice < 70) {
        group().change(() -> group().volume(0).flush());
        group().change(() -> group().volume(1).flush());
        look();
        acknowledged();
      } else if (dice < 80) {
        boolean plenty = random.nextInt(3) == 0;
        journal()
            .setCapacity(
                journal().usedBytes()
                    + RESERVE_BYTES
                    + (plenty ? PLENTY : random.nextInt(48 << 10)));
      } else if (dice < 96) {
        for (int i = random.nextInt(4); i >= 0 && group().maintain(); i--) {
          look();
          clock.advance(random.nextInt(2) == 0 ? 30_000 : 2_000_000_000L);
        }
        look();
      } else if (dice < 98) {
        checkLive();
      } else {
        close();
        open();
        look();
      }
    }

    private void change(int disk, byte[] next, Group.Change change) throws IOException {
      changing = disk;
      mayBe = next;
      try {
        group().change(change);
      } catch (JournalFullException e) {
        // An image's volume is never full here, and no rewind keeps it: closing does.
        changing = -1;
        return;
      }
      group().volume(disk).settle();
      changing = -1;
      versions.get(disk).add(next);
      look();
      settled = head();
      if (!inGap) {
        contents.get(disk).put(settled, next);
      }
    }

    private void write() throws IOException {
      int disk = random.nextInt(DISKS);
      byte[] next = now(disk).clone();
      int sectors = random.nextInt(1, Math.min(16, next.length / SECTOR) + 1);
      int offset = random.nextInt(next.length / SECTOR - sectors + 1) * SECTOR;
      byte[] data = new byte[sectors * SECTOR];
      if (random.nextInt(4) > 0) {
        random.nextBytes(data);
      }
      System.arraycopy(data, 0, next, offset, data.length);
      change(disk, next, () -> group().volume(disk).write(offset, ByteBuffer.wrap(data)));
    }

    private void zero() throws IOException {
      int disk = random.nextInt(DISKS);
      byte[] next = now(disk).clone();
      int sectors = random.nextInt(1, next.length / SECTOR + 1);
      int offset = random.nextInt(next.length / SECTOR - sectors + 1) * SECTOR;
      Arrays.fill(next, offset, offset + sectors * SECTOR, (byte) 0);
      change(
          disk,
          next,
          () ->
              group()
                  .volume(disk)
                  .zero(new long[] {offset}, new long[] {(long) sectors * SECTOR}, true));
    }

    void finish() throws IOException {
      journal().setCapacity(Long.MAX_VALUE);
      for (int i = 0; i < 1000 && (group().maintain() || inGap); i++) {
        clock.advance(2_000_000_000L);
        look();
      }
      assertThat(inGap).isFalse();
    }

    void openAfterCrash(boolean powerFailed) throws IOException {
      boolean wasInGap = inGap;
      group = Group.open(journal(), homes(), options, clock, random.split());
      group().goOnUnprotected(true);
      long head = head();
      boolean open = group().unprotectedSinceNanos().isPresent();
      if (!wasInGap && !open && head < (powerFailed ? durable : settled)) {
        Assertions.fail("entry %d was acknowledged, but the journal ends with %d", settled, head);
      }
      for (int disk = 0; disk < DISKS; disk++) {
        byte[] found = live(disk);
        List<byte[]> allowed = new ArrayList<>(versions.get(disk));
        if (!powerFailed) {
          allowed.subList(0, allowed.size() - 1).clear();
        }
        if (disk == changing) {
          allowed.add(mayBe);
        }
        checkEachSector(disk, found, allowed);
        contents.get(disk).tailMap(head, false).clear();
        boolean known = Arrays.equals(contents.get(disk).lastEntry().getValue(), found);
        if (!wasInGap && !open && !known) {
          boolean whole = allowed.stream().anyMatch(each -> Arrays.equals(each, found));
          assertThat(whole).as("%s is one of the states that it was in", disks.get(disk)).isTrue();
        }
        if (!open && !known) {
          contents.get(disk).put(head, found);
          uncertainTo = head;
          uncertainFrom = Math.max(uncertainFrom, contents.get(disk).lowerKey(head));
        }
        versions.get(disk).add(found);
      }
      if (open && !wasInGap) {
        gapAfter = head;
      }
      changing = -1;
      inGap = open;
      if (open) {
        settled = head; // what is in the images may still be lost
      } else {
        acknowledged();
      }
    }

    // Between these the content may be the one or the other: nobody was there to see.
    private long uncertainFrom = -1;
    private long uncertainTo = -1;

    private void checkEachSector(int disk, byte[] found, List<byte[]> allowed) {
      byte[] begun = disk == changing ? mayBe : null;
      for (int at = 0; at < found.length; at += SECTOR) {
        int from = at;
        if (allowed.stream().noneMatch(each -> isOf(found, each, begun, from))) {
          Assertions.fail("sector %d of disk %d is wrong after a crash", at / SECTOR, disk);
        }
      }
    }

    /**
     * Whether a sector is as one of the states that the disk had, or that with some of the change
     * in it that nobody acknowledged.
     */
    private static boolean isOf(byte[] found, byte[] had, byte @Nullable [] begun, int from) {
      for (int i = from; i < from + SECTOR; i++) {
        if (found[i] != had[i] && (begun == null || found[i] != begun[i])) {
          return false;
        }
      }
      return true;
    }

    void checkLive() throws IOException {
      for (int disk = 0; disk < DISKS; disk++) {
        assertThat(Arrays.mismatch(now(disk), live(disk)))
            .as("the first wrong byte of disk %d", disk)
            .isEqualTo(-1);
      }
    }

    void checkInstants(int count) throws IOException {
      try (History history = History.open(journal(), SECRET)) {
        long horizon = history.horizon().sequence();
        long head = history.head().sequence();
        for (long[] gap : closedGaps) {
          for (long s = Math.max(gap[0] + 1, horizon); s < Math.min(gap[1], head); s++) {
            assertThat(history.isKept(s))
                .as("entry %d of a gap from %d to %d; %s", s, gap[0], gap[1], history.gaps())
                .isFalse();
          }
        }
        for (int i = 0; i < count; i++) {
          long wanted = i == 0 || horizon >= head ? horizon : random.nextLong(horizon, head + 1);
          long found = history.atSequence(wanted).orElseThrow().sequence();
          if (!history.isKept(found)) {
            continue;
          }
          if (found > uncertainFrom && found < uncertainTo) {
            continue;
          }
          instants++;
          for (int disk = 0; disk < DISKS; disk++) {
            Manifest.Disk there = history.manifest().disks().get(disk);
            byte[] content = new byte[(int) there.sizeBytes()];
            try (PastView view = new PastView(history, there, found)) {
              view.read(0, ByteBuffer.wrap(content));
            }
            int wrong = Arrays.mismatch(contents.get(disk).floorEntry(found).getValue(), content);
            if (wrong >= 0) {
              Assertions.fail(
                  "disk %d at entry %d is wrong from sector %d on", disk, found, wrong / SECTOR);
            }
          }
        }
      }
    }
  }

  @Test
  void nothingIsLostAndNoInstantIsWrongWheneverItCrashes() {
    Long only = Long.getLong("everwhen.seed");
    for (int i = 0; i < (only == null ? HISTORIES : 1); i++) {
      long seed = only == null ? firstSeed + i : only;
      try {
        run(seed);
      } catch (IOException e) {
        throw new UncheckedIOException("with -Dtest=UnprotectedTest -Deverwhen.seed=" + seed, e);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            "with -Dtest=UnprotectedTest -Deverwhen.seed=" + seed + ": " + e.getMessage(), e);
      }
    }
    System.out.printf(
        "%d gaps, %d crashes, %d of them in gaps, %d instants compared%n",
        gaps, crashes, inGaps, instants);
    assertThat(inGaps).isPositive();
  }

  private void run(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    Going going = new Going(machine, random.split());
    machine.observe(io -> {
      if (going.group != null && random.nextInt(CRASHES) == 0) {
        crashes++;
        inGaps += going.inGap ? 1 : 0;
        long point = machine.operations();
        try {
          crashAndCheck(going, machine.fork(random.split()), random.split());
        } catch (IOException | RuntimeException | AssertionError e) {
          throw new AssertionError(
              "after a crash before operation %d (%s): %s".formatted(point, io, e.getMessage()), e);
        }
      }
    });
    for (int i = 0; i < STEPS; i++) {
      going.step();
    }
    going.checkLive();
    going.checkInstants(50);
    going.close();
    machine.observe(null);
    going.open();
    going.look();
    going.finish();
    going.checkLive();
    going.checkInstants(50);
    going.close();
  }

  private void crashAndCheck(Going made, SimulatedMachine machine, SplittableRandom random)
      throws IOException {
    boolean powerFails = random.nextBoolean();
    if (powerFails) {
      machine.crash(random);
    } else {
      machine.kill();
    }
    Going after = new Going(made, machine, random);
    while (random.nextInt(3) == 0) {
      machine.arm(random.nextInt(40), SimulatedMachine.Fault.CRASH);
      try {
        after.openAfterCrash(powerFails);
        after.group().maintain();
        after.look();
        machine.disarm();
        after.close();
      } catch (IOException | RuntimeException e) {
        if (!machine.isDown()) {
          throw e;
        }
        machine.crash(random);
        after.group = null;
        powerFails = true;
      }
    }
    after.openAfterCrash(powerFails);
    after.checkInstants(10);
    for (int i = random.nextInt(10); i > 0; i--) {
      after.step();
    }
    after.checkLive();
    after.finish();
    after.checkLive();
    after.close();
    after.checkInstants(20);
  }

  @Test
  void afterAFaultNothingAcknowledgedIsLostAndNothingIsWrong() throws IOException {
    Long only = Long.getLong("everwhen.seed");
    long hit = 0;
    for (int i = 0; i < (only == null ? FAULTS : 1); i++) {
      long seed = only == null ? firstSeed + i : only;
      try {
        hit += runWithFault(seed) ? 1 : 0;
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError(
            "with -Dtest=UnprotectedTest -Deverwhen.seed=" + seed + ": " + e.getMessage(), e);
      }
    }
    System.out.printf("%d faults%n", hit);
    assertThat(hit).isPositive();
  }

  private boolean runWithFault(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    Going going = new Going(machine, random.split());
    SimulatedMachine.Fault[] faults = {
      SimulatedMachine.Fault.ERROR,
      SimulatedMachine.Fault.SHORT_WRITE,
      SimulatedMachine.Fault.FAILED_SYNC,
      SimulatedMachine.Fault.FAILED_READ
    };
    machine.arm(random.nextInt(1000), faults[random.nextInt(faults.length)]);
    try {
      for (int i = 0; i < STEPS; i++) {
        going.step();
      }
    } catch (IOException e) {
      if (machine.faulted() == null) {
        throw e;
      }
    }
    boolean hit = machine.faulted() != null;
    machine.disarm();
    boolean powerFails = random.nextBoolean() || machine.hasLost();
    going.group = null;
    if (powerFails) {
      machine.crash(random);
    } else {
      machine.kill();
    }
    check(new Going(going, machine, random), powerFails);
    return hit;
  }

  private static final int MAINTENANCE_OPERATIONS = 24;

  /** A group in a gap. */
  private Going inGap(SimulatedMachine machine, SplittableRandom random) throws IOException {
    Going going = new Going(machine, random);
    going.group().maintain(); // sets room for the note aside
    going.journal().setCapacity(going.journal().usedBytes() + RESERVE_BYTES);
    for (int i = 0; i < 1000 && !going.inGap; i++) {
      going.write();
    }
    assertThat(going.inGap).isTrue();
    return going;
  }

  @Test
  void whatCouldNotBeMadeDurableInAGapIsNotTakenForDurableLater() throws IOException {
    int hits = 0;
    for (int more = 0; more < 8 * MAINTENANCE_OPERATIONS; more++) {
      SplittableRandom random = new SplittableRandom(firstSeed + more);
      SimulatedMachine machine = new SimulatedMachine(random.split());
      Going going = inGap(machine, random.split());
      going.journal().setCapacity(Long.MAX_VALUE);
      going.clock.advance(2_000_000_000L);
      machine.arm(more % MAINTENANCE_OPERATIONS, SimulatedMachine.Fault.FAILED_SYNC);
      for (int i = 0; i < 100; i++) {
        try {
          going.group().maintain();
        } catch (IOException e) {
          // Tried again.
        }
        going.clock.advance(2_000_000_000L);
      }
      machine.disarm();
      hits += machine.faulted() == SimulatedMachine.Io.SYNC ? 1 : 0;
      going.look();
      failPowerAndCheck(going, machine, random);
    }
    assertThat(hits).isPositive();
  }

  @Test
  void aGapWhoseEndCannotBeReadForAMomentIsNotTakenForOverLater() throws IOException {
    int takenUp = 0;
    for (int i = 0; i < 10; i++) {
      boolean hit = true;
      for (int more = 0; hit; more++) {
        SplittableRandom random = new SplittableRandom(firstSeed + i);
        SimulatedMachine machine = new SimulatedMachine(random.split());
        Going going = afterGap(machine, random.split());
        machine.arm(more, SimulatedMachine.Fault.FAILED_READ);
        try {
          going.open();
        } catch (IOException e) {
          if (machine.faulted() == null) {
            throw e;
          }
          machine.disarm();
          if (going.group == null) {
            going.open();
          }
        }
        hit = machine.faulted() != null;
        machine.disarm();
        going.look();
        takenUp += going.inGap ? 1 : 0;
        going.journal().setCapacity(going.journal().usedBytes() + RESERVE_BYTES);
        for (int write = 0; write < 20; write++) {
          going.write();
        }
        failPowerAndCheck(going, machine, random);
      }
    }
    assertThat(takenUp).isPositive();
  }

  /** A closed group in which everything is recorded again. */
  private Going afterGap(SimulatedMachine machine, SplittableRandom random) throws IOException {
    Going going = inGap(machine, random);
    going.journal().setCapacity(Long.MAX_VALUE);
    while (going.inGap) {
      going.clock.advance(2_000_000_000L);
      going.group().maintain();
      going.look();
    }
    going.write();
    going.close();
    return going;
  }

  /** Cuts the power, and compares what is there after it, and when all of it is recorded. */
  private void failPowerAndCheck(Going going, SimulatedMachine machine, SplittableRandom random)
      throws IOException {
    going.group = null;
    machine.crash(random.split());
    check(new Going(going, machine, random.split()), true);
  }

  private void check(Going after, boolean powerFailed) throws IOException {
    after.openAfterCrash(powerFailed);
    after.checkInstants(20);
    after.finish();
    after.checkLive();
    after.close();
    after.checkInstants(20);
  }

  @Test
  void untilEverythingIsRecordedNoInstantIsNamedAndNoDiskGetsAnotherSize() throws IOException {
    SplittableRandom random = new SplittableRandom(firstSeed);
    Going going = inGap(new SimulatedMachine(random.split()), random.split());
    Group group = going.group();
    long larger = group.volume(0).sizeBytes() + SECTOR;
    for (int i = 0; group.unprotectedSinceNanos().isPresent(); i++) {
      assertThatThrownBy(() -> group.mark("now"))
          .isInstanceOf(JournalFullException.class)
          .hasMessageContaining("no instant can be named now");
      assertThatThrownBy(() -> group.resize(0, larger)).hasMessageContaining("not now");
      if (i == 1) {
        going.journal().setCapacity(Long.MAX_VALUE);
      }
      going.clock.advance(2_000_000_000L);
      group.maintain();
    }
    going.look();
    group.mark("now");
    group.resize(0, larger);
    assertThat(group.volume(0).sizeBytes()).isEqualTo(larger);
    going.close();
  }
}
