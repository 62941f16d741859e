package io.everwhen.appliance.store;

import io.everwhen.journal.Group;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.LossException;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.LostInstants;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.RestorePlan;
import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.DeviceException;
import io.everwhen.target.block.DeviceException.Reason;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import io.everwhen.target.block.Run;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A disk as it was right after one entry, as the target serves it: read-only, and the same for as
 * long as it is open, whatever is written to the live disk meanwhile.
 *
 * <p>While it is open, its history is neither thinned nor folded if the volume's space allows. If
 * folding goes past the instant all the same, the disk has come to its end, and every read fails
 * from then on: nothing that is wrong is ever read. What is damaged cannot be read either; the rest
 * can.
 */
public final class PastDisk implements BlockDevice, Closeable {

  private static final Logger log = LoggerFactory.getLogger(PastDisk.class);

  /** How many commands read at once; more wait for their turn. Each needs memory for an entry. */
  private static final int VIEWS_MAX = 4;

  /** How often a read is tried again because something was folded just then. */
  private static final int ATTEMPTS_MAX = 4;

  /** What is said to hold data as a whole, if any of it may. */
  private static final int RUN_BYTES = 64 << 10;

  /** How many of them one call looks at. */
  private static final int RUNS_MAX = 16;

  private static final int PHYSICAL_BLOCK_BYTES = 4096;

  private final Source source;
  private final Group group;
  private final RestorePlan plan;
  private final int blockBytes;
  private final Geometry geometry;
  // Not a fair one: each turn would be handed to a thread that has to be woken first.
  private final Semaphore turns = new Semaphore(VIEWS_MAX);

  /** Shared by those who read; exclusive for who replaces the views, or takes them away. */
  private final ReadWriteLock using = new ReentrantReadWriteLock();

  private @Nullable PastViews views;
  private volatile int renewals;
  private volatile @Nullable String end;
  private volatile String logged = "";

  /** Opens the history that the disk belongs to. */
  @FunctionalInterface
  interface Source {
    History open() throws IOException;
  }

  private PastDisk(Source source, Group group, RestorePlan plan, PastViews views) {
    this.source = source;
    this.group = group;
    this.plan = plan;
    this.views = views;
    this.blockBytes = plan.disk().blockBytes();
    this.geometry = new Geometry(blockBytes, PHYSICAL_BLOCK_BYTES, plan.sizeBytes() / blockBytes);
  }

  /**
   * Opens a disk as it was at an instant.
   *
   * @param group to which it belongs; open for as long as this is
   * @param name of the disk
   * @throws io.everwhen.restore.plan.UnavailableException when the instant is not within the
   *     history
   */
  static PastDisk open(Source source, Group group, String name, Instant at, long nowNanos)
      throws IOException {
    History history = pinned(source);
    RestorePlan plan;
    try {
      plan = new Planner(history, nowNanos).plan(disk(history, name), at);
    } catch (IOException | RuntimeException e) {
      try (history) {
        throw e;
      }
    }
    return new PastDisk(
        source, group, plan, new PastViews(history, plan.disk(), plan.point().sequence()));
  }

  private static Manifest.Disk disk(History history, String name) throws IOException {
    return history
        .disk(name)
        .orElseThrow(() ->
            new IOException(
                "there is no disk %s in %s".formatted(name, history.storage().describe())));
  }

  private static History pinned(Source source) throws IOException {
    History history = source.open();
    if (!history.isPinned()) {
      try (history) {
        throw new IOException(
            "the history in %s is being folded or thinned; try again in a moment"
                .formatted(history.storage().describe()));
      }
    }
    return history;
  }

  /** What it is: which disk, as of which entry. */
  public RestorePlan plan() {
    return plan;
  }

  /** Why nothing of it can be read any more; null while it can. */
  public @Nullable String end() {
    return end;
  }

  @Override
  public Geometry geometry() {
    return geometry;
  }

  @Override
  public boolean readOnly() {
    return true;
  }

  @Override
  public void read(long block, ByteBuffer into) throws IOException {
    checkWithin(block, into.remaining());
    int start = into.position();
    int limit = into.limit();
    inTurn(view -> {
      view.read(block * blockBytes, into.limit(limit).position(start));
      return into;
    });
  }

  @Override
  public Run run(long block) throws IOException {
    checkWithin(block, blockBytes);
    return inTurn(view -> {
      long from = block * blockBytes;
      long hole = (view.nextData(from) - from) / blockBytes;
      return hole > 0 ? new Run(hole, false) : new Run(dataFrom(view, from) / blockBytes, true);
    });
  }

