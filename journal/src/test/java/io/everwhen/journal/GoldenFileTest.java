package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A group's directory as each version has written it, kept for ever.
 *
 * <p>{@code -Deverwhen.golden.write.VERSION=FILE} writes a new one; only a new version of the
 * format may need that.
 */
class GoldenFileTest {

  private static final String NEWEST = "v2";

  /** The newest, with a history that was thinned: there are files of other formats in it then. */
  private static final String THINNED = "v2-thinned";

  private static final Retention POLICY =
      new Retention(
          Duration.ofMillis(200),
          List.of(new Retention.Tier(Duration.ofSeconds(10), Duration.ofHours(9))));

  /** The newest, with compressed entries; another version of Zstandard may make other bytes. */
  private static final String COMPRESSED = "v3";

  /** The newest, with encrypted entries. */
  private static final String ENCRYPTED = "v3-encrypted";

  /** A disk that had content when it came, in a group in which nothing was folded yet. */
  private static final String ADOPTED = "v4";

  private static final List<Manifest.Disk> DISKS =
      List.of(
          new Manifest.Disk(0, "disk0", 96 << 10, 512),
          new Manifest.Disk(1, "disk1", 70 << 10, 512));

  private Oracle oracle = new Oracle(DISKS);

  @ParameterizedTest
  @ValueSource(strings = {"v1", NEWEST, THINNED, COMPRESSED, ENCRYPTED, ADOPTED})
  void whatEachVersionHasWrittenIsReadWholeAndRight(String version) throws IOException {
    writeToday(version);
    Storage journal = new SimulatedMachine(new SplittableRandom(0)).directory("golden");
    for (Map.Entry<String, ByteBuffer> file : golden(version).entrySet()) {
      try (StorageFile out = journal.create(file.getKey())) {
        out.write(0, file.getValue());
      }
    }
    assertThat(journal.list().stream().anyMatch(name -> FileNames.thinnedNumber(name).isPresent()))
        .isEqualTo(version.equals(THINNED));
    assertThat(PastChecks.check(journal, oracle, 100, new SplittableRandom(1)))
        .isEqualTo(oracle.head());
  }

