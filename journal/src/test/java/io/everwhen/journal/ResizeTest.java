package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Checkpoint;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A disk that gets another size; crashes and faults on the way are for CrashTest and FaultTest. */
class ResizeTest {

  private static final int SECTOR = 512;
  private static final long SMALL = 100 * SECTOR;
  private static final long LARGE = 200 * SECTOR;
  private static final GroupOptions OPTIONS =
      new GroupOptions(
          new JournalOptions(64 << 10, 0),
          256 << 10,
          16 << 10,
          256 << 10,
          Duration.ofMillis(1),
          false);

  private final SplittableRandom random = new SplittableRandom(1);
  private final SimulatedMachine machine = new SimulatedMachine(random.split());
  private final Storage journal = machine.directory("journal");
  private final Storage home = machine.directory("disk0");

  @BeforeEach
  void make() throws IOException {
    List<Manifest.Disk> disks = List.of(new Manifest.Disk(0, "disk0", LARGE, SECTOR));
    Group.create(journal, List.of(home), disks, new SystemClock(), random.split());
  }

  private Group open(GroupOptions options) throws IOException {
    return Group.open(journal, List.of(home), options, new SystemClock(), random.split());
  }

  private static void write(Group group, long offset, int fill) throws IOException {
    byte[] data = new byte[SECTOR];
    Arrays.fill(data, (byte) fill);
    group.change(() -> group.volume(0).write(offset, ByteBuffer.wrap(data)));
    group.volume(0).settle();
  }

  private static byte read(Group group, long offset) throws IOException {
    ByteBuffer found = ByteBuffer.allocate(SECTOR);
    group.volume(0).read(offset, found);
    return found.get(SECTOR - 1);
  }

  @Test
  void whatADiskLosesItDoesNotGetBackByGrowingButThePastKeepsIt() throws IOException {
    long before;
    long shrunk;
    long grown;
    try (Group group = open(OPTIONS)) {
      write(group, 0, 1);
      write(group, 150 * SECTOR, 2);
      before = group.status().lastSequence();
      shrunk = group.resize(0, SMALL);
      assertThat(shrunk).isEqualTo(before + 1);
      assertThat(group.volume(0).sizeBytes()).isEqualTo(SMALL);
      assertThatThrownBy(() -> read(group, 150 * SECTOR)).hasMessageContaining("which has 51200");
      grown = group.resize(0, LARGE + SECTOR);
      assertThat(read(group, 0)).isEqualTo((byte) 1);
      assertThat(read(group, 150 * SECTOR)).isZero();
      assertThat(read(group, LARGE)).isZero();
      write(group, LARGE, 3);
    }
    assertThat(home.size(FileNames.IMAGE)).isEqualTo(LARGE + SECTOR);
    try (Group group = open(OPTIONS);
        History history = History.open(journal)) {
      assertThat(read(group, 150 * SECTOR)).isZero();
      assertThat(read(group, LARGE)).isEqualTo((byte) 3);
      assertThat(sizeAt(history, before)).isEqualTo(LARGE);
      assertThat(sizeAt(history, shrunk)).isEqualTo(SMALL);
      assertThat(sizeAt(history, grown)).isEqualTo(LARGE + SECTOR);
      try (PastView view = new PastView(history, history.disk("disk0").orElseThrow(), before)) {
        ByteBuffer found = ByteBuffer.allocate(SECTOR);
        view.read(150 * SECTOR, found);
        assertThat(found.get(0)).isEqualTo((byte) 2);
      }
    }
  }

  private static long sizeAt(History history, long sequence) throws IOException {
    return history.sizeBytesAt(history.disk("disk0").orElseThrow(), sequence);
  }

  @Test
  void theSizeThatADiskHasIsNoChange() throws IOException {
    try (Group group = open(OPTIONS)) {
      write(group, 0, 1);
      assertThat(group.resize(0, LARGE)).isEqualTo(1);
      assertThat(group.status().lastSequence()).isEqualTo(1);
    }
  }

  @Test
  void aSizeThatIsNotWholeBlocksIsRefused() throws IOException {
    try (Group group = open(OPTIONS)) {
      for (long bytes : new long[] {0, -SECTOR, SECTOR + 1, Long.MIN_VALUE}) {
        assertThatThrownBy(() -> group.resize(0, bytes))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("disk0");
      }
      assertThat(group.status().lastSequence()).isZero();
    }
  }

  @Test
  void anImageThatSomebodyHasCutOffIsNotServed() throws IOException {
    try (Group group = open(OPTIONS)) {
      write(group, 0, 1);
      group.resize(0, SMALL);
    }
    try (StorageFile image = home.open(FileNames.IMAGE)) {
      image.setSize(SMALL - SECTOR);
    }
    assertThatThrownBy(() -> open(OPTIONS)).hasMessageContaining("has 50688 bytes");
  }

