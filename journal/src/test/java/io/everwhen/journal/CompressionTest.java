package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.image.Volume;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.MemoryStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written can be compressed: it takes less room, and is the same when it is read. */
class CompressionTest {

  private static final int DISK_BYTES = 4 << 20;
  private static final GroupOptions OPTIONS =
      GroupOptions.DEFAULT.withJournal(new JournalOptions(1 << 20, 0)).withHistoryBytes(64 << 20);

  private static final String[] WORDS = {
    "the",
    "journal",
    "of",
    "a",
    "disk",
    "holds",
    "every",
    "write",
    "with",
    "its",
    "time",
    "and",
    "place",
    "so",
    "that",
    "any",
    "instant",
    "can",
    "be",
    "restored",
    "ERROR",
    "WARN",
    "INFO"
  };

  @TempDir Path directory;

  private Storage journal = new MemoryStorage(0);
  private Storage home = new MemoryStorage(0);
  private final SplittableRandom random = new SplittableRandom(11);
  private final byte[] expected = new byte[DISK_BYTES];

  @BeforeEach
  void makeAGroup() throws IOException {
    journal = DiskStorage.create(directory.resolve("journal"));
    home = DiskStorage.create(directory.resolve("disk0"));
    List<Manifest.Disk> disks = List.of(new Manifest.Disk(0, "disk0", DISK_BYTES, 512));
    Group.create(journal, List.of(home), disks, new SystemClock(), random.split());
  }

  private Group open(GroupOptions options) throws IOException {
    return Group.open(journal, List.of(home), options, new SystemClock(), random.split());
  }

  private static byte[] text(int bytes, SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    while (text.length() < bytes) {
      text.append(random.nextInt(1_000_000));
      for (int i = 0; i < 12; i++) {
        text.append(' ').append(WORDS[random.nextInt(WORDS.length)]);
      }
      text.append('\n');
    }
    return text.substring(0, bytes).getBytes(StandardCharsets.US_ASCII);
  }

  private byte[] noise(int bytes) {
    byte[] noise = new byte[bytes];
    random.nextBytes(noise);
    return noise;
  }

  private void write(Group group, int offset, byte[] data) throws IOException {
    ByteBuffer direct = ByteBuffer.allocateDirect(data.length).put(data).flip();
    group.change(() -> group.volume(0).write(offset, direct));
    System.arraycopy(data, 0, expected, offset, data.length);
  }

  private void checkLive(Group group) throws IOException {
    ByteBuffer all = ByteBuffer.allocateDirect(DISK_BYTES);
    group.volume(0).read(0, all);
    assertThat(all.flip().mismatch(ByteBuffer.wrap(expected))).isEqualTo(-1);
  }

  private void checkPast() throws IOException {
    try (History history = History.open(journal);
        PastView view =
            new PastView(
                history, history.manifest().disks().getFirst(), history.head().sequence())) {
      ByteBuffer all = ByteBuffer.allocateDirect(DISK_BYTES);
      view.read(0, all);
      assertThat(all.flip().mismatch(ByteBuffer.wrap(expected))).isEqualTo(-1);
    }
  }

  private List<EntryHeader> writes() throws IOException {
    List<EntryHeader> writes = new ArrayList<>();
    try (History history = History.open(journal)) {
      history.visitFrom(
          0,
          (entry, payload) -> {
            if (entry.kind() == EntryKind.WRITE) {
              writes.add(entry);
            }
            return true;
          });
    }
    return writes;
  }

  @ParameterizedTest
  @ValueSource(ints = {4 << 10, 64 << 10, 1 << 20})
  void textTakesLessThanHalfOfItsRoomAndIsTheSameLiveAndInThePast(int size) throws IOException {
    GroupOptions options = OPTIONS.withJournal(new JournalOptions(16 << 20, 0)).withCompression(1);
    try (Group group = open(options)) {
      for (int at = 0; at < DISK_BYTES; at += size) {
        write(group, at, text(size, random));
        if (at % (1 << 20) == 0) {
          group.volume(0).settle();
        }
      }
      checkLive(group);
      ByteBuffer some = ByteBuffer.allocate(1024);
      group.volume(0).read(512, some);
      assertThat(some.array()).isEqualTo(java.util.Arrays.copyOfRange(expected, 512, 512 + 1024));
    }
    checkPast();
    long stored = writes().stream().mapToLong(EntryHeader::storedBytes).sum();
    System.out.printf(
        "text in writes of %d KiB takes %.2f of its size%n",
        size >> 10, (double) stored / DISK_BYTES);
    assertThat(stored).isLessThan(DISK_BYTES / 2);
    try (Group group = open(options)) {
      checkLive(group);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 4 << 10, 64 << 10, 1 << 20})
  void whatCannotBeCompressedIsStoredAsItIs(int size) throws IOException {
    try (Group group =
        open(OPTIONS.withJournal(new JournalOptions(16 << 20, 0)).withCompression(1))) {
      for (int at = 0; at < DISK_BYTES / 4; at += size) {
        write(group, at, noise(size));
      }
      group.volume(0).settle();
      checkLive(group);
    }
    checkPast();
    assertThat(writes()).isNotEmpty().noneMatch(EntryHeader::isEncoded);
  }

  @Test
  void compressionIsSwitchedOnAndOffAtAnyOpeningAlsoWhenItIsFolded() throws IOException {
    GroupOptions small = OPTIONS.withHistoryBytes(3 << 20);
    assertThat(firstLine()).isEqualTo("everwhen-group 2");
    for (int level : new int[] {0, 1, 0, 9, 0}) {
      try (Group group = open(small.withCompression(level))) {
        for (int i = 0; i < 100; i++) {
          int size = 512 * random.nextInt(1, 128);
          int at = random.nextInt((DISK_BYTES - size) / 512) * 512;
          write(group, at, random.nextInt(3) == 0 ? noise(size) : text(size, random));
        }
        checkLive(group);
      }
      checkPast();
      assertThat(writes().getLast().isEncoded()).isIn(false, level > 0);
    }
    assertThat(firstLine()).isEqualTo("everwhen-group 3");
    assertThat(journal.exists(FileNames.baseline(0))).isTrue();
  }

  private String firstLine() throws IOException {
    return DiskStorage.open(directory.resolve("journal"))
        .readText("group")
        .lines()
        .toList()
        .getFirst();
  }

  @Test
  void manyThreadsThatWriteAtOnceReadBackWhatTheyWroteAndTheImageIsPlain() throws Exception {
    int threads = 8;
    int share = DISK_BYTES / threads;
    try (Group group = open(OPTIONS.withCompression(1));
        ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      Volume volume = group.volume(0);
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int from = t * share;
        SplittableRandom own = random.split();
        running.add(
            executor.submit(() -> {
              for (int i = 0; i < 150; i++) {
                int size = 512 * own.nextInt(1, 64);
                int at = from + own.nextInt((share - size) / 512) * 512;
                byte[] data = text(size, own);
                ByteBuffer direct = ByteBuffer.allocateDirect(size).put(data).flip();
                group.change(() -> volume.write(at, direct));
                System.arraycopy(data, 0, expected, at, size);
                ByteBuffer back = ByteBuffer.allocate(size);
                volume.read(at, back);
                assertThat(back.array()).isEqualTo(data);
                if (i % 10 == 0) {
                  volume.flush();
                }
              }
              return null;
            }));
      }
      for (Future<?> future : running) {
        future.get();
      }
      volume.settle();
      checkLive(group);
    }
    checkPast();
    assertThat(DiskStorage.open(directory.resolve("disk0")).readBytes(FileNames.IMAGE))
        .isEqualTo(expected);
  }
}
