package io.everwhen.journal.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;

/**
 * A file or block device whose content is copied, and which must stay as it is meanwhile. It is
 * only read. One thread.
 */
public final class CopySource implements Closeable {

  private static final int KIND_OF_FILE = 0170000;
  private static final int BLOCK_DEVICE = 0060000;

  private final Path path;
  private final StorageFile file;
  private final Closeable claim;
  private final long sizeBytes;
  private final FileTime modified;

  private CopySource(Path path, StorageFile file, Closeable claim) throws IOException {
    this.path = path;
    this.file = file;
    this.claim = claim;
    this.sizeBytes = file.size();
    this.modified = Files.getLastModifiedTime(path);
  }

  /**
   * Opens it; a block device cannot be mounted until it is closed.
   *
   * @throws IOException when it is not there, is something else, or is a device that is in use
   */
  public static CopySource open(Path path) throws IOException {
    Closeable claim =
        switch (DiskStorage.kindOf(path)) {
          case NOTHING -> throw new IOException("there is no file or device " + path);
          case DIRECTORY ->
              throw new IOException(path + " is a directory; name a file or a block device");
          case FILE -> () -> {};
          case DEVICE -> claimed(path);
        };
    StorageFile file = null;
    boolean opened = false;
    try {
      file = DiskStorage.file(path, false, StandardOpenOption.READ);
      CopySource source = new CopySource(path, file, claim);
      opened = true;
      return source;
    } catch (AccessDeniedException e) {
      throw new IOException("access to %s is denied".formatted(path), e);
    } finally {
      if (!opened) {
        try (claim) {
          if (file != null) {
            file.close();
          }
        }
      }
    }
  }

  private static Closeable claimed(Path device) throws IOException {
    // Opening something else, such as a pipe, might wait for ever.
    int mode = (int) Files.getAttribute(device, "unix:mode");
    if ((mode & KIND_OF_FILE) != BLOCK_DEVICE) {
      throw new IOException(device + " is neither a file nor a block device");
    }
    return DiskStorage.tryClaim(device)
        .orElseThrow(() ->
            new IOException(
                device + " is in use: it is mounted, or a part of something. Unmount it first"));
  }

  /** What is to be read. */
  public StorageFile file() {
    return file;
  }

  /** Bytes in it. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /** How many of them may be anything but zeros, as far as the system can tell without reading. */
  public long dataBytes() throws IOException {
    long bytes = 0;
    for (long at = file.nextData(0), end; at < sizeBytes; at = file.nextData(end)) {
      end = Math.min(sizeBytes, file.nextHole(at));
      bytes += end - at;
    }
    return bytes;
  }

  /**
   * Checks that it is as it was when it was opened.
   *
   * @throws IOException when it was changed: what was read may be a mixture
   */
  public void checkUnchanged() throws IOException {
    if (file.size() != sizeBytes || !Files.getLastModifiedTime(path).equals(modified)) {
      throw new IOException(
          path + " was changed while it was copied; end what writes to it, and try again");
    }
  }

  @Override
  public void close() throws IOException {
    try (claim) {
      file.close();
    }
  }
}
