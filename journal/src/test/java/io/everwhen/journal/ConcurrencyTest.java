package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.image.Loan;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real threads: writers, the group's own maintenance, readers of the live disk and of its history.
 */
class ConcurrencyTest {

  private static final int SECTOR_BYTES = 512;
  private static final int SECTORS = 256;
  private static final int WRITERS = 3;
  private static final long SECONDS = Integer.getInteger("everwhen.concurrency.seconds", 4);

  private static final List<Manifest.Disk> DISKS =
      List.of(new Manifest.Disk(0, "disk0", (long) SECTORS * SECTOR_BYTES, SECTOR_BYTES));

  private static final GroupOptions OPTIONS =
      new GroupOptions(
          new JournalOptions(64 << 10, 0),
          512 << 10,
          16 << 10,
          256 << 10,
          Duration.ofMillis(5),
          true);

  private final AtomicBoolean stop = new AtomicBoolean();
  // For each sector its owner's last number that was settled, and flushed; only its owner writes
  // it.
  private final AtomicLongArray settled = new AtomicLongArray(SECTORS);
  private final AtomicLongArray staged = new AtomicLongArray(SECTORS);
  private final AtomicLongArray flushed = new AtomicLongArray(SECTORS);
  private final AtomicLong borrowed = new AtomicLong();

