package io.everwhen.journal.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each format gives back what was put in, and refuses every flipped bit. */
class FormatTest {

  private static final UUID GROUP = new UUID(0x0123456789ABCDEFL, 0xFEDCBA9876543210L);

  @Test
  void anEntryHeaderGivesBackWhatWasPutInAndNothingWhenABitIsFlipped() {
    ByteBuffer b = ByteBuffer.allocate(80).order(ByteOrder.LITTLE_ENDIAN);
    CRC32C crc = new CRC32C();
    int checksum =
        EntryHeader.encode(
            b,
            8,
            crc,
            42,
            7,
            99,
            EntryKind.WRITE,
            true,
            EntryHeader.COMPRESSED,
            3,
            512,
            1024,
            1024,
            5,
            6,
            4);
    assertThat(EntryHeader.decode(b, 8, crc, 42))
        .isEqualTo(
            new EntryHeader(
                7,
                99,
                EntryKind.WRITE,
                true,
                3,
                512,
                1024,
                1024,
                5,
                6,
                4,
                checksum,
                EntryHeader.COMPRESSED));
    assertThat(EntryHeader.decode(b, 8, crc, 43)).as("with another salt").isNull();
    for (int bit = 8 * 8; bit < 72 * 8; bit++) {
      flip(b, bit);
      assertThat(EntryHeader.decode(b, 8, crc, 42)).as("bit %d", bit).isNull();
      flip(b, bit);
    }
  }

  @Test
  void aSegmentHeaderGivesBackWhatWasPutInAndRefusesAFlippedBit() throws FormatException {
    SegmentHeader header = new SegmentHeader(GROUP, 12, 34, 56);
    ByteBuffer b = header.encode();
    assertThat(SegmentHeader.decode(b, "s")).isEqualTo(header);
    for (int bit = 0; bit < SegmentHeader.BYTES * 8; bit += 5) {
      flip(b, bit);
      assertThatThrownBy(() -> SegmentHeader.decode(b, "segment-12"))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("segment-12");
      flip(b, bit);
    }
  }

  @Test
  void theHeaderOfWhatThinningHasLeftGivesBackWhatTheSegmentWas() throws FormatException {
    Origin origin = new Origin(5, 99, 1000, 2000, 7, -8, "ab".repeat(32), "0f".repeat(32), 3, 8192);
    SegmentHeader header = new SegmentHeader(GROUP, 12, 34, 56, origin);
    assertThat(SegmentHeader.decode(header.encode(), "s")).isEqualTo(header);
  }

  @Test
  void keptInstantsGiveBackWhatWasPutInAndRefuseAFlippedBit() throws FormatException {
    Kept kept =
        new Kept(
            GROUP,
            4,
            new TreeMap<>(
                Map.of(
                    0L,
                    new Kept.Instant(17, false),
                    8L,
                    new Kept.Instant(18, true),
                    11L,
                    new Kept.Instant(Long.MAX_VALUE, false))));
    ByteBuffer b = kept.encode();
    assertThat(Kept.decode(b.duplicate(), "kept")).isEqualTo(kept);
    for (int bit = 0; bit < b.limit() * 8; bit++) {
      flip(b, bit);
      assertThatThrownBy(() -> Kept.decode(b.duplicate(), "kept"))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("kept");
      flip(b, bit);
    }
    assertThat(kept.has(8)).isTrue();
    assertThat(kept.has(9)).isFalse();
    assertThat(kept.has(12)).isTrue();
    assertThat(Kept.none(GROUP).has(0)).isTrue();
  }

  @Test
  void aManifestGivesBackWhatWasPutInAndRefusesAFlippedBit() throws FormatException {
    Manifest manifest =
        new Manifest(
            GROUP,
            List.of(new Manifest.Disk(0, "a", 1 << 30, 512), new Manifest.Disk(1, "b", 4096, 4096)),
            new Manifest.Baseline(5, 6, 7, -8, "ab".repeat(32)),
            8);
    ByteBuffer b = manifest.encode();
    assertThat(Manifest.decode(b.duplicate(), "group")).isEqualTo(manifest);
    for (int bit = 0; bit < b.limit() * 8; bit++) {
      flip(b, bit);
      assertThatThrownBy(() -> Manifest.decode(b.duplicate(), "the group"))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("the group");
      flip(b, bit);
    }
  }

