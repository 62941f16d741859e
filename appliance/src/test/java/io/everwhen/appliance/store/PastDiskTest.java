package io.everwhen.appliance.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.Group;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.MemoryStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.UnavailableException;
import io.everwhen.restore.run.Restorer;
import io.everwhen.target.block.DeviceException;
import io.everwhen.target.block.DeviceException.Reason;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Run;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Past disks over journals that are written, sealed and folded, beside an oracle. */
class PastDiskTest {

  private static final int BLOCK = 512;
  private static final int BYTES = 2 << 20;
  private static final int SEGMENT_BYTES = 256 << 10;
  private static final int READERS = 6;
  private static final int INSTANTS = 5;
  private static final int WRITE_BYTES_MAX = 48 << 10;
  private static final Manifest.Disk DISK = new Manifest.Disk(0, "disk0", BYTES, BLOCK);

  @TempDir private Path directory;

  private final long seed = new SecureRandom().nextLong();
  private final SplittableRandom random = new SplittableRandom(seed);
  private final byte[] live = new byte[BYTES];
  private final List<AutoCloseable> toClose = new ArrayList<>();

  private Storage journal = new MemoryStorage(0);

  @SuppressWarnings("NullAway.Init") // every test opens it first
  private Group group;

  /** What the disk held after an entry. */
  private record Version(long sequence, byte[] content) {}

