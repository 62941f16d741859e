package io.everwhen.journal;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import io.everwhen.journal.payload.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/**
 * Does random things to a group, rewinds among them, and knows what its disks hold after each entry
 * that changes them. One thread; the group has none either.
 */
final class RewoundHistory {

  private static final int SECTOR = 512;
  private static final int DISKS = 2;
  private static final String JOURNAL = "journal";
  private static final long SEGMENT_BYTES = 16 << 10;
  private static final Secret SECRET = new Secret.KeyFile(new byte[32]);

  private final SimulatedMachine machine;
  private final SplittableRandom random;
  private final SimulatedClock clock;
  private final GroupOptions options;
  private final List<Manifest.Disk> disks;
  private final String journalName;
  // Of a branch, also when it was kept.
  private final Manifest.@Nullable Origin origin;

  /** What each disk holds after an entry, and until the next one that is here. */
  private final List<TreeMap<Long, byte[]>> contents = new ArrayList<>();

  // What a disk may hold when a change that was begun is on the timeline, in this order.
  private int changing = -1;
  private List<byte[]> mayBe = List.of();
  private long durable;
  private long settled;
  private @Nullable Group group;

  /** How many instants were compared, and how many of them while some disk was being filled in. */
  record Checked(int instants, int whileFilling) {}

  RewoundHistory(SimulatedMachine machine, SplittableRandom random) {
    this.machine = machine;
    this.random = random;
    this.clock = new SimulatedClock(1_795_305_600_000_000_000L, 1000);
    this.disks = new ArrayList<>();
    for (int i = 0; i < DISKS; i++) {
      long bytes = random.nextLong(8, 160) * SECTOR;
      disks.add(new Manifest.Disk(i, "disk" + i, bytes, SECTOR));
      contents.add(new TreeMap<>());
      contents.get(i).put(0L, new byte[(int) bytes]);
    }
    this.journalName = JOURNAL;
    this.origin = null;
    this.options = options(random, random.nextInt(4) == 0 ? SECRET : null);
  }

  /** A branch of a disk of another as it was. */
  private RewoundHistory(RewoundHistory of, int disk, long sequence, SplittableRandom random)
      throws IOException {
    this.machine = of.machine;
    this.random = random;
    this.clock = of.clock.copy();
    byte[] begin = of.at(disk, sequence);
    this.disks =
        List.of(new Manifest.Disk(0, "branch" + of.disks.getFirst().name(), begin.length, SECTOR));
    contents.add(new TreeMap<>());
    contents.getFirst().put(0L, begin);
    this.journalName = "branched " + of.journalName;
    this.origin = new Manifest.Origin(of.group().id(), disk, sequence, of.journalName);
    this.options = options(random, of.options.secret());
  }

  private static GroupOptions options(SplittableRandom random, @Nullable Secret secret) {
    GroupOptions plain =
        new GroupOptions(
                new JournalOptions(SEGMENT_BYTES, 0),
                random.nextLong(3, 40) * SEGMENT_BYTES,
                8 << 10,
                32 << 10,
                Duration.ofNanos(100_000),
                false)
            .withCompression(random.nextInt(3) == 0 ? 1 : 0)
            .withEncryption(secret);
    return random.nextInt(3) > 0
        ? plain
        : plain.withRetention(
            new Retention(
                Duration.ofNanos(random.nextInt(1, 100_000)),
                List.of(
                    new Retention.Tier(
                        Duration.ofNanos(20_000),
                        Duration.ofNanos(20_000L * random.nextInt(1, 1000))))));
  }

  private RewoundHistory(RewoundHistory from, SimulatedMachine machine, SplittableRandom random) {
    this.machine = machine;
    this.random = random;
    this.clock = from.clock.copy();
    this.options = from.options;
    this.disks = from.disks;
    this.journalName = from.journalName;
    this.origin = from.origin;
    from.contents.forEach(content -> contents.add(new TreeMap<>(content)));
    this.changing = from.changing;
    this.mayBe = from.mayBe;
    this.durable = from.durable;
    this.settled = from.settled;
  }

  /** The same on another machine, where nobody has it open. */
  RewoundHistory on(SimulatedMachine other, SplittableRandom otherRandom) {
    return new RewoundHistory(this, other, otherRandom);
  }

