package io.everwhen.journal;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import io.everwhen.journal.payload.Secret;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/**
 * Does random things to a group, and tells an oracle of each before it does it.
 *
 * <p>The oracle foresees every entry that the journal makes by itself: a FLUSH if the disk was
 * changed since the last one, or the group opened, a CLOCK when the clock was set. One thread; the
 * group has none either.
 */
final class RandomHistory implements Closeable {

  private static final int SECTOR_BYTES = 512;
  private static final int MIN_SECTORS = 8;
  private static final int MAX_SECTORS = 32;
  private static final long SEGMENT_BYTES = 16 << 10;

  /** A reserve with which folding can make room; with less of it a full journal stays full. */
  private static final long ENOUGH_TO_FOLD_BYTES = (1 << 20) + (64 << 10);

  private static final long CLOCK_TICK_NANOS = 1000;
  private static final long BIRTH = 1_795_305_600_000_000_000L;

  /** The histories of this seed and its multiples are signed; signing them all takes too long. */
  static final long SIGNED_SEED = 16;

  /** The histories of this seed and its multiples are compressed, as far as they can be. */
  static final long COMPRESSED_SEED = 3;

  /** The histories of this seed and its multiples are encrypted. */
  static final long ENCRYPTED_SEED = 5;

  /** Of the histories of this seed and its multiples, some disks begin with content. */
  static final long ADOPTED_SEED = 2;

  private static final String SOURCE = "source";

  /** What opens the histories that are encrypted; nothing to the others. */
  static final Secret SECRET = new Secret.KeyFile(new byte[32]);

  private final SimulatedMachine machine;
  private final SimulatedClock clock;
  private final SplittableRandom random;

  private final GroupOptions options;
  private final Oracle oracle;
  private final Set<Integer> adopted;
  private @Nullable Group group;
  private boolean created;
  private boolean clockWasSet;
  private final BitSet unflushed = new BitSet();
  private long flushed;
  private long ahead = -1;
  private long settled;
  private long beforeChange;
  private int marks;
  // Acknowledged, and not let go.
  private final NavigableMap<Long, String> pinned = new TreeMap<>();
  private Oracle.@Nullable Version lastWrite;

  /** A history on a machine without any, all of whose choices come from one seed. */
  RandomHistory(SimulatedMachine machine, long seed) {
    this.machine = machine;
    this.random = new SplittableRandom(seed);
    this.clock = new SimulatedClock(BIRTH, random.nextBoolean() ? CLOCK_TICK_NANOS : 0);
    List<Manifest.Disk> disks = new ArrayList<>();
    int count = random.nextInt(1, 4);
    for (int i = 0; i < count; i++) {
      disks.add(
          new Manifest.Disk(
              i,
              "disk" + i,
              random.nextLong(MIN_SECTORS, MAX_SECTORS + 1) * SECTOR_BYTES,
              SECTOR_BYTES));
    }
    Map<Integer, byte[]> contents =
        seed % ADOPTED_SEED == 0 ? contents(disks, new SplittableRandom(~seed)) : Map.of();
    this.oracle = new Oracle(disks, contents);
    this.adopted = contents.keySet();
    putSources(contents);
    // With more than a segment, files are prepared behind the next one.
    long applyBytes = random.nextLong(1, 16) << random.nextInt(10, 14);
    GroupOptions unsigned =
        new GroupOptions(
            new JournalOptions(
                SEGMENT_BYTES,
                (random.nextBoolean() ? ENOUGH_TO_FOLD_BYTES : 0)
                    + random.nextLong(4) * SEGMENT_BYTES),
            random.nextLong(2, 6) * SEGMENT_BYTES,
            applyBytes,
            applyBytes + (random.nextLong(16) << 10),
            random.nextBoolean() ? Duration.ofHours(1) : Duration.ofNanos(100_000),
            false);
    GroupOptions kept = seed % SIGNED_SEED == 0 ? unsigned.withSigner(new TestKey()) : unsigned;
    GroupOptions compressed =
        kept.withCompression(seed % COMPRESSED_SEED == 0 ? 1 : 0)
            .withEncryption(seed % ENCRYPTED_SEED == 0 ? SECRET : null);
    this.options =
        random.nextBoolean()
            ? compressed
                .withRetention(retention(random))
                .withHistoryBytes(random.nextLong(4, 20) * SEGMENT_BYTES)
            : compressed;
  }

