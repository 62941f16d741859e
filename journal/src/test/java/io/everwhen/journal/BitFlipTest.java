package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.Checkpoint;
import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.history.DamageSurvey;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.HistorySegment;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.Cursor;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.payload.KeyException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A small journal in which every single bit is flipped in turn: each flip is found by opening,
 * reading or verifying, and what is read is right.
 */
class BitFlipTest {

  private static final long SEED = 7;
  private static final int STEPS = 170;

  private static final int STEPS_BEFORE_FOLDING = 20;

  /** Of a larger baseline not every bit is tried. */
  private static final int CONTENT_BYTES = 1024;

  private static final int CONTENT_STEP = 13;

  /** One of so many histories is folded. */
  private static final int FOLDED_WITHIN = 20;

  /** Histories whose seeds are so far apart are adopted, compressed and encrypted alike. */
  private static final long LIKE_SEEDS =
      RandomHistory.ADOPTED_SEED * RandomHistory.COMPRESSED_SEED * RandomHistory.ENCRYPTED_SEED;

  /** One of so many histories is thinned. */
  private static final int THINNED_WITHIN = 100;

  /** Where nothing is kept, not every bit is tried. */
  private static final int SPARSE_STEP = 61;

  private final AtomicLong found = new AtomicLong();
  private final AtomicLong harmless = new AtomicLong();

  /** Something that is done with one bit flipped. */
  private interface Check {
    /** Whether the flip was found. */
    boolean found(SimulatedMachine machine) throws IOException;
  }

  @ParameterizedTest
  @ValueSource(longs = {SEED, RandomHistory.COMPRESSED_SEED})
  void everyFlippedBitOfAClosedJournalIsFoundAndNoneGivesWrongData(long like) throws Exception {
    SimulatedMachine machine;
    RandomHistory history;
    Storage storage;
    long seed = like;
    do {
      assertThat(seed).as("histories that are not folded").isLessThan(FOLDED_WITHIN * LIKE_SEEDS);
      machine = new SimulatedMachine(new SplittableRandom(seed));
      history = new RandomHistory(machine, seed);
      run(history);
      history.close();
      // Opening seals what was written; the next segment remains empty.
      history.open();
      history.close();
      storage = RandomHistory.journalOf(machine);
      seed += LIKE_SEEDS;
    } while (!storage.exists(FileNames.baseline(0)));
    assertThat(storage.list()).contains(FileNames.baselineSums(0));
    Oracle oracle = history.oracle();
    for (String name : storage.list()) {
      long kept = keptBytes(storage, name);
      flipEach(machine, "journal", name, 0, kept, 1, true, m -> isFound(m, oracle, name));
      flipEach(
          machine,
          "journal",
          name,
          kept,
          storage.size(name),
          SPARSE_STEP,
          false,
          m -> isFound(m, oracle, name));
    }
    System.out.printf("%d flips found, %d where nothing is kept%n", found.get(), harmless.get());
    assertThat(found.get()).isGreaterThan(100_000);
  }