  @Test
  void aManifestSaysVersion3OnlyWhereEntriesMayBeEncoded() throws FormatException {
    Manifest plain =
        new Manifest(
            GROUP, List.of(new Manifest.Disk(0, "a", 1 << 30, 512)), Manifest.Baseline.empty(6), 0);
    Manifest encoding = plain.withEncoding();
    assertThat(firstLine(plain)).isEqualTo("everwhen-group 2");
    assertThat(firstLine(encoding)).isEqualTo("everwhen-group 3");
    assertThat(Manifest.decode(encoding.encode(), "group").withFolding(1))
        .isEqualTo(encoding.withFolding(1));
  }

  @Test
  void aManifestSaysVersion4OnlyWhereDisksAreAdoptedAndNothingWasFolded() throws FormatException {
    Manifest.Disk disk = new Manifest.Disk(0, "a", 1 << 30, 512);
    Manifest.Disk other = new Manifest.Disk(1, "b", 512, 512).withContent();
    Manifest plain = new Manifest(GROUP, List.of(disk), Manifest.Baseline.empty(6), 0);
    Manifest adopting = plain.withDisk(other).withFolding(1);
    assertThat(firstLine(adopting)).isEqualTo("everwhen-group 4");
    for (Manifest each : List.of(adopting, adopting.withEncoding(), adopting.withEncryption())) {
      assertThat(Manifest.decode(each.encode(), "group")).isEqualTo(each);
      assertThat(firstLine(each)).isEqualTo("everwhen-group 4");
    }
    assertThat(plain.hasBaseline(disk)).isFalse();
    assertThat(adopting.hasBaseline(other)).isTrue();
    Manifest.Baseline folded = new Manifest.Baseline(5, 6, 7, -8, "ab".repeat(32));
    Manifest then = adopting.withBaseline(folded, new long[] {512, 512});
    assertThat(firstLine(then)).isEqualTo("everwhen-group 2");
    assertThat(then.disks()).noneMatch(Manifest.Disk::adopted).allMatch(then::hasBaseline);
    assertThat(firstLine(then.withDisk(new Manifest.Disk(2, "c", 512, 512).withContent())))
        .isEqualTo("everwhen-group 2");
  }

  @Test
  void aManifestSaysVersion6OnlyOfABranch() throws FormatException {
    Manifest.Disk disk = new Manifest.Disk(0, "a", 1 << 30, 512);
    Manifest plain = new Manifest(GROUP, List.of(disk), Manifest.Baseline.empty(6), 0);
    Manifest branch =
        plain.withOrigin(new Manifest.Origin(GROUP, 1, 4711, "../the journal of/disk a"));
    for (Manifest each :
        List.of(branch, branch.withEncoding(), branch.withEncryption(), branch.withRewinds())) {
      assertThat(Manifest.decode(each.encode(), "group")).isEqualTo(each);
      assertThat(firstLine(each)).isEqualTo("everwhen-group 6");
    }
    assertThat(branch.hasBaseline(disk)).isFalse();
    Manifest kept = branch.withOwnBaseline();
    assertThat(firstLine(kept)).isEqualTo("everwhen-group 4");
    assertThat(kept.hasBaseline(kept.disks().getFirst())).isTrue();
    assertThatThrownBy(() -> new Manifest.Origin(GROUP, 0, 1, "two\nlines"))
        .hasMessageContaining("control characters");
    assertThatThrownBy(() -> branch.withDisk(new Manifest.Disk(1, "b", 512, 512)))
        .hasMessageContaining("a branch has one disk");
    assertThatThrownBy(
            () -> branch.withBaseline(new Manifest.Baseline(1, 2, 3, 4, "00"), new long[] {512}))
        .hasMessageContaining("a branch has one disk");
  }

  @Test
  void aManifestSaysVersion7WhereThereMayBeGaps() throws FormatException {
    Manifest.Disk disk = new Manifest.Disk(0, "a", 1 << 30, 512);
    Manifest plain = new Manifest(GROUP, List.of(disk), Manifest.Baseline.empty(6), 0);
    for (Manifest each :
        List.of(plain, plain.withEncoding(), plain.withEncryption(), plain.withRewinds())) {
      Manifest with = each.withGaps();
      assertThat(firstLine(with)).isEqualTo("everwhen-group 7");
      assertThat(Manifest.decode(with.encode(), "group")).isEqualTo(with);
    }
  }