  private Storage journal() {
    return machine.directory(journalName);
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

  boolean isOpen() {
    return group != null;
  }

  void create() throws IOException {
    if (origin == null) {
      Group.create(journal(), homes(), disks, clock, random.split());
    } else {
      Group.createBranch(
          journal(), homes().getFirst(), disks.getFirst(), origin, clock, random.split());
    }
  }

  /**
   * A branch of one of its disks as it was at some instant, which is pinned; null when there is
   * none that could be. It is not made yet.
   */
  @Nullable RewoundHistory branch() throws IOException {
    group().volume(0).sync();
    acknowledged();
    History.Point at;
    try (History history = History.open(journal(), SECRET)) {
      long horizon = history.horizon().sequence();
      at = history.atSequence(random.nextLong(horizon, head() + 1)).orElseThrow();
      if (isUncertain(at.sequence()) || history.wholeFrom(at.sequence()).isPresent()) {
        return null;
      }
    }
    group().pin(new Pins.Pin("for a branch", at.sequence(), at.timeNanos()));
    return new RewoundHistory(this, random.nextInt(disks.size()), at.sequence(), random.split());
  }

  /** Lets the instant go that a branch has needed. */
  void letGo() throws IOException {
    group().unpin("for a branch");
  }

  /** Makes a branch a group of its own. */
  void keep() throws IOException {
    group().keep(_ -> {});
  }

  boolean isBranch() {
    return group().isBranch();
  }

  void open() throws IOException {
    group = Group.open(journal(), homes(), options, clock, random.split());
    acknowledged();
  }

  void close() throws IOException {
    Group open = group();
    group = null;
    open.close();
  }

  /** The machine is down. */
  void forget() {
    group = null;
  }

  /** Opens it, and finds out whether what was begun took place. */
  void openAfterCrash(boolean powerFailed) throws IOException {
    group = Group.open(journal(), homes(), options, clock, random.split());
    long head = head();
    long least = powerFailed ? durable : settled;
    if (head < least) {
      Assertions.fail("entry %d was acknowledged, but the journal ends with %d", least, head);
    }
    for (int disk = 0; disk < disks.size(); disk++) {
      contents.get(disk).tailMap(head, false).clear();
      byte[] found = live(disk);
      byte[] before = contents.get(disk).lastEntry().getValue();
      if (Arrays.equals(found, before)) {
        continue;
      }
      boolean begun = disk == changing && mayBe.stream().anyMatch(b -> Arrays.equals(found, b));
      if (!begun) {
        Assertions.fail(
            "%s is wrong from sector %d on after a crash",
            disks.get(disk).name(), Arrays.mismatch(found, before) / SECTOR);
      }
      // Somewhere behind the last that is known; only the end is for certain.
      contents.get(disk).put(head, found);
      uncertainFrom = Math.max(uncertainFrom, lastKnown(disk, head));
      uncertainTo = head;
    }
    changing = -1;
    acknowledged();
  }

  // Between these the content may be the one or the other: nobody was there to see.
  private long uncertainFrom = -1;
  private long uncertainTo = -1;

  private long lastKnown(int disk, long head) {
    Long before = contents.get(disk).lowerKey(head);
    return before == null ? 0 : before;
  }

  private long head() throws IOException {
    return group().status().lastSequence();
  }

  private byte[] live(int disk) throws IOException {
    byte[] found = new byte[(int) group().volume(disk).sizeBytes()];
    group().volume(disk).read(0, ByteBuffer.wrap(found));
    return found;
  }

  private byte[] now(int disk) {
    return contents.get(disk).lastEntry().getValue();
  }

  private byte[] at(int disk, long sequence) {
    return contents.get(disk).floorEntry(sequence).getValue();
  }

  void step() throws IOException {
    int dice = random.nextInt(100);
    try {
      if (dice < 45) {
        write();
      } else if (dice < 58) {
        zero();
      } else if (dice < 66) {
        rewind();
      } else if (dice < 70) {
        resize();
      } else if (dice < 74) {
        group().volume(0).flush();
        acknowledged();
      } else if (dice < 78) {
        group().mark("mark " + random.nextInt(1000));
        acknowledged();
      } else if (dice < 92) {
        for (int i = random.nextInt(4); i >= 0 && group().maintain(); i--) {
          clock.advance(random.nextInt(30_000));
        }
      } else if (dice < 96) {
        checkLive();
      } else {
        close();
        open();
      }
    } catch (JournalFullException e) {
      changing = -1;
    }
  }

  private void acknowledged() throws IOException {
    durable = head();
    settled = durable;
  }

  private void change(int disk, List<byte[]> results, Group.Change change) throws IOException {
    changing = disk;
    mayBe = results;
    group().change(change);
    group().volume(disk).settle();
    done(disk);
  }

  private void done(int disk) throws IOException {
    settled = head();
    contents.get(disk).put(settled, mayBe.getLast());
    changing = -1;
  }

  private void write() throws IOException {
    int disk = random.nextInt(disks.size());
    byte[] next = now(disk).clone();
    int sectors = random.nextInt(1, Math.min(16, next.length / SECTOR) + 1);
    int offset = random.nextInt(next.length / SECTOR - sectors + 1) * SECTOR;
    byte[] data = new byte[sectors * SECTOR];
    if (random.nextInt(4) > 0) {
      random.nextBytes(data);
    } else {
      Arrays.fill(data, (byte) random.nextInt(2));
    }
    System.arraycopy(data, 0, next, offset, data.length);
    change(disk, List.of(next), () -> group().volume(disk).write(offset, ByteBuffer.wrap(data)));
  }

  private void zero() throws IOException {
    int disk = random.nextInt(disks.size());
    byte[] next = now(disk).clone();
    int count = random.nextInt(1, 4);
    long[] offsets = new long[count];
    long[] lengths = new long[count];
    for (int i = 0; i < count; i++) {
      int sectors = random.nextInt(1, next.length / SECTOR + 1);
      offsets[i] = random.nextLong(next.length / SECTOR - sectors + 1) * SECTOR;
      lengths[i] = (long) sectors * SECTOR;
      Arrays.fill(next, (int) offsets[i], (int) (offsets[i] + lengths[i]), (byte) 0);
    }
    boolean unmap = random.nextBoolean();
    change(disk, List.of(next), () -> group().volume(disk).zero(offsets, lengths, unmap));
  }

  private void resize() throws IOException {
    int disk = random.nextInt(disks.size());
    int bytes = random.nextInt(8, 160) * SECTOR;
    changing = disk;
    mayBe = List.of(Arrays.copyOf(now(disk), bytes));
    group().resize(disk, bytes);
    done(disk);
    acknowledged();
  }

  private void rewind() throws IOException {
    if (isBranch()) {
      return;
    }
    int disk = random.nextInt(disks.size());
    long to;
    try (History history = History.open(journal(), SECRET)) {
      long horizon = history.horizon().sequence();
      long wanted = random.nextLong(horizon, history.head().sequence() + 1);
      to = history.atSequence(wanted).orElseThrow().sequence();
    }
    if (isUncertain(to)) {
      return;
    }
    byte[] past = at(disk, to);
    byte[] resized = Arrays.copyOf(now(disk), past.length);
    changing = disk;
    mayBe = List.of(resized, past);
    boolean resizes = past.length != now(disk).length;
    group().rewind(disk, to);
    if (resizes) {
      contents.get(disk).put(head() - 1, resized);
    }
    done(disk);
    acknowledged();
  }

  void finishFilling() throws IOException {
    while (disks.stream().anyMatch(disk -> group().fillingBytes(disk.number()) > 0)) {
      group().maintain();
      clock.advance(1000);
    }
    while (group().maintain()) {
      clock.advance(1000);
    }
  }

  void checkLive() throws IOException {
    for (int disk = 0; disk < disks.size(); disk++) {
      same("the live disk", disk, head(), now(disk), live(disk));
    }
  }

  /** The images, after the group was closed with nothing left to be filled in. */
  void checkImages() throws IOException {
    for (int disk = 0; disk < disks.size(); disk++) {
      try (StorageFile image =
          machine.directory(disks.get(disk).name()).openForReading(FileNames.IMAGE)) {
        byte[] found = new byte[(int) image.size()];
        image.readFully(0, ByteBuffer.wrap(found));
        same("the image", disk, Long.MAX_VALUE, now(disk), found);
      }
    }
  }

  private boolean isUncertain(long sequence) {
    return sequence > uncertainFrom && sequence < uncertainTo;
  }

  /** Compares the disks at some instants that can be asked for. */
  Checked checkInstants(int count) throws IOException {
    int checked = 0;
    int filling = 0;
    try (History history = History.open(journal(), SECRET)) {
      long horizon = history.horizon().sequence();
      long head = history.head().sequence();
      for (int i = 0; i < count; i++) {
        long wanted = i == 0 ? horizon : random.nextLong(horizon, head + 1);
        long found = history.atSequence(wanted).orElseThrow().sequence();
        if (found > wanted || (found < wanted && history.isKept(wanted) && isState(wanted))) {
          Assertions.fail("entry %d leads to the instant of entry %d", wanted, found);
        }
        if (isUncertain(found)) {
          continue;
        }
        checked++;
        filling += history.wholeFrom(found).isPresent() ? 1 : 0;
        for (int disk = 0; disk < disks.size(); disk++) {
          byte[] expected = at(disk, found);
          Manifest.Disk there = history.manifest().disks().get(disk);
          try (PastView view = new PastView(history, there, found)) {
            byte[] content = new byte[(int) view.sizeBytes()];
            view.read(0, ByteBuffer.wrap(content));
            view.checkStillWithin();
            same("the past disk", disk, found, expected, content);
          }
        }
      }
    }
    return new Checked(checked, filling);
  }

  private boolean isState(long sequence) {
    return contents.stream().anyMatch(content -> content.containsKey(sequence));
  }

  private void same(String what, int disk, long sequence, byte[] expected, byte[] found) {
    int at = Arrays.mismatch(expected, found);
    if (at >= 0) {
      Assertions.fail(
          "%s %s at entry %d is wrong from sector %d of %d on (%d)",
          what,
          disks.get(disk).name(),
          sequence,
          at / SECTOR,
          expected.length / SECTOR,
          found.length / SECTOR);
    }
  }
}
