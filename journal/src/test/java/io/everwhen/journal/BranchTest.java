package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Branches, and branches of branches: written, resized, thinned and kept while the disks that they
 * were made of go on, are rewound, thinned and folded, with crashes at any operation and with
 * faults. Each instant of each of them equals an oracle that knows the content after every change,
 * and nothing of how it is stored.
 *
 * <p>{@code -Deverwhen.seed=N} repeats one history, {@code -Deverwhen.branch.histories=N} makes
 * more.
 */
class BranchTest {

  private static final int STEPS = 120;
  private static final int HISTORIES = Integer.getInteger("everwhen.branch.histories", 60);
  private static final int FAULTS = 5 * HISTORIES;
  private static final int DEPTH_MAX = 2;
  private static final int MAINTENANCE_OPERATIONS = 20;

  /** One in so many operations is preceded by a crash. */
  private static final int CRASHES = 20;

  // New histories in every run.
  private final long firstSeed = new SplittableRandom().nextLong(1L << 40);

  private long crashes;
  private long instants;
  private long kept;
  private long branches;

  /** A disk, its branch, and the branch of that. */
  private static final class Family {
    private final List<RewoundHistory> members = new ArrayList<>();
    private final SplittableRandom random;

    Family(SimulatedMachine machine, SplittableRandom random) {
      this.random = random;
      members.add(new RewoundHistory(machine, random.split()));
    }

    private Family(Family other, SimulatedMachine machine, SplittableRandom random) {
      this.random = random;
      other.members.forEach(member -> members.add(member.on(machine, random.split())));
    }

    Family on(SimulatedMachine machine, SplittableRandom other) {
      return new Family(this, machine, other);
    }

    boolean isOpen() {
      return members.stream().allMatch(RewoundHistory::isOpen);
    }

    RewoundHistory any() {
      return members.get(random.nextInt(members.size()));
    }

    void forget() {
      members.forEach(RewoundHistory::forget);
    }

    void openAfterCrash(boolean powerFailed) throws IOException {
      for (RewoundHistory member : members) {
        member.openAfterCrash(powerFailed);
      }
    }

    void checkLive() throws IOException {
      for (RewoundHistory member : members) {
        member.checkLive();
      }
    }

    void close() throws IOException {
      for (RewoundHistory member : members) {
        member.close();
      }
    }
  }

  @Test
  void everyInstantOfEachBranchIsRightWhateverIsDoneAndWheneverItCrashes() {
    Long only = Long.getLong("everwhen.seed");
    for (int i = 0; i < (only == null ? HISTORIES : 1); i++) {
      run(only == null ? firstSeed + i : only);
    }
    System.out.printf(
        "%d crashes, %d branches, %d of them kept, %d instants compared%n",
        crashes, branches, kept, instants);
    assertThat(kept).isPositive();
  }

