package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.SimulatedMachine.Fault;
import io.everwhen.journal.io.SimulatedMachine.Io;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.EntryReader;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Going from one segment to the next, which may be prepared in all ways or not at all: what it
 * costs, and what is left of it by a crash.
 *
 * <p>{@code -Deverwhen.seed=N} repeats one history, {@code -Deverwhen.switch.histories=N} tries
 * more.
 */
class SegmentSwitchTest {

  private static final int SEGMENT_BYTES = 16 << 10;
  private static final int DISK_BYTES = 1 << 20;
  private static final int STEPS = 60;
  private static final Manifest GROUP =
      new Manifest(
          new UUID(1, 2),
          List.of(new Manifest.Disk(0, "disk0", DISK_BYTES, 512)),
          Manifest.Baseline.empty(0),
          0);

  // New histories in every run.
  private static final long FIRST_SEED = new SplittableRandom().nextLong(1L << 40);

  @Test
  void theNextSegmentIsPutInUseWithoutASyncAndAFlushMakesItsNameDurable() throws IOException {
    SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(1));
    try (Journal journal = open(machine, 1)) {
      for (int spares = 0; spares < 4; spares++) {
        journal.prepareNext(() -> false, false, 3);
      }
      Map<Io, Integer> seen = new EnumMap<>(Io.class);
      machine.observe(io -> seen.merge(io, 1, Integer::sum));
      write(journal, 1, 2 << 10);
      assertThat(seen).as("in a segment that has its name").containsOnlyKeys(Io.WRITE);
      for (int i = 2; i <= 4; i++) {
        seen.clear();
        write(journal, i, 11 << 10);
        assertThat(seen)
            .as("of a change into the next")
            .isEqualTo(Map.of(Io.WRITE, 1, Io.RENAME, 1));
      }
      seen.clear();
      journal.sync();
      assertThat(seen).isEqualTo(Map.of(Io.SYNC, 4, Io.SYNC_DIRECTORY, 1));
      seen.clear();
      write(journal, 5, 512);
      journal.sync();
      assertThat(seen).isEqualTo(Map.of(Io.WRITE, 1, Io.SYNC, 1));
      machine.observe(null);
    }
  }

  @Test
  void aSegmentWhoseNameIsDurableCostsAFlushNothing() throws IOException {
    SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(1));
    try (Journal journal = open(machine, 1)) {
      journal.prepareNext(() -> false, true, 0);
      Map<Io, Integer> seen = new EnumMap<>(Io.class);
      machine.observe(io -> seen.merge(io, 1, Integer::sum));
      write(journal, 1, 11 << 10);
      journal.sync();
      assertThat(seen).isEqualTo(Map.of(Io.WRITE, 1, Io.SYNC, 1));
      machine.observe(null);
    }
  }

  /** Else the file system notes with each sync what was written. */
  @Test
  void whatARushHasLeftAllocatedIsOverwritten(@TempDir Path directory) throws IOException {
    Storage storage = DiskStorage.open(directory);
    int bytes = 4 << 20;
    try (Journal journal = open(storage, 1, bytes)) {
      journal.prepareNext(() -> false, false, 0);
      write(journal, 1, 2 << 10);
      journal.prepareNext(() -> false, false, 0);
      for (long segment = 1; segment <= 2; segment++) {
        assertThat(firstHole(storage, segment)).as("in segment %d", segment).isLessThan(bytes);
      }
      long written = 1;
      while (journal.overwriteSome()) {
        write(journal, ++written, 1 << 10);
      }
      assertThat(written).isGreaterThan(8);
      for (long segment = 1; segment <= 2; segment++) {
        assertThat(firstHole(storage, segment)).as("in segment %d", segment).isEqualTo(bytes);
      }
    }
    try (Journal journal = open(storage, 2, bytes)) {
      assertThat(check(journal)).isGreaterThan(8);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NO_SPACE", "SHORT_WRITE", "ERROR"})
  void whereItCannotBeOverwrittenChangesGoOn(Fault fault) throws IOException {
    SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(1));
    try (Journal journal = open(machine, 1)) {
      write(journal, 1, 2 << 10);
      machine.arm(0, fault);
      assertThat(journal.overwriteSome()).isTrue();
      assertThat(machine.faulted()).isNotNull();
      assertThat(journal.overwriteSome()).isFalse();
      write(journal, 2, 2 << 10);
      journal.sync();
    }
    try (Journal journal = open(machine, 2)) {
      assertThat(check(journal)).isEqualTo(2);
    }
  }

  private static long firstHole(Storage storage, long segment) throws IOException {
    try (StorageFile file = storage.open(FileNames.segment(segment))) {
      return file.nextHole(0);
    }
  }

  @Test
  void afterACrashAtAnyMomentWhatWasSyncedIsThereAndNothingElseIsTakenForIt() throws IOException {
    Long only = Long.getLong("everwhen.seed");
    int histories = only == null ? Integer.getInteger("everwhen.switch.histories", 12) : 1;
    AtomicLong points = new AtomicLong();
    for (int i = 0; i < histories; i++) {
      runHistory(only == null ? FIRST_SEED + i : only, points);
    }
    assertThat(points.get()).isGreaterThan(50L * histories);
    System.out.printf("%d crash points in %d histories%n", points.get(), histories);
  }

  private static void runHistory(long seed, AtomicLong points) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    SplittableRandom crashes = random.split();
    Journal journal = open(machine, seed);
    State state = new State();
    machine.observe(io -> {
      points.incrementAndGet();
      try {
        checkCrashed(machine.fork(crashes.split()), state, crashes.split());
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError(
            "after a crash before operation %d (%s), repeated by -Dtest=SegmentSwitchTest -Deverwhen.seed=%d: %s"
                .formatted(machine.operations(), io, seed, e.getMessage()),
            e);
      }
    });
    for (int i = 0; i < STEPS; i++) {
      step(journal, state, random);
    }
    journal.close();
    machine.observe(null);
    checkAgain(machine, state.settled, state.settled, 1);
  }

  private static final class State {
    private long staged;
    private long settled;
    private long synced;
  }

  private static void step(Journal journal, State state, SplittableRandom random)
      throws IOException {
    switch (random.nextInt(10)) {
      case 0, 1 -> journal.prepareNext(() -> false, random.nextBoolean(), random.nextInt(4));
      case 2 -> {
        journal.sync();
        state.synced = state.settled;
      }
      case 3 -> {
        while (random.nextBoolean() && journal.sealNext()) {
          state.synced = Math.max(state.synced, journal.sealed().sequence());
        }
      }
      case 4 -> journal.discardAllocated();
      case 5 -> journal.overwriteSome();
      default -> {
        state.staged++;
        write(journal, state.staged, random.nextInt(1, 24) * 512);
        state.settled = state.staged;
      }
    }
  }

  private static void write(Journal journal, long number, int bytes) throws IOException {
    journal.write(0, number * 512, ByteBuffer.allocateDirect(bytes).putLong(0, number));
    journal.settle();
  }

  private static void checkCrashed(SimulatedMachine machine, State state, SplittableRandom random)
      throws IOException {
    boolean powerFails = random.nextInt(4) > 0;
    if (powerFails) {
      machine.crash(random);
    } else {
      machine.kill();
    }
    checkAgain(machine, powerFails ? state.synced : state.settled, state.staged, random.nextLong());
  }

  /** Opens the journal, looks, goes on, and looks again after one more crash. */
  private static void checkAgain(SimulatedMachine machine, long least, long most, long seed)
      throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    Journal journal = open(machine, seed);
    long end = check(journal);
    assertThat(end).isBetween(least, most);
    State state = new State();
    state.staged = end;
    state.settled = end;
    state.synced = end;
    for (int i = 0; i < 12; i++) {
      step(journal, state, random);
    }
    machine.crash(random);
    try (Journal again = open(machine, ~seed)) {
      assertThat(check(again)).isBetween(state.synced, state.staged);
    }
  }

  /** Reads all entries; the last one. */
  private static long check(Journal journal) throws IOException {
    List<Long> sequences = new ArrayList<>();
    EntryReader reader = journal.newReader();
    journal.replay(
        0,
        (kind, disk, offset, length, payloadLength, encoded, sequence, segment, place) -> {
          assertThat(kind).isEqualTo(EntryKind.WRITE);
          assertThat(offset).isEqualTo(sequence * 512);
          sequences.add(sequence);
          try {
            reader.read(segment.file(), segment.header(), place, sequence, length);
            assertThat(reader.payload().duplicate().getLong(0)).isEqualTo(sequence);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
    for (int i = 0; i < sequences.size(); i++) {
      assertThat(sequences.get(i)).isEqualTo(i + 1);
    }
    return sequences.size();
  }

  private static Journal open(SimulatedMachine machine, long seed) throws IOException {
    return open(machine.directory("journal"), seed, SEGMENT_BYTES);
  }

  private static Journal open(Storage storage, long seed, int segmentBytes) throws IOException {
    JournalFiles files = new JournalFiles(storage);
    if (!files.hasManifest()) {
      files.writeManifest(GROUP);
    }
    Journal journal =
        Journal.open(
            files,
            GROUP,
            new JournalOptions(segmentBytes, 0),
            new SimulatedClock(1_000_000),
            new SplittableRandom(seed),
            0,
            (kind, disk, offset, length, payloadLength, encoded, sequence, segment, place) -> {},
            null,
            null);
    journal.startWith(new long[] {DISK_BYTES});
    return journal;
  }
}