  @Test
  void aNoteOfAGapGivesBackWhatWasPutInAndRefusesAFlippedBit() throws FormatException {
    GapNote note = new GapNote(GROUP, new Unrecorded(4711, 1_795_305_600_000_000_000L));
    ByteBuffer b = note.encode();
    assertThat(b.remaining()).isEqualTo(GapNote.FILE_BYTES);
    assertThat(GapNote.decode(b.duplicate(), "gap")).isEqualTo(note);
    int text = StandardCharsets.UTF_8.decode(b.duplicate()).toString().stripTrailing().length();
    for (int bit = 0; bit < text * 8; bit++) {
      flip(b, bit);
      assertThatThrownBy(() -> GapNote.decode(b.duplicate(), "the gap"))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("the gap");
      flip(b, bit);
    }
  }

  private static String firstLine(Manifest manifest) {
    return StandardCharsets.UTF_8.decode(manifest.encode()).toString().lines().findFirst().get();
  }

  @Test
  void theNewerCheckpointCountsAndTheOlderOneWhenItIsTorn() throws FormatException {
    Checkpoint first = new Checkpoint(GROUP, 1, 4, 100, 512);
    Checkpoint second = first.next(200, 1024);
    ByteBuffer file = ByteBuffer.allocate(Checkpoint.FILE_BYTES);
    file.put((int) first.position(), first.encode(), 0, 60);
    assertThat(Checkpoint.decode(file, "c")).isEqualTo(first);
    file.put((int) second.position(), second.encode(), 0, 60);
    assertThat(Checkpoint.decode(file, "c")).isEqualTo(second);
    for (int bit = 0; bit < 60 * 8; bit++) {
      flip(file, (int) second.position() * 8 + bit);
      assertThat(Checkpoint.decode(file, "c")).isEqualTo(first);
      flip(file, (int) second.position() * 8 + bit);
    }
    flip(file, 77);
    flip(file, Checkpoint.SLOT_BYTES * 8 + 77);
    assertThatThrownBy(() -> Checkpoint.decode(file, "the checkpoint"))
        .hasMessageContaining("the checkpoint");
  }

  @ParameterizedTest
  @MethodSource("files")
  void aFileOfANewerVersionIsRefusedByItsVersion(NewFile file) {
    ByteBuffer newer = file.content.get();
    file.toVersion9.accept(newer);
    assertThatThrownBy(() -> file.reader.read(newer, "the file"))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("the file is of format version 9; this Everwhen reads");
  }