  private void checkWithin(long block, int bytes) {
    if (bytes % blockBytes != 0 || !geometry.contains(block, bytes / blockBytes)) {
      throw new IllegalArgumentException(
          "%d bytes from block %d on do not lie on a disk of %d blocks"
              .formatted(bytes, block, geometry.blockCount()));
    }
  }

  /** How far it holds data from here on, without looking too long or too closely. */
  private long dataFrom(PastView view, long from) throws IOException {
    long to = from - from % RUN_BYTES + RUN_BYTES;
    for (int runs = 1;
        runs < RUNS_MAX && to < plan.sizeBytes() && view.nextData(to) < to + RUN_BYTES;
        runs++) {
      to += RUN_BYTES;
    }
    return Math.min(to, plan.sizeBytes()) - from;
  }

  private <T> T inTurn(PastViews.Use<T> what) throws DeviceException {
    turns.acquireUninterruptibly();
    try {
      for (int attempt = 1; ; attempt++) {
        int before = renewals;
        try {
          return once(what);
        } catch (DeviceException e) {
          throw e;
        } catch (IOException e) {
          if (attempt == ATTEMPTS_MAX || !renewed(before)) {
            throw unreadable(e);
          }
        }
      }
    } finally {
      turns.release();
    }
  }

  private <T> T once(PastViews.Use<T> what) throws IOException {
    using.readLock().lock();
    try {
      return opened()
          .use(view -> {
            T result = what.of(view);
            // Afterwards: what was read may have been changed until then.
            view.checkStillWithin(group.foldedSequence());
            return result;
          });
    } finally {
      using.readLock().unlock();
    }
  }

  private PastViews opened() throws DeviceException {
    PastViews open = views;
    if (open == null) {
      String why = end;
      throw why == null
          ? new DeviceException(Reason.NOT_READY, describe() + " is closed")
          : new DeviceException(Reason.UNREADABLE, why);
    }
    return open;
  }

  /**
   * After a failure, opens the history again if that may be because something was folded; whether
   * it is worth another attempt.
   *
   * @param before how often that was done when the attempt began
   */
  private boolean renewed(int before) throws DeviceException {
    using.writeLock().lock();
    try {
      PastViews old = opened();
      if (renewals != before) {
        return true;
      }
      if (!old.isOutdated()) {
        return false;
      }
      try {
        old.use(view -> {
          view.checkStillWithin(Long.MAX_VALUE);
          return view;
        });
      } catch (DamageException e) {
        end(String.valueOf(e.getMessage()));
        return true;
      }
      History history = pinned(source);
      PastViews next;
      try {
        next = new PastViews(history, disk(history, plan.disk().name()), plan.point().sequence());
      } catch (IllegalArgumentException e) {
        end("%s cannot be read any more: %s".formatted(describe(), e.getMessage()));
        return true;
      }
      views = next;
      renewals = before + 1;
      old.close();
      return true;
    } catch (DeviceException e) {
      throw e;
    } catch (IOException e) {
      throw unreadable(e);
    } finally {
      using.writeLock().unlock();
    }
  }

  /** Lets the history go, of which nothing can be used any more. */
  private void end(String why) throws IOException {
    log.error("{} has come to its end: {}", describe(), why);
    end = why;
    close();
  }

  private DeviceException unreadable(IOException e) {
    String text = e.getMessage() == null ? e.toString() : e.getMessage();
    if (e instanceof LossException loss) {
      text += ". " + LostInstants.text(loss.lost());
    }
    if (!text.equals(logged)) {
      logged = text;
      log.error("{}: {}", describe(), text);
    }
    return new DeviceException(Reason.UNREADABLE, text, e);
  }

  private String describe() {
    return "the past disk %s at seq:%d".formatted(plan.disk().name(), plan.point().sequence());
  }

  @Override
  public void write(long block, ByteBuffer data) throws IOException {
    throw readOnlyAlways();
  }

  @Override
  public void zero(List<Extent> extents, boolean deallocate) throws IOException {
    throw readOnlyAlways();
  }

  private DeviceException readOnlyAlways() {
    return new DeviceException(Reason.READ_ONLY, describe() + " is read-only");
  }

  /** There is nothing to settle. */
  @Override
  public void settle() {}

  /** There is nothing to flush. */
  @Override
  public void flush() {}

  /** Waits for those who read, and lets the history go. */
  @Override
  public void close() throws IOException {
    using.writeLock().lock();
    try {
      PastViews open = views;
      views = null;
      if (open != null) {
        open.close();
      }
    } finally {
      using.writeLock().unlock();
    }
  }
}
