package io.everwhen.journal.image;

import io.everwhen.journal.format.Checkpoint;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.ResidentPages;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A disk's current content in a sparse file, and its {@link Checkpoint}.
 *
 * <p>While a resize is on its way into the image, the file may be longer or shorter than the disk
 * is; what it lacks reads as zeros by the {@link BlockMap}.
 *
 * <p>Reads by any thread; changes and checkpoints by one.
 */
public final class Image implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(Image.class);

  /** What is written at once. */
  private static final int WRITE_BYTES = 64 << 10;

  private final StorageFile file;
  private final StorageFile checkpointFile;
  private volatile Checkpoint checkpoint;
  private long fileBytes;
  private int failedSyncs;
  // What it can be read by without copying; made when it is first wanted, null when it cannot be.
  private volatile @Nullable ResidentPages pages;
  private volatile boolean pagesWanted = true;

  private Image(
      StorageFile file, StorageFile checkpointFile, Checkpoint checkpoint, long fileBytes) {
    this.file = file;
    this.checkpointFile = checkpointFile;
    this.checkpoint = checkpoint;
    this.fileBytes = fileBytes;
  }

  /**
   * Makes an empty image. The checkpoint is written last and durably: where it is, the image was
   * made completely.
   *
   * @param sequence an entry up to which none changes the disk
   * @throws FormatException when there is an image that is not empty
   */
  public static void create(Storage home, Manifest group, Manifest.Disk disk, long sequence)
      throws IOException {
    home.delete(NewImage.NAME);
    if (home.exists(FileNames.IMAGE)) {
      checkReplaceable(home);
      try (StorageFile file = home.open(FileNames.IMAGE)) {
        file.setSize(disk.sizeBytes());
        file.sync();
      }
    } else {
      try (StorageFile file = home.create(FileNames.IMAGE)) {
        file.setSize(disk.sizeBytes());
        file.sync();
      }
    }
    createCheckpoint(home, group, disk, sequence);
  }

  /**
   * Checks that nothing is lost when there is a new image.
   *
   * @throws FormatException when there is an image that is not empty
   */
  public static void checkReplaceable(Storage home) throws IOException {
    if (home.exists(FileNames.IMAGE)) {
      try (StorageFile file = home.openForReading(FileNames.IMAGE)) {
        if (file.nextData(0) < file.size()) {
          throw new FormatException(
              file.describe()
                  + " has content but no checkpoint. Move it away; restore it from a journal if need be");
        }
      }
    }
  }

  /**
   * Makes the content that a disk comes with its image; again, if that was interrupted. The content
   * is durable as a {@link NewImage}; where the image is, it was made completely.
   *
   * @param sequence an entry up to which none changes the disk
   * @throws FormatException when there is neither content nor image
   */
  public static void take(Storage home, Manifest group, Manifest.Disk disk, long sequence)
      throws IOException {
    if (!home.exists(NewImage.NAME) && !home.exists(FileNames.IMAGE)) {
      throw new FormatException(
          "the content of %s is not in %s any more; restore it from its journal"
              .formatted(disk.name(), home.describe()));
    }
    createCheckpoint(home, group, disk, sequence);
    if (home.exists(NewImage.NAME)) {
      home.rename(NewImage.NAME, FileNames.IMAGE);
      home.syncDirectory();
    }
  }

  /**
   * Deletes the image of a disk that was going to join a group and did not.
   *
   * @param group which has no disk of that number
   */
  public static void forgetUnjoined(Storage home, Manifest group, Manifest.Disk disk)
      throws IOException {
    if (!home.exists(FileNames.CHECKPOINT)) {
      return;
    }
    Checkpoint checkpoint;
    try (StorageFile file = home.openForReading(FileNames.CHECKPOINT)) {
      checkpoint = Checkpoint.decode(file.copy(), file.describe());
    }
    if (checkpoint.group().equals(group.id()) && checkpoint.disk() == disk.number()) {
      // The image first: it is by its checkpoint that one knows whose it is.
      home.delete(FileNames.IMAGE);
      home.syncDirectory();
      home.delete(FileNames.CHECKPOINT);
      home.syncDirectory();
    }
  }

  private static void createCheckpoint(
      Storage home, Manifest group, Manifest.Disk disk, long sequence) throws IOException {
    String temporary = FileNames.temporary(FileNames.CHECKPOINT);
    home.delete(temporary);
    try (StorageFile file = home.create(temporary)) {
      Checkpoint first = new Checkpoint(group.id(), disk.number(), 0, sequence, disk.sizeBytes());
      file.setSize(Checkpoint.FILE_BYTES);
      file.write(first.position(), first.encode());
      file.sync();
    }
    home.rename(temporary, FileNames.CHECKPOINT);
    home.syncDirectory();
  }

  /** Opens the image of a disk. */
  public static Image open(Storage home, Manifest group, Manifest.Disk disk) throws IOException {
    StorageFile checkpointFile = home.open(FileNames.CHECKPOINT);
    StorageFile file = null;
    boolean opened = false;
    try {
      ByteBuffer slots = ByteBuffer.allocate(Checkpoint.FILE_BYTES);
      checkpointFile.readFully(0, slots);
      Checkpoint checkpoint = Checkpoint.decode(slots.flip(), checkpointFile.describe());
      makeDurable(checkpointFile, checkpoint, slots);
      home.syncDirectory();
      if (!checkpoint.group().equals(group.id()) || checkpoint.disk() != disk.number()) {
        throw new FormatException(
            checkpointFile.describe()
                + " belongs to another journal than the one of "
                + disk.name());
      }
      if (checkpoint.sizeBytes() == Checkpoint.SIZE_NOT_SAID) {
        checkpoint = checkpoint.withSize(disk.sizeBytes());
      }
      file = home.open(FileNames.IMAGE);
      opened = true;
      return new Image(file, checkpointFile, checkpoint, file.size());
    } finally {
      if (!opened) {
        checkpointFile.close();
        if (file != null) {
          file.close();
        }
      }
    }
  }

  /**
   * What a process that died has left may not be durable yet, and after a failed sync the system
   * takes it for written: only writing the same once more makes a sync bring it to stable storage.
   * From here on it is relied on.
   */
  private static void makeDurable(StorageFile file, Checkpoint checkpoint, ByteBuffer slots)
      throws IOException {
    int at = (int) checkpoint.position();
    file.write(at, slots.slice(at, Checkpoint.SLOT_BYTES));
    file.sync();
  }

  /** Every entry up to this one is in the image, durably. */
  public long checkpointSequence() {
    return checkpoint.sequence();
  }

  /** Bytes of the disk after that entry. */
  long checkpointSizeBytes() {
    return checkpoint.sizeBytes();
  }

  /**
   * Checks that nothing is cut off of the file.
   *
   * @param leastBytes the smallest size that the disk has had since the checkpoint
   */
  void checkHolds(long leastBytes) throws FormatException {
    if (fileBytes < leastBytes) {
      throw new FormatException(
          "%s has %d bytes, but the disk has %d. Move it and the checkpoint beside it away, and restore the disk from its journal"
              .formatted(file.describe(), fileBytes, leastBytes));
    }
  }

  /** Bytes of the file. */
  long fileBytes() {
    return fileBytes;
  }

  /** Cuts or extends the file. Nobody may be reading what is cut off. */
  void setSize(long bytes) throws IOException {
    if (bytes != fileBytes) {
      closePages(false);
      try {
        file.setSize(bytes);
        fileBytes = bytes;
      } finally {
        pagesWanted = true;
      }
    }
  }

  void read(long offset, ByteBuffer into) throws IOException {
    file.readFully(offset, into);
  }

  /**
   * What is at {@code offset} in memory, to be read there; null when it is to be copied.
   *
   * @param nanos the time, by the monotonic clock
   */
  @Nullable ByteBuffer lend(long offset, int length, long nanos) {
    ResidentPages known = pages;
    if (known == null) {
      known = pagesWanted ? openPages() : null;
    }
    return known == null ? null : known.at(offset, length, nanos);
  }

  private synchronized @Nullable ResidentPages openPages() {
    if (pagesWanted) {
      pagesWanted = false;
      try {
        pages = file.residentPages();
      } catch (IOException e) {
        log.info("{} is read by copying: {}", file.describe(), e.getMessage());
      }
    }
    return pages;
  }

  /** Lends nothing any more until it is known again how large the file is. */
  private synchronized void closePages(boolean wantedAgain) {
    ResidentPages known = pages;
    pages = null;
    pagesWanted = wantedAgain;
    if (known != null) {
      known.close();
    }
  }

  /** What was lent could not be read: by whoever wanted to, or not at all? */
  void doubt(long offset, int length) {
    try {
      file.readFully(offset, ByteBuffer.allocate(length));
    } catch (IOException e) {
      log.warn("{} is read by copying from now on: {}", file.describe(), e.getMessage());
      closePages(false);
    }
  }

  long nextData(long offset) throws IOException {
    return file.nextData(offset);
  }

  long nextHole(long offset) throws IOException {
    return file.nextHole(offset);
  }

  /**
   * Writes, no more than {@link #WRITE_BYTES} at once. A system may keep in one piece of its cache
   * what was written at once, and look through all of the piece for each small write that follows.
   */
  void write(long offset, ByteBuffer data) throws IOException {
    int limit = data.limit();
    for (int at = data.position(); at < limit; at = data.position()) {
      data.limit(Math.min(limit, at + WRITE_BYTES));
      file.write(offset, data);
      offset += data.position() - at;
    }
  }

  void zero(long offset, long length) throws IOException {
    file.punchHole(offset, length);
  }

  /**
   * What somebody writes to an image, to be made durable as a whole. A failed sync is told of once,
   * to whoever asked for it; but what it could not write may be somebody else's.
   */
  final class Writes {
    private final int failedBefore = failedSyncs();

    private Writes() {}

    /** Fails when any sync of the image has failed since this was begun. */
    void check() throws IOException {
      if (failedSyncs() != failedBefore) {
        throw new IOException(
            "what was written to %s may be lost, as it could not be made durable"
                .formatted(file.describe()));
      }
    }

    /** Makes durable what was written since this was begun. */
    void sync() throws IOException {
      Image.this.sync();
      check();
    }
  }

  /** Begins to write what has to be durable as a whole. */
  Writes begin() {
    return new Writes();
  }

  private synchronized int failedSyncs() {
    return failedSyncs;
  }

  /** One at a time: who succeeds knows whether others have failed. */
  private synchronized void sync() throws IOException {
    try {
      file.sync();
    } catch (IOException e) {
      failedSyncs++;
      throw e;
    }
  }

  /**
   * Makes everything applied so far durable and says so in the checkpoint.
   *
   * @param applied what was written since the last checkpoint
   * @param sizeBytes of the disk after that entry
   */
  void checkpoint(Writes applied, long sequence, long sizeBytes) throws IOException {
    if (sequence < checkpoint.sequence()) {
      throw new IllegalStateException(
          "a checkpoint cannot go back from " + checkpoint.sequence() + " to " + sequence);
    }
    applied.sync();
    Checkpoint next = checkpoint.next(sequence, sizeBytes);
    checkpointFile.write(next.position(), next.encode());
    checkpointFile.sync();
    checkpoint = next;
  }

  @Override
  public void close() throws IOException {
    closePages(false);
    try {
      file.close();
    } finally {
      checkpointFile.close();
    }
  }
}