  @ParameterizedTest
  @MethodSource("files")
  void aFileCutOffAnywhereIsRefused(NewFile file) {
    int length = file.content.get().limit();
    for (int cut = 0; cut < length; cut += 1 + cut / 64) {
      ByteBuffer part = file.content.get();
      for (int i = cut; i < length; i++) {
        part.put(i, (byte) 0);
      }
      if (!file.fixedLength) {
        part.limit(cut);
      }
      if (!part.equals(file.content.get())) {
        assertThatThrownBy(() -> file.reader.read(part, "the file"))
            .as("cut at %d", cut)
            .isInstanceOf(FormatException.class)
            .hasMessageContaining("the file");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void garbageIsRefused(NewFile file) {
    SplittableRandom random = new SplittableRandom(1);
    for (int round = 0; round < 200; round++) {
      ByteBuffer garbage = file.content.get();
      byte[] bytes = new byte[garbage.limit()];
      random.nextBytes(bytes);
      // The first bytes are right in every second round.
      int from = round % 2 * 12;
      garbage.put(from, bytes, from, bytes.length - from);
      assertThatThrownBy(() -> file.reader.read(garbage, "the file"))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("the file");
    }
  }

  interface Reader {
    void read(ByteBuffer content, String name) throws FormatException;
  }

  /**
   * A kind of file that begins with its version.
   *
   * @param fixedLength whether it is always read in its full length
   */
  record NewFile(
      String what,
      boolean fixedLength,
      Supplier<ByteBuffer> content,
      Consumer<ByteBuffer> toVersion9,
      Reader reader) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static List<NewFile> files() {
    Consumer<ByteBuffer> binary = b -> b.order(ByteOrder.LITTLE_ENDIAN).putInt(8, 9);
    SegmentHeader segment = new SegmentHeader(GROUP, 12, 34, 56);
    return List.of(
        new NewFile(
            "manifest",
            false,
            () ->
                new Manifest(
                        GROUP,
                        List.of(new Manifest.Disk(0, "a", 1 << 30, 512)),
                        Manifest.Baseline.empty(6),
                        0)
                    .encode(),
            b -> b.put("everwhen-group ".length(), (byte) '9'),
            Manifest::decode),
        new NewFile("segment", true, segment::encode, binary, SegmentHeader::decode),
        new NewFile("index", false, () -> index(segment), binary, SegmentIndex::decode),
        new NewFile(
            "checkpoint",
            true,
            () ->
                ByteBuffer.allocate(Checkpoint.FILE_BYTES)
                    .put(0, new Checkpoint(GROUP, 1, 4, 100, 512).encode(), 0, 60),
            binary,
            Checkpoint::decode));
  }

  private static ByteBuffer index(SegmentHeader segment) {
    SegmentIndexBuilder builder = new SegmentIndexBuilder(segment);
    for (int i = 1; i < 300; i++) {
      EntryKind kind = i % 50 == 0 ? EntryKind.MARK : EntryKind.ZERO;
      builder.add(
          new EntryHeader(i, 1000 + i, kind, false, 0, 512L * i, 512, 0, 0, 6, 4, i, 0),
          SegmentHeader.BYTES + 64L * i);
    }
    ByteBuffer encoded = builder.build(new byte[32], new byte[32]).encoded();
    return ByteBuffer.allocate(encoded.limit()).put(encoded).flip();
  }

  @Test
  void extentsInAnIndexAreOrderedByDiskThenPlaceThenSequence() {
    SplittableRandom random = new SplittableRandom();
    SegmentIndexBuilder builder = new SegmentIndexBuilder(new SegmentHeader(GROUP, 7, 42, 99));
    List<List<Long>> expected = new ArrayList<>();
    long sectors = random.nextBoolean() ? 10 : 1L << 40;
    int entries = random.nextInt(1, 3000);
    for (long i = 1; i <= entries; i++) {
      EntryKind kind = random.nextBoolean() ? EntryKind.WRITE : EntryKind.UNMAP;
      int disk = random.nextInt(4) * 0x5555;
      long sector = random.nextLong(sectors);
      long length = random.nextLong(1, 100);
      long place = SegmentHeader.BYTES + EntryHeader.BYTES * i;
      builder.add(
          new EntryHeader(
              i, i, kind, false, disk, 512 * sector, 512 * length, 0, 0, 6, 4, (int) i, 0),
          place);
      long zeroes = kind == EntryKind.UNMAP ? 1 : 0;
      expected.add(List.of((long) disk, 512 * sector, i, 512 * length, zeroes, place));
    }
    expected.sort(
        Comparator.<List<Long>>comparingLong(List::getFirst)
            .thenComparingLong(extent -> extent.get(1))
            .thenComparingLong(extent -> extent.get(2)));
    assertThat(extents(builder.build(new byte[32], new byte[32]))).isEqualTo(expected);
    assertThat(extents(builder.build(new byte[32], new byte[32]))).isEqualTo(expected);
  }

  private static List<List<Long>> extents(SegmentIndex index) {
    return IntStream.range(0, index.extents())
        .mapToObj(i ->
            List.of(
                (long) index.extentDisk(i),
                index.extentOffset(i),
                index.extentSequence(i),
                index.extentLength(i),
                index.extentZeroes(i) ? 1L : 0,
                index.extentPlace(i)))
        .toList();
  }

  private static void flip(ByteBuffer b, int bit) {
    b.put(bit / 8, (byte) (b.get(bit / 8) ^ 1 << bit % 8));
  }

  @Test
  void pinsAreReadAsTheFirstVersionWroteThem() throws FormatException {
    String text =
        """
        everwhen-pins 1
        group 6f9c1b1e-0d7c-4a55-9f57-2f3e0c6b8a11
        pin 4711 1795305600000000123 before the upgrade
        pin 5120 1795309200000000456 Müller's
        checksum 76355143
        """;
    Pins pins = Pins.decode(StandardCharsets.UTF_8.encode(text), "pins");
    assertThat(pins.pins())
        .containsExactly(
            new Pins.Pin("before the upgrade", 4711, 1_795_305_600_000_000_123L),
            new Pins.Pin("Müller's", 5120, 1_795_309_200_000_000_456L));
    assertThat(StandardCharsets.UTF_8.decode(pins.encode()).toString()).isEqualTo(text);
    assertThatThrownBy(
            () -> Pins.decode(StandardCharsets.UTF_8.encode(text.replace("4711", "4712")), "pins"))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("pins is damaged");
    assertThatThrownBy(() ->
            Pins.decode(StandardCharsets.UTF_8.encode(text.replace("pins 1", "pins 2")), "pins"))
        .isInstanceOf(FormatException.class);
  }
}
