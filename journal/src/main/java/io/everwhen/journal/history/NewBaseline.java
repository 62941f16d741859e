package io.everwhen.journal.history;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.Storage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The baseline of a disk that is about to join a group: all zeros, until something is written to
 * it. It counts when the group's manifest names the disk; until then it can be made again. One
 * thread.
 */
public final class NewBaseline implements Closeable {

  /** What is written begins at a multiple of this. */
  public static final int CHUNK_BYTES = BaselineFile.CHUNK_BYTES;

  private final Storage storage;
  private final BaselineFile file;

  private NewBaseline(Storage storage, BaselineFile file) {
    this.storage = storage;
    this.file = file;
  }

  /** Makes it, in the place of what an interrupted attempt has left. */
  public static NewBaseline create(Storage storage, Manifest.Disk disk) throws IOException {
    return new NewBaseline(storage, BaselineFile.create(storage, disk.number(), disk.sizeBytes()));
  }

  /** Deletes what an interrupted attempt has left; durable when it returns. */
  public static void clear(Storage storage, int disk) throws IOException {
    BaselineFile.delete(storage, disk);
  }

  /**
   * Writes whole chunks.
   *
   * @param data the last chunk may end where the disk does
   */
  public void write(long offset, ByteBuffer data) throws IOException {
    file.writeChunks(offset, data);
  }

  /** Makes all of it durable. */
  public void finish() throws IOException {
    file.finish();
    storage.syncDirectory();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
