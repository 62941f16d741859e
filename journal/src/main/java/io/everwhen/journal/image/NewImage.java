package io.everwhen.journal.image;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The content of a disk that is about to join a group, on its way to become its image. Until {@link
 * Image#take} it has another name, and can be made again. One thread.
 */
public final class NewImage implements Closeable {

  static final String NAME = FileNames.temporary(FileNames.IMAGE);

  private final Storage home;
  private final StorageFile file;

  private NewImage(Storage home, StorageFile file) {
    this.home = home;
    this.file = file;
  }

  /** Begins with zeros, in the place of what an interrupted attempt has left. */
  public static NewImage create(Storage home, Manifest.Disk disk) throws IOException {
    home.delete(NAME);
    StorageFile file = home.create(NAME);
    try {
      file.setSize(disk.sizeBytes());
      return new NewImage(home, file);
    } catch (IOException e) {
      try (file) {
        throw e;
      }
    }
  }

  /** Deletes what there is of it. */
  public static void clear(Storage home) throws IOException {
    home.delete(NAME);
  }

  /** Writes a part of it. */
  public void write(long offset, ByteBuffer data) throws IOException {
    file.write(offset, data);
  }

  /** Makes all of it durable. */
  public void finish() throws IOException {
    file.sync();
    home.syncDirectory();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
