package io.everwhen.journal.benchmark;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * A new journal with one prepared segment, and a plain file of the same size that was written
 * before, as the segment was.
 */
final class AppendedFiles implements AutoCloseable {

  static final int WRITE_BYTES = 4096;
  static final int STORED_BYTES = (int) EntryHeader.storedBytes(WRITE_BYTES);

  private static final int SLACK_BYTES = 1 << 20;
  private static final long DISK_BYTES = 1L << 30;
  // Odd, so that it leads to every block.
  private static final long STRIDE = 2_654_435_761L;

  private final TemporaryDirectory directory = new TemporaryDirectory();
  private final Journal journal;
  private final FileChannel plain;
  private final ByteBuffer[] payloads;
  private final ByteBuffer stored;
  private long written;

  /**
   * The files.
   *
   * @param writes of 4 KiB for which there is room
   * @param group how many are written together
   */
  AppendedFiles(int writes, int group) throws IOException {
    payloads = new ByteBuffer[group];
    for (int i = 0; i < group; i++) {
      payloads[i] = ByteBuffer.allocateDirect(WRITE_BYTES);
    }
    stored = ByteBuffer.allocateDirect(group * STORED_BYTES);
    long bytes = (long) writes * STORED_BYTES + SLACK_BYTES;
    plain = overwritten(directory.resolve("plain"), bytes);
    SystemClock clock = new SystemClock();
    Manifest manifest =
        new Manifest(
            new UUID(1, 2),
            List.of(new Manifest.Disk(0, "disk0", DISK_BYTES, WRITE_BYTES)),
            Manifest.Baseline.empty(clock.wallNanos()),
            0);
    JournalFiles files = new JournalFiles(DiskStorage.create(directory.resolve("journal")));
    files.writeManifest(manifest);
    journal =
        Journal.open(
            files,
            manifest,
            new JournalOptions(bytes, 0),
            clock,
            new SplittableRandom(),
            0,
            (kind, disk, offset, length, payloadLength, encoded, sequence, segment, place) -> {},
            null,
            null);
    journal.startWith(new long[] {DISK_BYTES});
    journal.prepareNext(() -> false, true, 0);
  }

  /** A file that was written once, open for reading and writing. */
  static FileChannel overwritten(Path file, long bytes) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
    for (long at = 0; at < bytes; at += zeros.capacity()) {
      channel.write(zeros.clear(), at);
    }
    channel.force(true);
    return channel.position(0);
  }

  Journal journal() {
    return journal;
  }

  /** Stages the next group, scattered over the disk as random writes are. */
  void stage() throws IOException {
    for (ByteBuffer payload : payloads) {
      long block = written++ * STRIDE % (DISK_BYTES / WRITE_BYTES);
      journal.write(0, block * WRITE_BYTES, payload.clear());
    }
  }

  FileChannel plain() {
    return plain;
  }

  /** Writes as many bytes as the next group has in the journal. */
  void writePlain() throws IOException {
    plain.write(stored.clear());
  }

  @Override
  public void close() throws IOException {
    try (directory;
        plain) {
      journal.close();
    }
  }
}
