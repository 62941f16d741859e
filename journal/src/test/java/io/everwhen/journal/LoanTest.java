package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.image.Loan;
import io.everwhen.journal.image.Volume;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of a live disk is read where it lies. */
class LoanTest {

  private static final int BLOCK_BYTES = 4096;
  private static final int PIECE_BYTES = 64 << 10;
  private static final long DISK_BYTES = 3L << 20;

  private static final GroupOptions OPTIONS =
      new GroupOptions(
          new JournalOptions(1 << 20, 0), 64 << 20, 1 << 20, 4 << 20, Duration.ofMillis(5), true);

  @TempDir Path directory;
  private Group group;
  private Volume volume;

  @BeforeEach
  void open() throws IOException {
    Storage journal = DiskStorage.create(directory.resolve("journal"));
    List<Storage> homes = List.of(DiskStorage.create(directory.resolve("disk0")));
    SplittableRandom random = new SplittableRandom(1);
    List<Manifest.Disk> disks = List.of(new Manifest.Disk(0, "disk0", DISK_BYTES, BLOCK_BYTES));
    Group.create(journal, homes, disks, new SystemClock(), random.split());
    group = Group.open(journal, homes, OPTIONS, new SystemClock(), random.split());
    volume = group.volume(0);
    for (long at = 0; at < DISK_BYTES; at += PIECE_BYTES) {
      write(at, 1);
    }
  }

  @AfterEach
  void close() throws IOException {
    group.close();
  }

  private void write(long offset, int version) throws IOException {
    group.change(() -> volume.write(offset, content(version)));
    volume.settle();
  }

  private static ByteBuffer content(int version) {
    byte[] content = new byte[PIECE_BYTES];
    new SplittableRandom(version).nextBytes(content);
    return ByteBuffer.wrap(content);
  }

  private Loan borrow(long offset) throws IOException {
    Loan[] found = new Loan[1];
    await(() -> {
      found[0] = lend(offset);
      return found[0] != null;
    });
    return found[0];
  }

  private @Nullable Loan lend(long offset) {
    try {
      return volume.lend(offset, PIECE_BYTES);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void whatIsInTheImageIsLentAndDoesNotChangeUnderItsReader() throws IOException {
    long at = DISK_BYTES - PIECE_BYTES;
    Loan loan = borrow(at);
    assertThat(loan.content()).isEqualTo(content(1));
    write(at, 2);
    assertThat(lend(at)).as("it is in the journal").isNull();
    // Long enough for many applications; one that waits for it gives up after a second.
    long end = System.nanoTime() + Duration.ofMillis(500).toNanos();
    while (System.nanoTime() < end) {
      assertThat(loan.content()).isEqualTo(content(1));
    }
    loan.giveBack(true);
    Loan next = borrow(at);
    assertThat(next.content()).isEqualTo(content(2));
    next.giveBack(true);
  }

  @Test
  void whoKeepsItTooLongIsNotWaitedFor() throws IOException {
    Loan kept = borrow(0);
    write(0, 2);
    Loan next = borrow(0);
    assertThat(next.content()).isEqualTo(content(2));
    next.giveBack(true);
    kept.giveBack(true);
  }

  @Test
  void aDiskIsLentAsLargeAsItIs() throws IOException {
    borrow(0).giveBack(true);
    volume.resize(2 * DISK_BYTES);
    // What was never written is not in memory, nor lent, nor what is near to it.
    for (long at = DISK_BYTES; at < 2 * DISK_BYTES; at += PIECE_BYTES) {
      write(at, 3);
    }
    Loan atEnd = borrow(2 * DISK_BYTES - PIECE_BYTES);
    assertThat(atEnd.content()).isEqualTo(content(3));
    atEnd.giveBack(true);
    volume.resize(PIECE_BYTES);
    assertThatThrownBy(() -> volume.lend(PIECE_BYTES, PIECE_BYTES))
        .isInstanceOf(IllegalArgumentException.class);
    borrow(0).giveBack(true);
  }

  @Test
  void nothingMoreIsLentOfAnImageThatCannotBeRead() throws IOException {
    Loan loan = borrow(DISK_BYTES - PIECE_BYTES);
    loan.giveBack(false);
    borrow(DISK_BYTES - PIECE_BYTES).giveBack(true); // it was the reader's fault
    Loan cut = borrow(DISK_BYTES - PIECE_BYTES);
    Path image = directory.resolve("disk0/image");
    try (FileChannel file = FileChannel.open(image, StandardOpenOption.WRITE)) {
      file.truncate(DISK_BYTES - PIECE_BYTES);
    }
    cut.giveBack(false);
    assertThat(volume.lend(0, PIECE_BYTES)).isNull();
    ByteBuffer into = ByteBuffer.allocate(PIECE_BYTES);
    assertThatThrownBy(() -> volume.read(DISK_BYTES - PIECE_BYTES, into))
        .isInstanceOf(IOException.class);
  }
}