  /** What some disks begin with: of each sector something, or zeros. */
  private static Map<Integer, byte[]> contents(List<Manifest.Disk> disks, SplittableRandom random) {
    Map<Integer, byte[]> contents = new TreeMap<>();
    for (Manifest.Disk disk : disks) {
      if (random.nextInt(3) > 0) {
        byte[] content = new byte[(int) disk.sizeBytes()];
        int density = random.nextInt(4);
        for (int at = 0; at < content.length; at += SECTOR_BYTES) {
          byte[] sector = new byte[SECTOR_BYTES];
          if (random.nextInt(3) < density) {
            random.nextBytes(sector);
          }
          System.arraycopy(sector, 0, content, at, SECTOR_BYTES);
        }
        contents.put(disk.number(), content);
      }
    }
    return contents;
  }

  private void putSources(Map<Integer, byte[]> contents) {
    Storage sources = machine.directory(SOURCE);
    try {
      for (Map.Entry<Integer, byte[]> content : contents.entrySet()) {
        try (StorageFile file = sources.create(SOURCE + content.getKey())) {
          file.write(0, ByteBuffer.wrap(content.getValue()));
          file.sync();
        }
      }
      sources.syncDirectory();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Steps of microseconds: as much as such a history takes. */
  private static Retention retention(SplittableRandom random) {
    Duration fine = Duration.ofNanos(random.nextInt(1, 100_000));
    long step = random.nextInt(1, 80_000);
    List<Retention.Tier> tiers = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      tiers.add(
          new Retention.Tier(
              Duration.ofNanos(step), Duration.ofNanos(step * random.nextInt(1, 1000))));
      step *= random.nextInt(1, 5);
    }
    return new Retention(fine, tiers);
  }

  /**
   * The same group on another machine, with an oracle that goes on from what is there.
   *
   * @param flushed up to which what is there is durable
   */
  RandomHistory(
      RandomHistory from, SimulatedMachine machine, Oracle oracle, long flushed, long seed) {
    this.machine = machine;
    this.random = new SplittableRandom(seed);
    this.clock = from.clock.copy();
    this.oracle = oracle;
    this.adopted = from.adopted;
    this.options = from.options;
    this.created = true;
    this.flushed = flushed;
    this.settled = oracle.head();
    this.marks = from.marks;
    this.pinned.putAll(from.pinned);
  }

  /** The same after its process has died, and before anybody opens the group again. */
  RandomHistory afterKill() throws IOException {
    machine.kill();
    if (!created) {
      return this;
    }
    long head;
    try (History found = History.open(journalOf(machine), SECRET)) {
      head = found.head().sequence();
    }
    checkKept(head);
    return new RandomHistory(this, machine, oracle.upTo(head), flushed, random.nextLong());
  }

  /**
   * What was flushed is there; also what was settled, unless the system has said that it is lost.
   */
  private void checkKept(long head) {
    long least = machine.hasLost() ? flushed : settled;
    if (head < least) {
      Assertions.fail("entry %d was acknowledged, but the journal ends with %d", least, head);
    }
  }

  static Storage journalOf(SimulatedMachine machine) {
    return machine.directory("journal");
  }

  List<Storage> homes(SimulatedMachine on) {
    return oracle.disks().stream().<Storage>map(disk -> on.directory(disk.name())).toList();
  }

  Oracle oracle() {
    return oracle;
  }

  SimulatedMachine machine() {
    return machine;
  }

  SimulatedClock clock() {
    return clock;
  }

  GroupOptions options() {
    return options;
  }

  /** Whether the making of the group has been acknowledged. */
  boolean created() {
    return created;
  }

  /** The names of the instants that are held against retention, by sequence. */
  NavigableMap<Long, String> pinned() {
    return Collections.unmodifiableNavigableMap(pinned);
  }

  /** The last entry covered by an acknowledged flush. */
  long flushed() {
    return flushed;
  }

  /** The last entry covered by an acknowledged settle. */
  long settled() {
    return settled;
  }

  Group group() {
    if (group == null) {
      throw new IllegalStateException("the group is not open");
    }
    return group;
  }

  void create() throws IOException {
    Map<Integer, StorageFile> contents = new TreeMap<>();
    for (int disk : adopted) {
      contents.put(disk, machine.directory(SOURCE).openForReading(SOURCE + disk));
    }
    Group.create(
        journalOf(machine), homes(machine), oracle.disks(), contents, clock, random.split());
    created = true;
  }

  void open() throws IOException {
    group = Group.open(journalOf(machine), homes(machine), options, clock, random.split());
    // Behind the last entry: that is noted before the next one.
    clockWasSet = group().clockBehindNanos() > 0;
    unflushed.set(0, oracle.disks().size());
    ahead = -1;
    // Recovery makes durable what it finds.
    acknowledged();
  }

  @Override
  public void close() throws IOException {
    Group open = group;
    group = null;
    if (open != null) {
      open.close();
      // Closing makes everything durable.
      acknowledged();
    }
  }

  /** Does one random thing. */
  void step() throws IOException {
    beforeChange = oracle.head();
    int dice = random.nextInt(100);
    if (dice < 45) {
      write();
    } else if (dice < 60) {
      zero();
    } else if (dice < 66) {
      settle();
    } else if (dice < 75) {
      if (random.nextBoolean()) {
        flush();
      } else {
        flushAsExpected();
      }
    } else if (dice < 79) {
      mark();
    } else if (dice < 92) {
      maintain();
    } else if (dice < 94) {
      setClock();
    } else if (dice < 96) {
      resize();
    } else if (dice < 97) {
      unpin();
    } else if (dice < 98) {
      LiveChecks.checkPart(this, random);
    } else {
      if (random.nextBoolean()) {
        runOutOfPatience();
      }
      close();
      open();
    }
  }

  /** Lets the time for closing be over, at once or soon. */
  void runOutOfPatience() throws IOException {
    group().prepareToClose();
    clock.restless();
    clock.advance(Ending.PATIENCE_NANOS - random.nextInt(30_000));
    if (random.nextBoolean()) {
      maintain();
    }
  }

  void write() throws IOException {
    int disk = random.nextInt(oracle.disks().size());
    int sectors = 1 << random.nextInt(4);
    sectors -= random.nextInt(sectors);
    long sizeSectors = oracle.size(disk) / SECTOR_BYTES;
    long offset = random.nextLong(sizeSectors - sectors + 1) * SECTOR_BYTES;
    Oracle.Version last = lastWrite;
    if (last != null && random.nextInt(4) == 0) {
      disk = last.disk();
      offset = Math.min(last.offset(), (oracle.size(disk) / SECTOR_BYTES - sectors) * SECTOR_BYTES);
    }
    byte[] data = new byte[sectors * SECTOR_BYTES];
    fill(data);
    int target = disk;
    long at = offset;
    change(
        () -> oracle.add(EntryKind.WRITE, false, target, at, data.length, data),
        () -> group().volume(target).write(at, ByteBuffer.wrap(data)));
    lastWrite = oracle.version(oracle.head());
    unflushed.set(target);
    if (random.nextInt(5) < 3) {
      settle();
    }
  }

  private void fill(byte[] data) {
    long pattern = random.nextLong();
    ByteBuffer b = ByteBuffer.wrap(data);
    while (b.hasRemaining()) {
      b.putLong(pattern);
      // Half of them can be compressed.
      pattern =
          (pattern & 1) == 0 ? pattern + 2 : pattern * 6364136223846793005L + 1442695040888963406L;
    }
  }

  private void zero() throws IOException {
    int disk = random.nextInt(oracle.disks().size());
    long sizeSectors = oracle.size(disk) / SECTOR_BYTES;
    int count = random.nextInt(1, 6);
    long[] offsets = new long[count];
    long[] lengths = new long[count];
    for (int i = 0; i < count; i++) {
      long sectors = random.nextInt(1, MIN_SECTORS + 1);
      offsets[i] = random.nextLong(sizeSectors - sectors + 1) * SECTOR_BYTES;
      lengths[i] = sectors * SECTOR_BYTES;
    }
    boolean unmap = random.nextBoolean();
    change(
        () -> {
          for (int i = 0; i < count; i++) {
            oracle.add(
                unmap ? EntryKind.UNMAP : EntryKind.ZERO,
                i < count - 1,
                disk,
                offsets[i],
                lengths[i],
                null);
          }
        },
        () -> group().volume(disk).zero(offsets, lengths, unmap));
    unflushed.set(disk);
    if (random.nextBoolean()) {
      settle();
    }
  }

  private void resize() throws IOException {
    int disk = random.nextInt(oracle.disks().size());
    long bytes = random.nextLong(MIN_SECTORS, MAX_SECTORS + 1) * SECTOR_BYTES;
    if (bytes == oracle.size(disk)) {
      return;
    }
    change(() -> oracle.resize(disk, bytes), () -> group().resize(disk, bytes));
    unflushed.set(disk);
    acknowledged();
  }

  /** Tells the oracle, then does it; when there is no room for it, takes it back. */
  private void change(Runnable foreseen, Group.Change change) throws IOException {
    long before = oracle.head();
    beforeChange = before;
    if (clockWasSet) {
      oracle.add(EntryKind.CLOCK, false, 0, 0, 0, null);
    }
    foreseen.run();
    try {
      group().change(change);
      clockWasSet = false;
    } catch (JournalFullException e) {
      oracle.forgetAfter(before);
      throw e;
    }
  }

  void settle() throws IOException {
    group().volume(0).settle();
    settled = oracle.head();
  }

  void flush() throws IOException {
    int disk = random.nextInt(oracle.disks().size());
    boolean clockWasSetBefore = clockWasSet;
    boolean durableAhead = oracle.head() == ahead && !clockWasSet;
    if (unflushed.get(disk)) {
      change(
          () -> oracle.add(EntryKind.FLUSH, false, disk, 0, 0, null),
          () -> group().volume(disk).flush());
      boolean noted = group().status().lastSequence() == oracle.head();
      if (!noted) {
        // There was no room for the entry, but everything is durable.
        clockWasSet = clockWasSetBefore;
        oracle.forgetAfter(beforeChange);
      }
      unflushed.set(disk, !noted);
    } else {
      group().volume(disk).flush();
    }
    acknowledged();
    if (durableAhead) {
      // The note may be lost, but nothing of what it is about.
      flushed = ahead;
    }
  }

  /** What was made durable before somebody asks for a flush. */
  private void flushAsExpected() throws IOException {
    group().volume(random.nextInt(oracle.disks().size())).expectFlush();
    acknowledged();
    ahead = flushed;
    if (random.nextInt(4) == 0) {
      write();
    }
    flush();
  }

  private void acknowledged() {
    flushed = oracle.head();
    settled = flushed;
  }

  private void mark() throws IOException {
    String name = "mark " + marks++;
    change(
        () -> oracle.add(EntryKind.MARK, false, 0, 0, 0, name.getBytes(StandardCharsets.UTF_8)),
        () -> group().mark(name));
    acknowledged();
    if (random.nextInt(3) == 0) {
      pin(oracle.head(), name);
    }
  }

  private void pin(long sequence, String name) throws IOException {
    long timeNanos;
    try (History history = History.open(journalOf(machine), SECRET)) {
      timeNanos = history.atSequence(sequence).orElseThrow().timeNanos();
    }
    group().pin(new Pins.Pin(name, sequence, timeNanos));
    pinned.put(sequence, name);
  }

  private void unpin() throws IOException {
    if (!pinned.isEmpty()) {
      group().unpin(pinned.pollFirstEntry().getValue());
    }
  }

  void maintain() throws IOException {
    int most = random.nextInt(1, 4);
    for (int i = 0; i < most && group().maintain(); i++) {
      clock.advance(random.nextInt(50_000));
    }
  }

  private void setClock() {
    if (!clockWasSet) {
      clock.step(random.nextBoolean() ? -3_600_000_000_000L : 86_400_000_000_000L);
      clockWasSet = true;
    }
  }

  /**
   * Finds out where the group stands after something failed.
   *
   * @return whether its journal has stopped
   */
  boolean standAfter(IOException failure) throws IOException {
    Group open = group;
    if (open == null) {
      // Closing or opening failed: the next opening tells.
      reopen();
      return false;
    }
    if (open.status().failure() != null) {
      return true;
    }
    open.volume(0).settle();
    long written = open.status().lastSequence();
    if (written != oracle.head() && written != beforeChange) {
      Assertions.fail(
          "a change from entry %d to %d was staged up to %d", beforeChange, oracle.head(), written);
    }
    clockWasSet &= written == beforeChange;
    oracle.forgetAfter(written);
    settled = written;
    return false;
  }

  private void reopen() throws IOException {
    if (!created) {
      return;
    }
    group = Group.open(journalOf(machine), homes(machine), options, clock, random.split());
    clockWasSet = group().clockBehindNanos() > 0;
    unflushed.set(0, oracle.disks().size());
    long head = group().status().lastSequence();
    checkKept(head);
    oracle.forgetAfter(head);
    acknowledged();
  }

  /** Closes the group, whatever comes of it. */
  void giveUp() {
    Group open = group;
    group = null;
    if (open != null) {
      try {
        boolean stopped = open.status().failure() != null;
        open.close();
        if (!stopped) {
          acknowledged();
        }
      } catch (IOException e) {
        // It has said so.
      }
    }
  }
}
