package io.everwhen.restore.run;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.io.Zeros;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.DiffPlan;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A disk's past as a file that other programs can read. It goes from one instant to another by what
 * differs between them, and is deleted when this is closed. One thread, as long as the history is
 * open.
 */
public final class ScratchImage implements Closeable {

  /** What is left alone of the volume's room: others may need it. */
  private static final long RESERVE_BYTES = 256L << 20;

  /** After how many windows it is looked how much room is left. */
  private static final int WINDOWS_PER_CHECK = 64;

  private final History history;
  private final Manifest.Disk disk;
  private final Progress progress;
  private final DiskStorage directory;
  private final String name;
  private final Path path;
  private final StorageFile file;
  private final ByteBuffer window = Windows.buffer();
  private @Nullable Point at;

  /**
   * An empty one.
   *
   * @param where a directory on a volume that has room for what is on the disk
   * @param name of the file, which is replaced if it is there
   */
  public ScratchImage(
      History history, Manifest.Disk disk, Path where, String name, Progress progress)
      throws IOException {
    this.history = history;
    this.disk = disk;
    this.progress = progress;
    this.directory = DiskStorage.open(where);
    this.name = name;
    this.path = where.toAbsolutePath().resolve(name);
    directory.delete(name);
    this.file = directory.create(name);
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /**
   * Makes it the disk as of an instant. Nobody else has changed it since the last time, or has
   * taken that back.
   *
   * @throws NoSpaceException when there is no room for it
   * @throws DamageException when the history is damaged where it is needed
   */
  public void goTo(Point to) throws IOException {
    Point from = at;
    at = null;
    try (PastView view = view(to)) {
      if (from == null) {
        file.setSize(0);
        file.setSize(view.sizeBytes());
        Windows.copy(() -> view(to), () -> new Sparing(new Output.Sparse(file)), progress);
      } else if (from.sequence() != to.sequence()) {
        file.setSize(view.sizeBytes());
        new Differ(history, Progress.NONE)
            .content(between(from, to), difference -> copy(view, difference));
      }
    } catch (NoSpaceException e) {
      throw new NoSpaceException(
          "%s; the disk is copied there to be looked into, name a directory with room for it by --scratch"
              .formatted(e.getMessage()),
          e);
    }
    at = to;
  }

  private PastView view(Point at) throws IOException {
    return new PastView(history, disk, at.sequence());
  }

  private DiffPlan between(Point one, Point other) throws IOException {
    Point first = one.sequence() < other.sequence() ? one : other;
    Point last = one.sequence() < other.sequence() ? other : one;
    return new DiffPlan(
        disk,
        first,
        last,
        history.sizeBytesAt(disk, first.sequence()),
        history.sizeBytesAt(disk, last.sequence()),
        false);
  }

  private void copy(PastView view, Difference difference) throws IOException {
    if (difference.damage() != null) {
      throw new DamageException(difference.damage());
    }
    long end = Math.min(difference.end(), view.sizeBytes());
    for (long from = difference.offset(); from < end; from += window.limit()) {
      window.clear().limit((int) Math.min(Windows.MAX_BYTES, end - from));
      view.read(from, window);
      window.flip();
      if (Zeros.only(window, 0, window.limit())) {
        file.punchHole(from, window.limit());
      } else {
        file.write(from, window.duplicate());
      }
    }
  }

  /** Stops before the volume is full. */
  private final class Sparing implements Windows.Sink {
    private final Output output;
    private int windows;

    Sparing(Output output) {
      this.output = output;
    }

    @Override
    public void zeros(long from, long length) throws IOException {
      output.zeros(from, length);
    }

    @Override
    public void data(long from, ByteBuffer data) throws IOException {
      if (windows++ % WINDOWS_PER_CHECK == 0 && directory.usableBytes() < RESERVE_BYTES) {
        throw new NoSpaceException(
            "less than %d MiB are left on the volume of %s".formatted(RESERVE_BYTES >> 20, path));
      }
      output.data(from, data);
    }
  }

  /** Whether there is a file that is called as it is, with an ending. */
  public boolean isBeside(String ending) {
    return DiskStorage.kindOf(Path.of(path + ending)) == DiskStorage.Kind.FILE;
  }

  /** Deletes that file, if it is there. */
  public void deleteBeside(String ending) throws IOException {
    directory.delete(name + ending);
  }

  /** Deletes it while it is used still, when the program ends. Any thread. */
  public void delete() throws IOException {
    directory.delete(name);
    directory.delete(name + ".undo");
  }

  @Override
  public void close() throws IOException {
    try (StorageFile _ = file) {
      delete();
    }
  }
}
