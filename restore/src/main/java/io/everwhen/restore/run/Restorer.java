package io.everwhen.restore.run;

import io.everwhen.journal.history.History;
import io.everwhen.journal.history.LossException;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.LostInstants;
import io.everwhen.restore.plan.RestorePlan;
import io.everwhen.restore.plan.UnavailableException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Carries out a {@link RestorePlan}, by several threads of its own. One caller at a time, as long
 * as the history is open.
 */
public final class Restorer {

  private final History history;
  private final Progress progress;
  private final boolean readsBack;

  public Restorer(History history, Progress progress) {
    this(history, progress, false);
  }

  private Restorer(History history, Progress progress, boolean readsBack) {
    this.history = history;
    this.progress = progress;
    this.readsBack = readsBack;
  }

  /**
   * The same, but what was written is read again, from the medium where the system lets go of what
   * it has cached, and compared with the past before it counts.
   */
  public Restorer readingBack() {
    return new Restorer(history, progress, true);
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
      RestoreResult result = write(plan, output, Output.Sparse::new);
      directory.rename(partial, name);
      directory.syncDirectory();
      done = true;
      return result;
    } catch (NoSpaceException e) {
      throw new NoSpaceException(
          "%s: %s needs up to %d bytes, and what was written is deleted again. Restore to a volume with more room"
              .formatted(e.getMessage(), plan.disk().name(), plan.sizeBytes()),
          e);
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
    return overwrite(plan, device, false, Output.Whole::new);
  }

  /**
   * Restores over a block device, or over a file of the disk's size: writes only what differs. So
   * it also goes on where another restore to the same place has ended.
   *
   * @throws UnavailableException when the device is in use or too small, or the file is of another
   *     size; nothing was written then
   */
  public RestoreResult restoreInPlace(RestorePlan plan, Path to) throws IOException {
    return overwrite(
        plan, to, DiskStorage.kindOf(to) == DiskStorage.Kind.FILE, Output.InPlace::new);
  }

  /** How something that is there is written over. */
  private interface Way {
    Output to(StorageFile output);
  }

  /**
   * @param exactly whether a larger one is refused too
   */
  private RestoreResult overwrite(RestorePlan plan, Path to, boolean exactly, Way way)
      throws IOException {
    try (Closeable _ =
            DiskStorage.tryClaim(to)
                .orElseThrow(() ->
                    new UnavailableException(
                        to
                            + " is in use: it is mounted, or a part of something. Unmount it first"));
        StorageFile output = DiskStorage.openOutput(to)) {
      long size = output.size();
      if (size < plan.sizeBytes() || (exactly && size > plan.sizeBytes())) {
        throw new UnavailableException(
            "%s has %d bytes; %s needs %d"
                .formatted(to, size, plan.disk().name(), plan.sizeBytes()));
      }
      try {
        return write(plan, output, way);
      } catch (IOException e) {
        String what =
            "%s. %s holds a part of the disk now, beside what it held before: restore to it again with --in-place, which writes only what differs"
                .formatted(e.getMessage(), to);
        throw e instanceof DamageException
            ? new DamageException(what, e)
            : new IOException(what, e);
      }
    }
  }

  private RestoreResult write(RestorePlan plan, StorageFile file, Way way) throws IOException {
    List<Output> outputs = new ArrayList<>();
    try {
      copy(
          plan,
          () -> {
            outputs.add(way.to(file));
            return outputs.getLast();
          });
      file.sync();
      if (readsBack) {
        file.forgetCached();
        copy(plan, () -> new Output.Check(file));
      }
      long written = outputs.stream().mapToLong(Output::written).sum();
      return new RestoreResult(plan.sizeBytes(), written, readsBack);
    } catch (LossException e) {
      throw new DamageException(e.getMessage() + ". " + LostInstants.text(e.lost()), e);
    }
  }

  private void copy(RestorePlan plan, Windows.Maker<Output> outputs) throws IOException {
    Windows.copy(
        () -> new PastView(history, plan.disk(), plan.point().sequence()), outputs, progress);
  }
}
