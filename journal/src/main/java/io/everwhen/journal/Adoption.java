package io.everwhen.journal;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.NewBaseline;
import io.everwhen.journal.image.NewImage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Copies the content that a disk comes with to where it is kept: to the baseline, and to the image.
 *
 * <p>Neither counts before the group's manifest names the disk; both are durable by then. One
 * thread.
 */
final class Adoption {

  private static final int WINDOW_BYTES = 1 << 20;
  private static final int CHUNK_BYTES = NewBaseline.CHUNK_BYTES;

  private final StorageFile content;
  private final NewBaseline baseline;
  private final NewImage image;

  private Adoption(StorageFile content, NewBaseline baseline, NewImage image) {
    this.content = content;
    this.baseline = baseline;
    this.image = image;
  }

  /**
   * Copies everything but zeros; durable when it returns. What failed leaves nothing behind.
   *
   * @param journal where the baseline goes
   * @param home where the image goes
   * @throws IllegalArgumentException when the content has another size than the disk
   */
  static void copy(StorageFile content, Manifest.Disk disk, Storage journal, Storage home)
      throws IOException {
    if (content.size() != disk.sizeBytes()) {
      throw new IllegalArgumentException(
          "%s has %d bytes, not %d as %s"
              .formatted(content.describe(), content.size(), disk.sizeBytes(), disk.name()));
    }
    try (NewBaseline baseline = NewBaseline.create(journal, disk);
        NewImage image = NewImage.create(home, disk)) {
      new Adoption(content, baseline, image).copy(disk.sizeBytes());
      baseline.finish();
      image.finish();
    } catch (IOException e) {
      giveBack(disk, journal, home, e);
      throw e;
    }
  }

  /** The room that a part of it takes may be needed. */
  private static void giveBack(
      Manifest.Disk disk, Storage journal, Storage home, IOException failure) {
    try {
      NewImage.clear(home);
      NewBaseline.clear(journal, disk.number());
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private void copy(long size) throws IOException {
    ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES);
    for (long at = content.nextData(0); at < size; at = content.nextData(at + window.limit())) {
      at -= at % CHUNK_BYTES;
      window.clear().limit((int) Math.min(WINDOW_BYTES, size - at));
      content.readFully(at, window);
      long from = at;
      ContentRuns.each(
          window.flip(),
          (start, length) -> {
            baseline.write(from + start, window.slice(start, length));
            image.write(from + start, window.slice(start, length));
          });
    }
  }
}