  private void run(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    Family family = new Family(machine, random.split());
    machine.observe(io -> {
      if (family.isOpen() && random.nextInt(CRASHES) == 0) {
        crashes++;
        long point = machine.operations();
        try {
          crashAndCheck(family, machine.fork(random.split()), random.split());
        } catch (IOException | RuntimeException | AssertionError e) {
          throw new AssertionError(
              "after a crash before operation %d (%s), repeated by `mvn -pl journal test -Dtest=BranchTest -Deverwhen.seed=%d`: %s"
                  .formatted(point, io, seed, e.getMessage()),
              e);
        }
      }
    });
    try {
      family.any().create();
      family.any().open();
      for (int i = 0; i < STEPS; i++) {
        step(family);
      }
      family.checkLive();
      check(family, 50);
      family.close();
      machine.observe(null);
      check(family, 50);
      for (RewoundHistory member : family.members) {
        member.open();
      }
      for (RewoundHistory member : family.members) {
        keep(family, member);
        member.finishFilling();
      }
      family.checkLive();
      family.close();
      for (RewoundHistory member : family.members) {
        member.checkImages();
      }
      check(family, 50);
    } catch (IOException e) {
      throw new UncheckedIOException("with -Dtest=BranchTest -Deverwhen.seed=" + seed, e);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "with -Dtest=BranchTest -Deverwhen.seed=" + seed + ": " + e.getMessage(), e);
    }
  }

  private void step(Family family) throws IOException {
    SplittableRandom random = family.random;
    int dice = random.nextInt(100);
    if (dice < 8 && family.members.size() <= DEPTH_MAX) {
      RewoundHistory branch = family.members.getLast().branch();
      if (branch != null) {
        branch.create();
        branch.open();
        family.members.add(branch);
        branches++;
      }
    } else if (dice < 11) {
      keep(family, family.any());
    } else {
      family.any().step();
    }
  }

  private void keep(Family family, RewoundHistory member) throws IOException {
    if (member.isBranch()) {
      member.keep();
      kept++;
      family.members.get(family.members.indexOf(member) - 1).letGo();
    }
  }

  private void check(Family family, int count) throws IOException {
    for (RewoundHistory member : family.members) {
      instants += member.checkInstants(count).instants();
    }
  }

  private void crashAndCheck(Family made, SimulatedMachine machine, SplittableRandom random)
      throws IOException {
    boolean powerFails = random.nextBoolean();
    if (powerFails) {
      machine.crash(random);
    } else {
      machine.kill();
    }
    Family after = made.on(machine, random);
    while (random.nextInt(3) == 0) {
      machine.arm(random.nextInt(60), SimulatedMachine.Fault.CRASH);
      try {
        after.openAfterCrash(powerFails);
        keep(after, after.members.getLast());
        machine.disarm();
        after.close();
      } catch (JournalFullException e) {
        machine.disarm();
        after.close();
      } catch (IOException | RuntimeException e) {
        if (!machine.isDown()) {
          throw e;
        }
        machine.crash(random);
        after.forget();
        powerFails = true;
      }
    }
    after.openAfterCrash(powerFails);
    check(after, 10);
    for (int i = random.nextInt(10); i > 0; i--) {
      after.any().step();
    }
    after.checkLive();
    after.close();
    check(after, 5);
  }

  @Test
  void afterAFaultNothingAcknowledgedIsLostAndNothingIsWrong() {
    Long only = Long.getLong("everwhen.seed");
    long hit = 0;
    for (int i = 0; i < (only == null ? FAULTS : 1); i++) {
      long seed = only == null ? firstSeed + i : only;
      try {
        hit += runWithFault(seed) ? 1 : 0;
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError(
            "with -Dtest=BranchTest -Deverwhen.seed=" + seed + ": " + e.getMessage(), e);
      }
    }
    System.out.printf("%d faults%n", hit);
    assertThat(hit).isPositive();
  }

  /** Whether the fault came before the history ended. */
  private boolean runWithFault(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    Family family = new Family(machine, random.split());
    family.any().create();
    family.any().open();
    while (family.members.size() < 2) {
      step(family);
    }
    SimulatedMachine.Fault[] faults = {
      SimulatedMachine.Fault.ERROR,
      SimulatedMachine.Fault.SHORT_WRITE,
      SimulatedMachine.Fault.NO_SPACE,
      SimulatedMachine.Fault.FAILED_SYNC,
      SimulatedMachine.Fault.FAILED_READ
    };
    machine.arm(random.nextInt(1500), faults[random.nextInt(faults.length)]);
    try {
      for (int i = 0; i < STEPS; i++) {
        int dice = random.nextInt(20);
        if (dice == 0) {
          keep(family, family.members.getLast());
        } else {
          family.any().step();
        }
      }
    } catch (IOException e) {
      if (machine.faulted() == null) {
        throw e;
      }
    }
    boolean hit = machine.faulted() != null;
    machine.disarm();
    boolean powerFails = random.nextBoolean() || machine.hasLost();
    family.forget();
    if (powerFails) {
      machine.crash(random);
    } else {
      machine.kill();
    }
    Family after = family.on(machine, random);
    after.openAfterCrash(powerFails);
    check(after, 20);
    for (int i = 0; i < STEPS / 4; i++) {
      after.any().step();
    }
    after.checkLive();
    after.close();
    check(after, 20);
    return hit;
  }

  /** A disk of random content, a branch of it that holds little, and what both need. */
  private static final class Pair {
    private static final int WINDOW_BYTES = 1 << 20;
    private static final int BYTES = 2 * WINDOW_BYTES;
    private static final int SEGMENT_BYTES = 32 << 10;

    private final SplittableRandom random = new SplittableRandom();
    private final SimulatedMachine machine = new SimulatedMachine(random.split());
    private final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L, 1000);
    private final byte[] content = new byte[BYTES];
    private final Group group;
    private final Group branch;

    Pair() throws IOException {
      Manifest.Disk disk = new Manifest.Disk(0, "disk0", BYTES, 512);
      Group.create(directory("journal"), List.of(directory("home")), List.of(disk), clock, random);
      group = open("journal", "home", 16 * SEGMENT_BYTES);
      random.nextBytes(content);
      for (int at = 0; at < BYTES; at += 4096) {
        write(group, at, 4096);
      }
      group.volume(0).sync();
      long sequence = group.status().lastSequence();
      group.pin(new Pins.Pin("branch", sequence, clock.wallNanos()));
      Group.createBranch(
          directory("branch"),
          directory("branch home"),
          new Manifest.Disk(0, "trial", BYTES, 512),
          new Manifest.Origin(group.id(), 0, sequence, "journal"),
          clock,
          random);
      branch = openBranch();
    }

    Group openBranch() throws IOException {
      return open("branch", "branch home", 4 * SEGMENT_BYTES);
    }

    /**
     * Changes the branch, and lets an operation fail while that is applied; whether it was a sync.
     */
    boolean failWhileApplying(int more) throws IOException {
      branch.change(() -> branch.volume(0).write(0, ByteBuffer.wrap(content, 0, 4096).slice()));
      branch.volume(0).settle();
      machine.arm(more, SimulatedMachine.Fault.FAILED_SYNC);
      try {
        branch.maintain();
      } catch (IOException e) {
        // Said to whoever maintains it.
      }
      machine.disarm();
      // The journal's names are synced with its entries.
      return machine.faulted() == SimulatedMachine.Io.SYNC
          || machine.faulted() == SimulatedMachine.Io.SYNC_DIRECTORY;
    }

    private Storage directory(String name) {
      return machine.directory(name);
    }

    private Group open(String journal, String home, long historyBytes) throws IOException {
      GroupOptions options =
          new GroupOptions(
              new JournalOptions(SEGMENT_BYTES, 0),
              historyBytes,
              1,
              1 << 20,
              Duration.ofHours(1),
              false);
      return Group.open(directory(journal), List.of(directory(home)), options, clock, random);
    }

    void write(Group to, int offset, int length) throws IOException {
      clock.advance(1_000_000);
      to.change(() -> to.volume(0).write(offset, ByteBuffer.wrap(content, offset, length).slice()));
      to.volume(0).settle();
      maintain(to);
    }

    void maintain(Group which) throws IOException {
      while (which.maintain()) {
        clock.advance(1000);
      }
    }

    byte[] read(Group from, int offset, int length) throws IOException {
      byte[] found = new byte[length];
      from.volume(0).read(offset, ByteBuffer.wrap(found));
      return found;
    }
  }

  @Test
  void aBranchKeepsToItsSizeByThinningAndRefusesWhatDoesNotFitUntilItIsKept() throws IOException {
    Pair pair = new Pair();
    try (Group group = pair.group;
        Group branch = pair.branch) {
      // Over and over the same: its history is thinned, and that is enough.
      for (int i = 0; i < 200; i++) {
        pair.write(branch, i % 4 * 4096, 4096);
      }
      assertThat(branch.status().journalBytes()).isLessThan(10L * Pair.SEGMENT_BYTES);
      assertThatThrownBy(
              () -> {
                for (int at = 0; at < Pair.BYTES; at += 4096) {
                  pair.write(branch, at, 4096);
                }
              })
          .isInstanceOf(JournalFullException.class)
          .hasMessageContaining("'everwhen close trial --keep'");
      assertThat(branch.status().alarm()).contains("does not fit into its journal");
      assertThat(pair.read(branch, 0, Pair.BYTES)).isEqualTo(pair.content);
      branch.keep(_ -> {});
      pair.maintain(branch);
      assertThat(branch.status().alarm()).isNull();
      pair.write(branch, 0, 4096);
      group.unpin("branch");
      assertThat(pair.read(branch, 0, Pair.BYTES)).isEqualTo(pair.content);
    }
  }

  @Test
  void aCopyIsNotReliedOnWhenSomebodyElseCouldNotMakeTheImageDurableMeanwhile() throws IOException {
    int hits = 0;
    for (int more = 0; more < 2 * MAINTENANCE_OPERATIONS; more++) {
      Pair pair = new Pair();
      int after = more % MAINTENANCE_OPERATIONS;
      boolean[] hit = new boolean[1];
      int[] windows = new int[1];
      boolean kept = true;
      try {
        pair.branch.keep(_ -> {
          if (++windows[0] == Pair.BYTES / Pair.WINDOW_BYTES) {
            hit[0] = pair.failWhileApplying(after);
          }
        });
      } catch (IOException e) {
        assertThat(hit[0]).as("more %d: %s %s", more, pair.machine.faulted(), e).isTrue();
        kept = false;
      }
      hits += hit[0] ? 1 : 0;
      pair.machine.crash(pair.random);
      if (kept) {
        try (Group branch = pair.openBranch()) {
          assertThat(pair.read(branch, 0, Pair.BYTES)).isEqualTo(pair.content);
        }
      }
    }
    assertThat(hits).isPositive();
  }

  @Test
  void withoutItsOriginABranchReadsWhatIsItsOwnAndSaysWhatIsMissing() throws IOException {
    Pair pair = new Pair();
    try (Group group = pair.group;
        Group branch = pair.branch) {
      pair.write(branch, 8192, 4096);
      byte[] own = pair.read(branch, 8192, 4096);
      assertThat(pair.read(branch, 0, 4096)).isEqualTo(Arrays.copyOf(pair.content, 4096));
      group.unpin("branch");
      for (int i = 0; i < 400; i++) {
        pair.random.nextBytes(pair.content);
        pair.write(group, pair.random.nextInt(256) * 4096, 4096);
      }
      assertThatThrownBy(() -> pair.read(branch, 0, 4096))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("with which the branch in branch begins, is not there any more");
      assertThat(pair.read(branch, 8192, 4096)).isEqualTo(own);
      assertThatThrownBy(() -> branch.rewind(0, 0)).hasMessageContaining("is a branch");
    }
  }
}