  @ParameterizedTest
  @ValueSource(strings = {NEWEST, THINNED, ENCRYPTED, ADOPTED})
  void theSameHistoryWrittenTodayGivesTheSameBytes(String version) throws IOException {
    Map<String, ByteBuffer> today = writeToday(version);
    String target = System.getProperty("everwhen.golden.write." + version);
    if (target != null) {
      try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(Path.of(target)))) {
        for (Map.Entry<String, ByteBuffer> file : today.entrySet()) {
          ZipEntry entry = new ZipEntry(file.getKey());
          entry.setTime(0);
          zip.putNextEntry(entry);
          byte[] bytes = new byte[file.getValue().remaining()];
          file.getValue().get(0, bytes);
          zip.write(bytes);
        }
      }
      return;
    }
    assertSame(today, golden(version));
  }

  @Test
  void withoutResizesOnlyTheManifestIsNotAsVersion1() throws IOException {
    Map<String, ByteBuffer> today = writeToday("v1");
    Map<String, ByteBuffer> golden = golden("v1");
    assertThat(today.remove(FileNames.MANIFEST)).isNotEqualTo(golden.remove(FileNames.MANIFEST));
    assertSame(today, golden);
  }

  private static void assertSame(Map<String, ByteBuffer> today, Map<String, ByteBuffer> golden)
      throws IOException {
    assertThat(today.keySet()).isEqualTo(golden.keySet());
    for (Map.Entry<String, ByteBuffer> file : today.entrySet()) {
      String name = file.getKey();
      ByteBuffer was = golden.getOrDefault(name, ByteBuffer.allocate(0));
      ByteBuffer is = file.getValue();
      int differs = is.mismatch(was);
      if (differs >= 0 && FileNames.segmentNumber(name).isPresent()) {
        int end = entriesEnd(was, name);
        assertThat(differs).as("what differs first in %s", name).isGreaterThanOrEqualTo(end);
        assertThat(entriesEnd(is, name)).isEqualTo(end);
        assertThat(is.limit()).isEqualTo(was.limit());
        assertZerosInsteadOfRemains(is, was, end);
      } else {
        assertThat(differs).as("the first byte that differs in %s", name).isEqualTo(-1);
      }
    }
  }

  /**
   * Where the entries of a segment end. What is behind them in a file that is used again is of no
   * meaning: remains, or what fills the page of the last write.
   */
  private static int entriesEnd(ByteBuffer segment, String name) throws IOException {
    ByteBuffer bytes = segment.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    long salt = SegmentHeader.decode(bytes, name).salt();
    int at = SegmentHeader.BYTES;
    while (at + EntryHeader.BYTES <= bytes.limit()) {
      EntryHeader entry = EntryHeader.decode(bytes, at, new CRC32C(), salt);
      if (entry == null) {
        break;
      }
      at += (int) entry.storedBytes();
    }
    return at;
  }

  private static void assertZerosInsteadOfRemains(ByteBuffer is, ByteBuffer was, int from) {
    for (int at = from; at < is.limit(); at++) {
      assertThat(is.get(at)).as("byte %d", at).isIn((byte) 0, was.get(at));
    }
  }

  private static Map<String, ByteBuffer> golden(String version) throws IOException {
    Map<String, ByteBuffer> files = new TreeMap<>();
    String name = "/golden/" + version + "/group.zip";
    try (InputStream in = GoldenFileTest.class.getResourceAsStream(name)) {
      assertThat(in).as(name).isNotNull();
      ZipInputStream zip = new ZipInputStream(in);
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        files.put(entry.getName(), ByteBuffer.wrap(zip.readAllBytes()));
      }
    }
    return files;
  }

  /**
   * A clock whose first readings at each opening are hours ahead: the files are from when nobody
   * looked then whether it was behind the last entry, and put that on the timeline.
   */
  private static final class AheadAtOpening implements Clock {
    private static final long AHEAD_NANOS = 10 * 3_600_000_000_000L;

    private final Clock clock;
    private boolean wallAhead;
    private boolean monotonicAhead;

    AheadAtOpening(Clock clock) {
      this.clock = clock;
    }

    void opening() {
      wallAhead = true;
      monotonicAhead = true;
    }

    @Override
    public long wallNanos() {
      long ahead = wallAhead ? AHEAD_NANOS : 0;
      wallAhead = false;
      return clock.wallNanos() + ahead;
    }

    @Override
    public long monotonicNanos() {
      long ahead = monotonicAhead ? AHEAD_NANOS : 0;
      monotonicAhead = false;
      return clock.monotonicNanos() + ahead;
    }
  }

  /** A history of what this version can hold, as it is written today. */
  private Map<String, ByteBuffer> writeToday(String version) throws IOException {
    SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(0));
    Storage journal = machine.directory("journal");
    List<Storage> homes = List.of(machine.directory("disk0"), machine.directory("disk1"));
    SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L);
    AheadAtOpening seen = new AheadAtOpening(clock);
    SplittableRandom random = new SplittableRandom(20261101);
    GroupOptions options =
        new GroupOptions(
                new JournalOptions(64 << 10, 0),
                192 << 10,
                32 << 10,
                64 << 10,
                Duration.ofHours(1),
                false)
            .withRetention(version.equals(THINNED) ? POLICY : null)
            .withHistoryBytes(
                version.equals(THINNED) || version.equals(ADOPTED) ? 4 << 20 : 192 << 10)
            .withCompression(version.equals(COMPRESSED) ? 1 : 0)
            .withEncryption(version.equals(ENCRYPTED) ? RandomHistory.SECRET : null);
    Map<Integer, StorageFile> contents =
        version.equals(ADOPTED) ? Map.of(1, content(machine.directory("source"))) : Map.of();
    Group.create(journal, homes, DISKS, contents, clock, random);
    for (int part = 0; part < 3; part++) {
      clock.advance(version.equals(THINNED) ? 86_400_000_000_000L : 0);
      seen.opening();
      try (Group group = Group.open(journal, homes, options, seen, random)) {
        for (int i = 0; i < 40; i++) {
          change(group, clock, part * 40 + i);
          if (version.equals(THINNED)) {
            write(group, i % 2, 1024, 16, i);
          }
          if (!version.equals("v1") && i % 6 == 5) {
            resize(group, i % 2, (i % 12 == 11 ? 128L : 75L) + i);
          }
        }
      }
    }
    seen.opening();
    Group.open(journal, homes, options, seen, random).close();
    Map<String, ByteBuffer> files = new TreeMap<>();
    for (String name : journal.list()) {
      try (StorageFile file = journal.openForReading(name)) {
        ByteBuffer content = ByteBuffer.allocate((int) file.size());
        file.readFully(0, content);
        files.put(name, content.flip());
      }
    }
    return files;
  }

  /** What the second disk begins with. */
  private StorageFile content(Storage source) throws IOException {
    byte[] content = new byte[(int) DISKS.get(1).sizeBytes()];
    for (int at = 20_000; at < content.length; at++) {
      content[at] = (byte) (at % 249);
    }
    oracle = new Oracle(DISKS, Map.of(1, content));
    StorageFile file = source.create("source");
    file.write(0, ByteBuffer.wrap(content));
    return file;
  }

  private void resize(Group group, int disk, long sectors) throws IOException {
    oracle.resize(disk, sectors * 512);
    group.resize(disk, sectors * 512);
  }

  private void change(Group group, SimulatedClock clock, int i) throws IOException {
    int disk = i % 2;
    clock.advance(1_000_000L * i);
    if (i % 40 == 30) {
      clock.step(i == 30 ? 7_200_000_000_000L : -3_600_000_000_000L);
      oracle.add(EntryKind.CLOCK, false, 0, 0, 0, null);
    }
    int sectors = 1 + i % 16;
    long offset = Math.min(i * 37 % 110, oracle.size(disk) / 512 - sectors) * 512;
    write(group, disk, offset, sectors, i);
    if (i % 7 == 3) {
      long first = Math.min(512L * i, oracle.size(disk) - 1024);
      oracle.add(EntryKind.UNMAP, true, disk, first, 1024, null);
      oracle.add(EntryKind.UNMAP, false, disk, 4096, 8192, null);
      group.change(
          () -> group.volume(disk).zero(new long[] {first, 4096}, new long[] {1024, 8192}, true));
    }
    if (i % 20 == 13) {
      String name = "after " + i;
      oracle.add(EntryKind.MARK, false, 0, 0, 0, name.getBytes(StandardCharsets.UTF_8));
      group.mark(name);
    }
    if (i % 10 == 9) {
      oracle.add(EntryKind.FLUSH, false, disk, 0, 0, null);
      group.volume(disk).flush();
    }
    if (i % 8 == 7) {
      while (group.maintain()) {
        clock.advance(1000);
      }
    }
  }

  private void write(Group group, int disk, long offset, int sectors, int i) throws IOException {
    byte[] data = new byte[sectors * 512];
    for (int at = 0; at < data.length; at++) {
      data[at] = (byte) (i * 31 + at % 251);
    }
    oracle.add(EntryKind.WRITE, false, disk, offset, data.length, data);
    group.change(() -> group.volume(disk).write(offset, ByteBuffer.wrap(data)));
    group.volume(disk).settle();
  }
}