  private void open(Storage storage, long historyBytes, boolean background) throws IOException {
    journal = storage;
    Storage home = new MemoryStorage(1 << 30);
    Group.create(journal, List.of(home), List.of(DISK), new SystemClock(), new SecureRandom());
    group =
        Group.open(
            journal,
            List.of(home),
            new GroupOptions(
                new JournalOptions(SEGMENT_BYTES, 2 * BYTES),
                historyBytes,
                64 << 10,
                256 << 10,
                Duration.ofMillis(20),
                background),
            new SystemClock(),
            new SecureRandom());
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : toClose.reversed()) {
      each.close();
    }
    group.close();
  }

  /** One change, as random as it can be. */
  private void change() throws IOException {
    int length = BLOCK + random.nextInt(WRITE_BYTES_MAX) / BLOCK * BLOCK;
    int at = random.nextInt((BYTES - length) / BLOCK) * BLOCK;
    if (random.nextInt(8) == 0) {
      group.change(() -> group.volume(0).zero(new long[] {at}, new long[] {length}, true));
      Arrays.fill(live, at, at + length, (byte) 0);
    } else {
      byte[] data = new byte[length];
      random.nextBytes(data);
      group.change(() -> group.volume(0).write(at, ByteBuffer.wrap(data)));
      System.arraycopy(data, 0, live, at, length);
    }
    group.volume(0).settle();
  }

  private Version version() throws IOException {
    group.volume(0).settle();
    return new Version(group.status().lastSequence(), live.clone());
  }

  private PastDisk past(Instant at) throws IOException {
    PastDisk past =
        PastDisk.open(
            () -> History.open(journal), group, "disk0", at, new SystemClock().wallNanos());
    toClose.add(past);
    return past;
  }

  private PastDisk past(Version version) throws IOException {
    return past(new Instant.AtSequence("seq:" + version.sequence, version.sequence));
  }

  private static byte[] read(PastDisk past, int block, int blocks) throws IOException {
    ByteBuffer into = ByteBuffer.allocateDirect(blocks * BLOCK);
    past.read(block, into);
    assertThat(into.hasRemaining()).isFalse();
    byte[] found = new byte[blocks * BLOCK];
    into.flip().get(found);
    return found;
  }

  private static void check(PastDisk past, Version version) throws IOException {
    assertThat(read(past, 0, BYTES / BLOCK)).isEqualTo(version.content);
    for (int block = 0; block < BYTES / BLOCK; ) {
      Run run = past.run(block);
      int end = block + (int) run.blocks();
      assertThat(end).isLessThanOrEqualTo(BYTES / BLOCK);
      if (!run.mapped()) {
        assertThat(Arrays.copyOfRange(version.content, block * BLOCK, end * BLOCK)).containsOnly(0);
      }
      block = end;
    }
  }

  /** Random reads, as many as it takes until the future is done. */
  private static void readOften(PastDisk past, Version version, long seed, Future<?> until)
      throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 50 || !until.isDone(); i++) {
      int blocks = 1 + random.nextInt(random.nextInt(4) == 0 ? 1024 : 32);
      int block = random.nextInt(BYTES / BLOCK - blocks + 1);
      assertThat(read(past, block, blocks))
          .as("%d blocks from %d on at seq:%d, seed %d", blocks, block, version.sequence, seed)
          .isEqualTo(Arrays.copyOfRange(version.content, block * BLOCK, (block + blocks) * BLOCK));
    }
  }

  @Test
  void severalReadersSeeWhatWasThereWhileTheLiveDiskIsWrittenAndItsJournalIsSealed()
      throws Exception {
    open(DiskStorage.create(directory.resolve("journal")), 2 * SEGMENT_BYTES, true);
    List<Version> versions = new ArrayList<>();
    List<PastDisk> pasts = new ArrayList<>();
    for (int i = 0; i < INSTANTS; i++) {
      for (int changes = 0; changes < 25; changes++) {
        change();
      }
      versions.add(version());
      pasts.add(past(versions.getLast()));
    }
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      Future<?> writing =
          threads.submit(() -> {
            for (int i = 0; i < 300; i++) {
              change();
            }
            return null;
          });
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        int which = i % INSTANTS;
        long readerSeed = random.split().nextLong() ^ i;
        readers.add(
            threads.submit(() -> {
              readOften(pasts.get(which), versions.get(which), readerSeed, writing);
              return null;
            }));
      }
      writing.get();
      for (Future<?> reader : readers) {
        reader.get();
      }
    }
    for (int i = 0; i < INSTANTS; i++) {
      check(pasts.get(i), versions.get(i));
      Path restored = directory.resolve("restored-" + i);
      try (History history = History.open(journal)) {
        new Restorer(history, (done, all) -> {}).restoreToFile(pasts.get(i).plan(), restored);
      }
      assertThat(Files.readAllBytes(restored)).isEqualTo(versions.get(i).content);
    }
    // They were in the way of folding; it goes on when they are closed.
    assertThat(group.status().journalBytes()).isGreaterThan(4L * SEGMENT_BYTES);
    assertThat(group.status().horizonSequence()).isLessThan(versions.getFirst().sequence);
    for (PastDisk past : pasts) {
      past.close();
    }
    for (int i = 0; i < 1000 && group.status().journalBytes() > 4L * SEGMENT_BYTES; i++) {
      Thread.sleep(20);
    }
    assertThat(group.status().journalBytes()).isLessThanOrEqualTo(4L * SEGMENT_BYTES);
    assertThat(group.status().horizonSequence()).isGreaterThan(versions.getFirst().sequence);
  }

  @Test
  void whenRoomRunsOutItGoesOnWithWhatIsFoldedBeforeItsInstantAndEndsWhenThatIsFoldedToo()
      throws Exception {
    open(new MemoryStorage(5 * BYTES), 1 << 30, false);
    while (group.status().horizonSequence() == 0) {
      change();
      group.maintain();
    }
    Version version = version();
    PastDisk past = past(version);
    long horizon = group.status().horizonSequence();
    int right = 0;
    boolean moved = false;
    String refusal = "";
    while (refusal.isEmpty()) {
      change();
      try {
        check(past, version);
        right++;
        moved |= group.status().horizonSequence() > horizon;
      } catch (DeviceException e) {
        assertThat(e.reason()).isEqualTo(Reason.UNREADABLE);
        refusal = String.valueOf(e.getMessage());
      }
    }
    assertThat(refusal).contains("was folded away for lack of space");
    assertThat(past.end()).isEqualTo(refusal);
    assertThat(group.status().horizonSequence()).isGreaterThan(version.sequence);
    assertThat(right).isPositive();
    assertThat(moved).as("it went on while what is before it was folded").isTrue();
    assertThatThrownBy(() -> read(past, 0, 1)).isInstanceOf(DeviceException.class);
    assertThatThrownBy(() -> past.run(0)).hasMessage(refusal);
  }

  @Test
  void whatIsDamagedCannotBeReadAndTheRestCan() throws Exception {
    open(new MemoryStorage(1 << 30), 1 << 30, false);
    byte[] data = new byte[64 << 10];
    random.nextBytes(data);
    for (int at = 0; at < BYTES; at += data.length) {
      int offset = at;
      group.change(() -> group.volume(0).write(offset, ByteBuffer.wrap(data)));
      System.arraycopy(data, 0, live, at, data.length);
    }
    Version version = version();
    while (group.status().appliedSequence() < version.sequence) {
      group.maintain();
    }
    PastDisk past = past(version);
    String second = journal.list().stream().filter(n -> n.startsWith("segment-")).toList().get(1);
    try (var file = journal.open(second)) {
      file.write(150_000, ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));
    }
    int refused = 0;
    for (int block = 0; block < BYTES / BLOCK; block++) {
      byte[] expected = Arrays.copyOfRange(version.content, block * BLOCK, (block + 1) * BLOCK);
      try {
        assertThat(read(past, block, 1)).isEqualTo(expected);
      } catch (DeviceException e) {
        assertThat(e.reason()).isEqualTo(Reason.UNREADABLE);
        assertThat(e).hasMessageContaining("is damaged").hasMessageContaining("cannot restore");
        refused++;
      }
    }
    assertThat(refused).isEqualTo(data.length / BLOCK);
    assertThat(past.end()).isNull();
  }

  @Test
  void itIsReadOnlyAndAnswersNothingWhenItIsClosed() throws Exception {
    open(new MemoryStorage(1 << 30), 1 << 30, false);
    change();
    PastDisk past = past(new Instant.Now("now"));
    assertThat(past.readOnly()).isTrue();
    assertThat(past.geometry().blockCount()).isEqualTo(BYTES / BLOCK);
    past.flush();
    past.settle();
    assertThatThrownBy(() -> past.write(0, ByteBuffer.allocate(BLOCK)))
        .isInstanceOfSatisfying(
            DeviceException.class, e -> assertThat(e.reason()).isEqualTo(Reason.READ_ONLY));
    assertThatThrownBy(() -> past.zero(List.of(new Extent(0, 1)), true))
        .isInstanceOf(DeviceException.class);
    assertThatThrownBy(() -> read(past, BYTES / BLOCK, 1))
        .isInstanceOf(IllegalArgumentException.class);
    past.close();
    past.close();
    assertThatThrownBy(() -> read(past, 0, 1))
        .isInstanceOfSatisfying(
            DeviceException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NOT_READY));
  }

  @Test
  void anInstantThatIsNotThereIsRefusedAsARestoreOfItIs() throws Exception {
    open(new MemoryStorage(1 << 30), 1 << 30, false);
    group.mark("before");
    assertThatThrownBy(() -> past(new Instant.AtMark("mark:bfore", "bfore")))
        .isInstanceOf(UnavailableException.class)
        .hasMessage("there is no mark 'bfore'; did you mean before?");
    assertThatThrownBy(() -> past(new Instant.AtSequence("seq:9", 9)))
        .hasMessageContaining("there is no entry 9 yet");
  }
}