  @Test
  void readersOfTheLiveDiskAndOfHistoryAlwaysSeeWhatWasWritten(@TempDir Path directory)
      throws Exception {
    Storage journal = DiskStorage.create(directory.resolve("journal"));
    List<Storage> homes = List.of(DiskStorage.create(directory.resolve("disk0")));
    SplittableRandom random = new SplittableRandom(1);
    Group.create(journal, homes, DISKS, new SystemClock(), random.split());
    try (Group group = Group.open(journal, homes, OPTIONS, new SystemClock(), random.split())) {
      List<Task> tasks = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        int writer = i;
        tasks.add(() -> write(group, writer, new SplittableRandom(writer)));
      }
      tasks.add(() -> readLive(group, new SplittableRandom(10)));
      tasks.add(() -> readHistory(journal));
      run(tasks, () -> {});
      checkLiveAtLeast(group, settled);
      assertThat(borrowed.get()).as("read where they lie").isPositive();
    }
    try (Group group = Group.open(journal, homes, OPTIONS, new SystemClock(), random.split())) {
      checkLiveAtLeast(group, settled);
    }
  }

  @Test
  void whatManyThreadsHaveFlushedSurvivesAPowerCut() throws Exception {
    for (int round = 0; round < 10; round++) {
      SplittableRandom random = new SplittableRandom(round);
      for (int i = 0; i < SECTORS; i++) {
        settled.set(i, 0);
        staged.set(i, 0);
        flushed.set(i, 0);
      }
      stop.set(false);
      SimulatedMachine machine = new SimulatedMachine(random.split());
      Storage journal = machine.directory("journal");
      List<Storage> homes = List.of(machine.directory("disk0"));
      Group.create(journal, homes, DISKS, new SystemClock(), random.split());
      Group group = Group.open(journal, homes, OPTIONS, new SystemClock(), random.split());
      machine.arm(random.nextInt(200, 3000), SimulatedMachine.Fault.CRASH);
      List<Task> tasks = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        int writer = i;
        tasks.add(() -> write(group, writer, new SplittableRandom(writer)));
      }
      run(tasks, () -> assertThat(machine.isDown()).isTrue());
      try {
        group.close();
      } catch (IOException | RuntimeException e) {
        assertThat(machine.isDown()).isTrue();
      }
      boolean powerFails = random.nextBoolean();
      if (powerFails) {
        machine.crash(random);
      } else {
        machine.kill();
      }
      try (Group recovered =
          Group.open(journal, homes, OPTIONS, new SystemClock(), random.split())) {
        checkLiveAtLeast(recovered, powerFails ? flushed : settled);
      }
    }
  }

  private interface Task {
    void run() throws Exception;
  }

  private void run(List<Task> tasks, Runnable mayFailIf) throws Exception {
    try (ExecutorService executor = Executors.newCachedThreadPool()) {
      List<Future<?>> running = new ArrayList<>();
      for (Task task : tasks) {
        running.add(
            executor.submit(() -> {
              try {
                task.run();
              } catch (IOException | RuntimeException e) {
                try {
                  mayFailIf.run();
                } catch (AssertionError no) {
                  no.addSuppressed(e);
                  throw no;
                }
                if (tasks.size() > WRITERS) {
                  throw e;
                }
              } finally {
                stop.compareAndSet(false, tasks.size() > WRITERS);
              }
              return null;
            }));
      }
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
      while (!stop.get()
          && System.nanoTime() < end
          && running.stream().anyMatch(f -> !f.isDone())) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      stop.set(true);
      for (Future<?> future : running) {
        future.get();
      }
    }
  }

  /** Sectors that this writer owns hold its number in every word. */
  private void write(Group group, int writer, SplittableRandom random) throws IOException {
    for (long number = 1; !stop.get(); number++) {
      int run = random.nextInt(1, 9);
      int first = random.nextInt(SECTORS / WRITERS - run) + writer * (SECTORS / WRITERS);
      ByteBuffer data = ByteBuffer.allocateDirect(run * SECTOR_BYTES);
      while (data.hasRemaining()) {
        data.putLong(number);
      }
      for (int i = first; i < first + run; i++) {
        staged.set(i, number);
      }
      group.change(() -> group.volume(0).write((long) first * SECTOR_BYTES, data.flip()));
      group.volume(0).settle();
      for (int i = first; i < first + run; i++) {
        settled.set(i, number);
      }
      if (random.nextInt(4) == 0) {
        long[] before = new long[SECTORS];
        Arrays.setAll(before, settled::get);
        group.volume(0).flush();
        for (int i = 0; i < SECTORS; i++) {
          flushed.accumulateAndGet(i, before[i], Math::max);
        }
      }
    }
  }

  private void readLive(Group group, SplittableRandom random) throws IOException {
    while (!stop.get()) {
      int count = random.nextInt(1, 64);
      int first = random.nextInt(SECTORS - count);
      check(group, first, count, settled, true);
    }
  }

  private void checkLiveAtLeast(Group group, AtomicLongArray least) throws IOException {
    check(group, 0, SECTORS, least, false);
  }

  private void check(Group group, int first, int count, AtomicLongArray least, boolean borrows)
      throws IOException {
    long[] from = new long[count];
    Arrays.setAll(from, i -> least.get(first + i));
    ByteBuffer found = ByteBuffer.allocate(count * SECTOR_BYTES);
    if (!borrows || !borrow(group, first, found)) {
      group.volume(0).read((long) first * SECTOR_BYTES, found);
    }
    for (int i = 0; i < count; i++) {
      long number = found.getLong(i * SECTOR_BYTES);
      assertThat(number).as("sector %d", first + i).isBetween(from[i], staged.get(first + i));
      for (int at = 0; at < SECTOR_BYTES; at += Long.BYTES) {
        assertThat(found.getLong(i * SECTOR_BYTES + at))
            .as("sector %d at %d", first + i, at)
            .isEqualTo(number);
      }
    }
  }

  /** Reads bit by bit what is lent, if it is. */
  private boolean borrow(Group group, int first, ByteBuffer found) throws IOException {
    Loan loan = group.volume(0).lend((long) first * SECTOR_BYTES, found.capacity());
    if (loan == null) {
      return false;
    }
    for (int at = 0; at < found.capacity(); at += Long.BYTES) {
      found.putLong(at, loan.content().getLong(at));
      if (at % SECTOR_BYTES == 0) {
        Thread.onSpinWait();
      }
    }
    loan.giveBack(true);
    borrowed.incrementAndGet();
    return true;
  }

  /**
   * Opens the history again and again, and replays its entries on the disk at the horizon to check
   * the one at the head.
   */
  private void readHistory(Storage journal) throws IOException {
    long views = 0;
    while (!stop.get()) {
      // Opening takes a pin, so nothing is folded away meanwhile.
      try (History history = History.open(journal)) {
        long horizon = history.horizon().sequence();
        long head = history.head().sequence();
        byte[] replayed = read(history, horizon);
        long[] last = {horizon};
        history.visitFrom(
            horizon + 1,
            (entry, payload) -> {
              assertThat(entry.sequence()).isEqualTo(++last[0]);
              replay(entry, payload, replayed);
              return true;
            });
        assertThat(last[0]).isEqualTo(head);
        byte[] found = read(history, head);
        history.checkStillWithin(horizon);
        assertThat(history.tailDamage()).isEmpty();
        assertThat(Arrays.mismatch(found, replayed))
            .as("first difference at entry %d", head)
            .isEqualTo(-1);
        views++;
      }
    }
    assertThat(views).isPositive();
  }

  private static void replay(EntryHeader entry, ByteBuffer payload, byte[] content) {
    if (entry.kind() == EntryKind.WRITE) {
      payload.get(payload.position(), content, (int) entry.offset(), (int) entry.length());
    }
  }

  private static byte[] read(History history, long sequence) throws IOException {
    byte[] content = new byte[SECTORS * SECTOR_BYTES];
    try (PastView view = new PastView(history, DISKS.getFirst(), sequence)) {
      view.read(0, ByteBuffer.wrap(content));
    }
    return content;
  }
}
