package io.everwhen.journal.image;

import io.everwhen.journal.image.Backfill.Parts;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Changes of a disk that go into its image alone, because the journal has no room for them, and
 * which parts they touch. Nothing else may be on its way into the image. Any thread.
 */
final class Unlogged {

  private final Image image;
  private final Parts changed;
  private final Image.Writes writes;

  /**
   * @param changed what is not recorded already
   */
  Unlogged(Image image, Parts changed) {
    this.image = image;
    this.changed = changed;
    this.writes = image.begin();
  }

  void write(long offset, ByteBuffer data) throws IOException {
    note(offset, data.remaining());
    image.write(offset, data.duplicate());
  }

  void zero(long[] offsets, long[] lengths) throws IOException {
    for (int i = 0; i < offsets.length; i++) {
      note(offsets[i], lengths[i]);
      image.zero(offsets[i], lengths[i]);
    }
  }

  private void note(long offset, long length) throws IOException {
    writes.check();
    synchronized (changed) {
      changed.add(offset, length);
    }
  }

  /** Makes everything durable; after a failure nobody knows what is, and it stays at that. */
  void sync() throws IOException {
    writes.sync();
  }

  /** What is not recorded; nobody changes anything any more. */
  Parts changed() {
    return changed;
  }
}