  @Test
  void aFlippedBitOfAnEncryptedJournalOrItsKeysIsFoundAndNoneGivesWrongData() throws Exception {
    SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(SEED));
    RandomHistory history = new RandomHistory(machine, RandomHistory.ENCRYPTED_SEED);
    run(history);
    history.close();
    history.open();
    history.close();
    Storage storage = RandomHistory.journalOf(machine);
    for (String name : storage.list()) {
      int step = name.equals(FileNames.KEYS) ? 1 : SPARSE_STEP;
      long kept = keptBytes(storage, name);
      flipEach(
          machine, "journal", name, 0, kept, step, true, m -> isFound(m, history.oracle(), name));
    }
    assertThat(found.get()).isGreaterThan(3000);
  }

  @Test
  void everyFlippedBitOfWhatThinningHasLeftIsFoundAndNoneGivesWrongData() throws Exception {
    SimulatedMachine machine;
    RandomHistory history;
    List<String> names;
    long seed = 0;
    do {
      assertThat(seed).as("histories that are not thinned").isLessThan(THINNED_WITHIN);
      machine = new SimulatedMachine(new SplittableRandom(++seed));
      history = new RandomHistory(machine, seed);
      run(history);
      history.close();
      names = thinnedIn(RandomHistory.journalOf(machine));
    } while (names.isEmpty());
    names.add(FileNames.KEPT);
    Storage storage = RandomHistory.journalOf(machine);
    Oracle oracle = history.oracle();
    for (String name : names) {
      long size = storage.size(name);
      flipEach(machine, "journal", name, 0, size, 1, true, m -> isFound(m, oracle, name));
    }
    assertThat(found.get()).isGreaterThan(30_000);
  }

  @Test
  void aFlippedBitOfWhatAdoptedDisksBeganWithIsFoundAndNoneGivesWrongData() throws Exception {
    SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(SEED));
    RandomHistory history = new RandomHistory(machine, RandomHistory.ADOPTED_SEED);
    history.create();
    history.open();
    for (int i = 0; i < STEPS_BEFORE_FOLDING; i++) {
      history.step();
    }
    history.close();
    Storage storage = RandomHistory.journalOf(machine);
    Manifest manifest = new JournalFiles(storage).readManifest();
    assertThat(manifest.baseline().segment()).as("segments that were folded").isZero();
    assertThat(manifest.disks()).anyMatch(Manifest.Disk::adopted);
    for (Manifest.Disk disk : manifest.disks()) {
      assertThat(storage.exists(FileNames.baseline(disk.number()))).isEqualTo(disk.adopted());
    }
    for (String name : storage.list()) {
      if (name.equals(FileNames.MANIFEST) || FileNames.baselineDisk(name).isPresent()) {
        long size = storage.size(name);
        Oracle oracle = history.oracle();
        int step = size > CONTENT_BYTES ? CONTENT_STEP : 1;
        flipEach(machine, "journal", name, 0, size, step, true, m -> isFound(m, oracle, name));
      }
    }
    assertThat(found.get()).isGreaterThan(3000);
  }

  /** The files of thinned segments, and their indexes. */
  private static List<String> thinnedIn(Storage storage) throws IOException {
    List<String> names = new ArrayList<>();
    for (String name : storage.list()) {
      FileNames.thinnedNumber(name)
          .ifPresent(number -> names.addAll(List.of(name, FileNames.index(number))));
    }
    return names;
  }

  /** Of a segment what its index says that counts, without one its header; else the whole file. */
  private static long keptBytes(Storage storage, String name) throws IOException {
    if (FileNames.segmentNumber(name).isEmpty()) {
      return storage.size(name);
    }
    long number = FileNames.segmentNumber(name).orElseThrow();
    try (History history = History.open(storage)) {
      for (HistorySegment each : history.segments()) {
        if (each.number() == number) {
          return each.index().dataLength();
        }
      }
    }
    return SegmentHeader.BYTES;
  }

  @Test
  void aFlippedBitInWhatIsNotSealedYetCostsOnlyWhatNothingProvesToHaveBeenDurable()
      throws Exception {
    SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(SEED));
    RandomHistory history = new RandomHistory(machine, SEED);
    run(history);
    history.write();
    history.flush();
    history.write();
    history.settle();
    SimulatedMachine killed = machine.fork(new SplittableRandom(1));
    killed.kill();
    Storage storage = RandomHistory.journalOf(killed);
    long durable;
    List<HistorySegment> tails;
    try (History tail = History.open(storage)) {
      long[] last = new long[1];
      tail.visitFrom(
          0,
          (entry, payload) -> {
            last[0] = entry.durableSequence();
            return true;
          });
      durable = last[0];
      tails = tail.segments().stream().filter(segment -> !segment.sealed()).toList();
      assertThat(durable).isPositive();
      assertThat(tails).isNotEmpty();
      for (HistorySegment segment : tails) {
        String name = FileNames.segment(segment.number());
        Check reading =
            m -> {
              try (History open = History.open(RandomHistory.journalOf(m), RandomHistory.SECRET)) {
                return open.tailDamage().isPresent()
                    || headAfter(open, history.oracle(), durable) < history.oracle().head();
              }
            };
        Check recovering = m -> recovers(m, history, durable);
        for (Map.Entry<Long, Long> range : checkedRanges(segment).entrySet()) {
          long from = range.getKey();
          long to = range.getValue();
          flipEach(killed, "journal", name, from, to, 1, true, m -> refusedOr(reading, m, name));
          flipEach(
              killed,
              "journal",
              name,
              from,
              to,
              SPARSE_STEP,
              true,
              m -> refusedOr(recovering, m.fork(new SplittableRandom(2)), name));
        }
      }
    }
  }

  /** What a checksum covers before the segment is sealed: all but the padding of its entries. */
  private static NavigableMap<Long, Long> checkedRanges(HistorySegment segment) throws IOException {
    NavigableMap<Long, Long> ranges = new TreeMap<>();
    long at = SegmentHeader.BYTES;
    ranges.put(0L, at);
    try (Cursor cursor = segment.cursorAt(at)) {
      while (cursor.advance()) {
        ranges.put(at, at + EntryHeader.BYTES + cursor.entry().payloadLength());
        at = cursor.end();
      }
    }
    assertThat(at).isEqualTo(segment.index().dataLength());
    return ranges;
  }

  /** Checks all instants up to the one that the history ends with. */
  private static long headAfter(History history, Oracle oracle, long durable) throws IOException {
    long head = history.head().sequence();
    assertThat(head).as("the head").isBetween(durable, oracle.head());
    PastChecks.checkInstants(history, oracle, some(history));
    return head;
  }

  private static boolean recovers(SimulatedMachine machine, RandomHistory history, long durable)
      throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    RandomHistory again =
        new RandomHistory(history, machine, history.oracle().upTo(history.oracle().head()), 0, 4);
    try (Group group =
        Group.open(
            RandomHistory.journalOf(machine),
            again.homes(machine),
            again.options(),
            again.clock(),
            random)) {
      long head = group.status().lastSequence();
      assertThat(head).isBetween(durable, history.oracle().head());
    }
    long head = PastChecks.check(RandomHistory.journalOf(machine), history.oracle(), 3, random);
    return head < history.oracle().head();
  }

  @Test
  void aFlippedBitInACheckpointIsRefusedOrMadeGoodByTheJournal() throws Exception {
    SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(SEED));
    RandomHistory history = new RandomHistory(machine, SEED);
    run(history);
    history.close();
    for (Manifest.Disk disk : history.oracle().disks()) {
      for (long slot = 0; slot < Checkpoint.FILE_BYTES; slot += Checkpoint.SLOT_BYTES) {
        Check opening = m -> opens(m.fork(new SplittableRandom(2)), history);
        Check check = m -> refusedOr(opening, m, FileNames.CHECKPOINT);
        long used = slot + Checkpoint.USED_BYTES;
        long end = slot + Checkpoint.SLOT_BYTES;
        flipEach(machine, disk.name(), FileNames.CHECKPOINT, slot, used, 1, false, check);
        flipEach(machine, disk.name(), FileNames.CHECKPOINT, used, end, SPARSE_STEP, false, check);
      }
    }
  }

  private static boolean opens(SimulatedMachine machine, RandomHistory history) throws IOException {
    RandomHistory again =
        new RandomHistory(history, machine, history.oracle().upTo(history.oracle().head()), 0, 4);
    again.open();
    LiveChecks.check(again);
    again.close();
    LiveChecks.checkImages(again);
    return false;
  }

  private static void run(RandomHistory history) throws IOException {
    history.create();
    history.open();
    for (int i = 0; i < STEPS; i++) {
      history.step();
    }
  }

  /**
   * Flips each bit of a range of a file for itself, and then back.
   *
   * @param mustBeFound whether it is an error when a flip is not found
   */
  private void flipEach(
      SimulatedMachine machine,
      String directory,
      String file,
      long fromByte,
      long toByte,
      int step,
      boolean mustBeFound,
      Check check)
      throws Exception {
    long end = toByte * Byte.SIZE;
    int threads = Runtime.getRuntime().availableProcessors();
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        SimulatedMachine own = machine.fork(new SplittableRandom(i));
        long first = fromByte * Byte.SIZE + (long) i * step;
        running.add(
            executor.submit(() -> {
              for (long bit = first; bit < end; bit += (long) threads * step) {
                flipOne(own, directory, file, bit, mustBeFound, check);
              }
              return null;
            }));
      }
      for (Future<?> future : running) {
        future.get();
      }
    }
  }

  private void flipOne(
      SimulatedMachine machine,
      String directory,
      String file,
      long bit,
      boolean mustBeFound,
      Check check)
      throws IOException {
    flip(machine.directory(directory), file, bit);
    try {
      if (check.found(machine)) {
        found.incrementAndGet();
      } else {
        assertThat(mustBeFound).as("a flip that is not found").isFalse();
        harmless.incrementAndGet();
      }
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError(
          "with bit %d of byte %d of %s/%s flipped: %s"
              .formatted(bit % Byte.SIZE, bit / Byte.SIZE, directory, file, e.getMessage()),
          e);
    }
    flip(machine.directory(directory), file, bit);
  }

  private static void flip(Storage storage, String name, long bit) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(1);
    try (StorageFile file = storage.open(name)) {
      file.readFully(bit / Byte.SIZE, b);
      b.put(0, (byte) (b.get(0) ^ 1 << bit % Byte.SIZE));
      file.write(bit / Byte.SIZE, b.flip());
      // Else the simulation would remember every flip until the end.
      file.sync();
    }
  }

  private static boolean isFound(SimulatedMachine machine, Oracle oracle, String name)
      throws IOException {
    return refusedOr(m -> isFoundByReadingOrVerifying(m, oracle, name), machine, name);
  }

  private static boolean isFoundByReadingOrVerifying(
      SimulatedMachine machine, Oracle oracle, String name) throws IOException {
    try (History history = History.open(RandomHistory.journalOf(machine), RandomHistory.SECRET)) {
      if (history.tailDamage().isPresent()) {
        assertNames(name, history.tailDamage().get());
        return true;
      }
      assertThat(history.head().sequence()).isEqualTo(oracle.head());
      PastChecks.checkInstants(history, oracle, some(history));
      assertThat(history.pins()).as("by listing them").isNotNull();
      DamageSurvey survey = new DamageSurvey(history);
      for (Manifest.Disk disk : history.manifest().disks()) {
        if (survey.of(disk).isPresent()) {
          return true;
        }
      }
      for (HistorySegment segment : history.segments()) {
        if (survey.of(segment).isPresent()) {
          return true;
        }
      }
      return !history.holes().isEmpty();
    }
  }

  private static long[] some(History history) throws IOException {
    long horizon = history.horizon().sequence();
    long head = history.head().sequence();
    return new long[] {horizon, horizon + (head - horizon) / 2, head};
  }

  /** Whether something is refused by an error that names the file, or finds out by itself. */
  private static boolean refusedOr(Check check, SimulatedMachine machine, String name)
      throws IOException {
    try {
      return check.found(machine);
    } catch (FormatException | DamageException | KeyException e) {
      assertNames(name, String.valueOf(e.getMessage()));
      return true;
    }
  }

  /**
   * A sum that does not match may be damaged itself, an index may be named by its segment's number,
   * and an entry by its own.
   */
  private static void assertNames(String file, String message) {
    String number = file.replaceAll("[^1-9]*([0-9]*).*", "$1");
    assertThat(message)
        .containsAnyOf(file, file.replace(".sums", ""), "segment " + number, "in journal");
  }
}
