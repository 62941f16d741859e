package io.everwhen.restore.run;

import io.everwhen.journal.history.History;
import io.everwhen.journal.history.LossException;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.io.Zeros;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.LostInstants;
import io.everwhen.restore.plan.RestorePlan;
import io.everwhen.restore.plan.UnavailableException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Carries out a {@link RestorePlan}. One thread, as long as the history is open. */
public final class Restorer {

  private static final int WINDOW_BYTES = 4 << 20;
  private static final int CHUNK_BYTES = 4096;

  private final History history;
  private final Progress progress;

  public Restorer(History history, Progress progress) {
    this.history = history;
    this.progress = progress;
  }

  /**
   * Restores to a file, with holes where the disk holds zeros.
   *
   * <p>It is written under another name and renamed when it is complete and on stable storage, so
   * that an incomplete output never looks complete.
   *
   * @param file is replaced if it is there
   */
  public RestoreResult restoreToFile(RestorePlan plan, Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path parent = absolute.getParent();
    if (parent == null) {
      throw new UnavailableException(file + " is not a file that could be written");
    }
    DiskStorage directory = DiskStorage.open(parent);
    String name = absolute.getFileName().toString();
    String partial = "." + name + ".incomplete";
    directory.delete(partial);
    boolean done = false;
    try (StorageFile output = directory.create(partial)) {
      output.setSize(plan.sizeBytes());
      RestoreResult result = write(plan, output, true);
      output.sync();
      directory.rename(partial, name);
      directory.syncDirectory();
      done = true;
      return result;
    } finally {
      if (!done) {
        directory.delete(partial);
      }
    }
  }

  /**
   * Restores over the content of a block device; zeros are written as zeros.
   *
   * @throws UnavailableException when the device is in use or too small; nothing was written then
   */
  public RestoreResult restoreToDevice(RestorePlan plan, Path device) throws IOException {
    try (Closeable _ =
            DiskStorage.tryClaim(device)
                .orElseThrow(() ->
                    new UnavailableException(
                        device
                            + " is in use: it is mounted, or a part of something. Unmount it first"));
        StorageFile output = DiskStorage.openOutput(device)) {
      if (output.size() < plan.sizeBytes()) {
        throw new UnavailableException(
            "%s has %d bytes; %s needs %d"
                .formatted(device, output.size(), plan.disk().name(), plan.sizeBytes()));
      }
      RestoreResult result = write(plan, output, false);
      output.sync();
      return result;
    }
  }

  private RestoreResult write(RestorePlan plan, StorageFile output, boolean startsAsZeros)
      throws IOException {
    try {
      return copy(plan, output, startsAsZeros);
    } catch (LossException e) {
      throw new DamageException(e.getMessage() + ". " + LostInstants.text(e.lost()), e);
    }
  }

  private RestoreResult copy(RestorePlan plan, StorageFile output, boolean startsAsZeros)
      throws IOException {
    ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES);
    long size = plan.sizeBytes();
    long written = 0;
    try (PastView view = new PastView(history, plan.disk(), plan.point().sequence())) {
      for (long at = 0; at < size; at += window.limit()) {
        long data = view.nextData(at) / CHUNK_BYTES * CHUNK_BYTES;
        if (data > at) {
          if (!startsAsZeros) {
            output.punchHole(at, data - at);
          }
          at = data;
        }
        window.clear().limit((int) Math.min(WINDOW_BYTES, size - at));
        if (window.hasRemaining()) {
          view.read(at, window);
          written +=
              startsAsZeros
                  ? writeNonZero(output, at, window.flip())
                  : writeAll(output, at, window.flip());
          view.checkStillWithin();
        }
        progress.at(at + window.limit(), size);
      }
      view.checkStillWithin();
    }
    return new RestoreResult(size, written);
  }

  private static long writeAll(StorageFile output, long at, ByteBuffer window) throws IOException {
    output.write(at, window.duplicate());
    return window.limit();
  }

  /** Writes the runs of chunks that hold anything but zeros. */
  private static long writeNonZero(StorageFile output, long at, ByteBuffer window)
      throws IOException {
    long written = 0;
    int limit = window.limit();
    for (int from = 0, to; from < limit; from = to) {
      boolean zero = isZero(window, from);
      to = Math.min(limit, from + CHUNK_BYTES);
      while (to < limit && isZero(window, to) == zero) {
        to = Math.min(limit, to + CHUNK_BYTES);
      }
      if (!zero) {
        output.write(at + from, window.duplicate().limit(to).position(from));
        written += to - from;
      }
    }
    return written;
  }

  private static boolean isZero(ByteBuffer window, int chunk) {
    return Zeros.only(window, chunk, Math.min(window.limit(), chunk + CHUNK_BYTES));
  }
}