  @Test
  void whatVersion1HasMadeIsOpenedAndCanBeResized() throws IOException {
    JournalFiles files = new JournalFiles(journal);
    Manifest manifest = files.readManifest();
    String text = StandardCharsets.UTF_8.decode(manifest.encode()).toString();
    String body =
        text.substring(0, text.lastIndexOf("checksum "))
            .replace("everwhen-group 2", "everwhen-group 1");
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    replace(
        journal,
        FileNames.MANIFEST,
        (body + "checksum %08x\n").formatted(crc(bytes)).getBytes(StandardCharsets.UTF_8));
    ByteBuffer checkpoint =
        ByteBuffer.allocate(Checkpoint.FILE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    checkpoint.put(0, "EVERWCHK".getBytes(StandardCharsets.US_ASCII)).putInt(8, 1);
    checkpoint.order(ByteOrder.BIG_ENDIAN);
    checkpoint.putLong(16, manifest.id().getMostSignificantBits());
    checkpoint.putLong(24, manifest.id().getLeastSignificantBits());
    checkpoint.order(ByteOrder.LITTLE_ENDIAN);
    checkpoint.putInt(48, (int) crc(Arrays.copyOf(checkpoint.array(), 48)));
    replace(home, FileNames.CHECKPOINT, checkpoint.array());

    try (Group group = open(OPTIONS)) {
      write(group, LARGE - SECTOR, 1);
      assertThat(firstLine(journal)).isEqualTo("everwhen-group 1");
      group.resize(0, LARGE + SECTOR);
      assertThat(firstLine(journal)).isEqualTo("everwhen-group 2");
    }
    try (Group group = open(OPTIONS)) {
      assertThat(group.volume(0).sizeBytes()).isEqualTo(LARGE + SECTOR);
      assertThat(read(group, LARGE - SECTOR)).isEqualTo((byte) 1);
    }
  }

  private static void replace(Storage storage, String name, byte[] content) throws IOException {
    storage.delete(name);
    try (StorageFile file = storage.create(name)) {
      file.write(0, ByteBuffer.wrap(content));
    }
  }

  private static long crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return crc.getValue();
  }

  private static String firstLine(Storage storage) throws IOException {
    ByteBuffer content = ByteBuffer.allocate((int) storage.size(FileNames.MANIFEST));
    try (StorageFile file = storage.openForReading(FileNames.MANIFEST)) {
      file.readFully(0, content);
    }
    return StandardCharsets.UTF_8.decode(content.flip()).toString().lines().findFirst().orElse("");
  }

  @Test
  void everyChangeBesideAResizeFitsTheSizeBeforeItOrAfterItAndIsRefusedOtherwise()
      throws Exception {
    GroupOptions background =
        new GroupOptions(
            OPTIONS.journal(), 64 << 20, 16 << 10, 256 << 10, Duration.ofMillis(1), true);
    byte[] live = new byte[(int) SMALL];
    long refused = 0;
    try (Group group = open(background);
        ExecutorService executor = Executors.newCachedThreadPool()) {
      AtomicBoolean stop = new AtomicBoolean();
      List<Future<Long>> running = new ArrayList<>();
      for (int i = 1; i <= 3; i++) {
        int seed = i;
        running.add(
            executor.submit(() -> changeNearTheEnd(group, new SplittableRandom(seed), stop)));
      }
      try {
        for (int i = 0; i < 200; i++) {
          group.resize(0, i % 2 == 0 ? SMALL : LARGE);
        }
        group.resize(0, SMALL);
      } finally {
        stop.set(true);
      }
      for (Future<Long> future : running) {
        refused += future.get();
      }
      group.volume(0).read(0, ByteBuffer.wrap(live));
    }
    assertThat(refused).isPositive();
    assertThat(replayed()).isEqualTo(live);
  }

  /** How many changes and reads were refused because they did not fit. */
  private static long changeNearTheEnd(Group group, SplittableRandom random, AtomicBoolean stop)
      throws IOException {
    long refused = 0;
    while (!stop.get()) {
      byte[] data = new byte[random.nextInt(1, 8) * SECTOR];
      random.nextBytes(data);
      long offset = random.nextLong(90, 192) * SECTOR;
      try {
        switch (random.nextInt(4)) {
          case 0 ->
              group.change(() ->
                  group
                      .volume(0)
                      .zero(new long[] {0, offset}, new long[] {SECTOR, data.length}, true));
          case 1 -> group.volume(0).read(offset, ByteBuffer.wrap(data));
          default -> group.change(() -> group.volume(0).write(offset, ByteBuffer.wrap(data)));
        }
        group.volume(0).settle();
      } catch (IllegalArgumentException e) {
        refused++;
      }
    }
    return refused;
  }

  /** The disk at the end, from its entries alone; each lies on the disk as it was then. */
  private byte[] replayed() throws IOException {
    byte[][] content = {new byte[(int) LARGE]};
    try (History history = History.open(journal)) {
      assertThat(history.horizon().sequence()).isZero();
      history.visitFrom(
          1,
          (entry, payload) -> {
            switch (entry.kind()) {
              case WRITE ->
                  payload.get(
                      payload.position(), content[0], (int) entry.offset(), (int) entry.length());
              case ZERO, UNMAP ->
                  Arrays.fill(content[0], (int) entry.offset(), (int) entry.end(), (byte) 0);
              case RESIZE ->
                  content[0] =
                      Arrays.copyOf(
                          content[0],
                          (int)
                              (content[0].length == entry.offset() ? entry.end() : entry.offset()));
              case MARK, FLUSH, CLOCK, REWIND, REWOUND, UNRECORDED, RECORDED -> {}
            }
            return true;
          });
    }
    return content[0];
  }
}
