package io.everwhen.restore.run;

import io.everwhen.journal.history.EntryPlace;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.LossException;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.history.RecordedExtents;
import io.everwhen.journal.io.Zeros;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.DiffPlan;
import io.everwhen.restore.plan.LostInstants;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Carries out a {@link DiffPlan}: finds in the indexes what was recorded between the two instants,
 * and compares the disk only there. Its memory does not grow with what it finds. One thread, as
 * long as the history is open.
 */
public final class Differ {

  private static final int WINDOW_BYTES = 1 << 20;

  /** How much is given up together where damage is met. */
  private static final int DAMAGED_BYTES = 4096;

  private final History history;
  private final Progress progress;
  private final int windowBytes;

  public Differ(History history, Progress progress) {
    this(history, progress, WINDOW_BYTES);
  }

  /** One that compares that much at once. */
  Differ(History history, Progress progress, int windowBytes) {
    this.history = history;
    this.progress = progress;
    this.windowBytes = windowBytes;
  }

  /** Receives what differs, in the order of its place on the disk; extents do not touch. */
  @FunctionalInterface
  public interface Receiver {
    void accept(Difference difference) throws IOException;
  }

  /**
   * Whatever was recorded between the two instants, also where the disk is the same again. No
   * content is read.
   */
  public DiffResult written(DiffPlan plan, Receiver receiver) throws IOException {
    Collector found = new Collector(receiver);
    RecordedExtents extents = recordedAfter(plan, plan.from().sequence());
    while (extents.advance()) {
      EntryPlace entry = extents.entry();
      found.add(extents.offset(), extents.end(), entry, entry, null);
    }
    history.checkStillWithin(plan.from().sequence());
    return found.end();
  }

  private RecordedExtents recordedAfter(DiffPlan plan, long sequence) throws IOException {
    return new RecordedExtents(history, plan.disk(), sequence, plan.to().sequence());
  }

  /**
   * Where the content differs; what lies beyond the end of the smaller one counts as zeros.
   *
   * @throws DamageException when one of the instants cannot be had at all. Damage that hides only a
   *     part of the disk is in the {@link Difference}s
   */
  public DiffResult content(DiffPlan plan, Receiver receiver) throws IOException {
    try (PastView before = new PastView(history, plan.disk(), plan.from().sequence());
        PastView after = new PastView(history, plan.disk(), plan.to().sequence())) {
      Comparison comparison = new Comparison(plan, before, after, new Collector(receiver));
      Region region = null;
      long from = plan.from().sequence();
      RecordedExtents extents =
          recordedAfter(plan, history.differsAfter(plan.disk(), from, plan.to().sequence()));
      while (extents.advance()) {
        if (region != null && extents.offset() <= region.end) {
          region.add(extents);
        } else {
          comparison.compare(region);
          region = new Region(extents);
        }
      }
      comparison.compare(region);
      history.checkStillWithin(plan.from().sequence());
      history.checkStillWithin(plan.to().sequence());
      return comparison.found.end();
    } catch (LossException e) {
      throw new DamageException(text(e), e);
    }
  }

  private static String text(LossException e) {
    return e.getMessage() + ". " + LostInstants.text(e.lost());
  }

  /** Extents that overlap or touch. */
  private static final class Region {
    private final long offset;
    private final EntryPlace entry;
    private long end;
    private boolean several;

    Region(RecordedExtents extents) {
      this.offset = extents.offset();
      this.end = extents.end();
      this.entry = extents.entry();
    }

    void add(RecordedExtents extents) {
      end = Math.max(end, extents.end());
      several = true;
    }
  }

  /** Puts together what touches, and counts. */
  private static final class Collector {
    private final Receiver receiver;
    private @Nullable Difference open;
    private long extents;
    private long bytes;
    private long unknownExtents;
    private long unknownBytes;

    Collector(Receiver receiver) {
      this.receiver = receiver;
    }

    void add(long offset, long end, EntryPlace first, EntryPlace last, @Nullable String damage)
        throws IOException {
      Difference before = open;
      if (before != null && offset <= before.end() && Objects.equals(damage, before.damage())) {
        open =
            new Difference(
                before.offset(),
                Math.max(end, before.end()) - before.offset(),
                EntryPlace.older(first, before.first()),
                EntryPlace.newer(last, before.last()),
                damage);
      } else {
        close();
        open = new Difference(offset, end - offset, first, last, damage);
      }
    }

    private void close() throws IOException {
      Difference closed = open;
      if (closed == null) {
        return;
      }
      if (closed.damage() == null) {
        extents++;
        bytes += closed.length();
      } else {
        unknownExtents++;
        unknownBytes += closed.length();
      }
      receiver.accept(closed);
    }

    DiffResult end() throws IOException {
      close();
      return new DiffResult(extents, bytes, unknownExtents, unknownBytes);
    }
  }

  /** Two views of a disk side by side. */
  private final class Comparison {
    private final DiffPlan plan;
    private final PastView before;
    private final PastView after;
    private final Collector found;
    private final int block;
    private final ByteBuffer beforeBytes = ByteBuffer.allocateDirect(windowBytes);
    private final ByteBuffer afterBytes = ByteBuffer.allocateDirect(windowBytes);

    // For each block of a window: the first and the last entry that recorded it.
    private final EntryPlace[] first;
    private final EntryPlace[] last;

    Comparison(DiffPlan plan, PastView before, PastView after, Collector found) {
      this.plan = plan;
      this.before = before;
      this.after = after;
      this.found = found;
      this.block = plan.disk().blockBytes();
      this.first = new EntryPlace[windowBytes / block];
      this.last = new EntryPlace[windowBytes / block];
    }

    void compare(@Nullable Region region) throws IOException {
      if (region == null) {
        return;
      }
      long end = Math.min(region.end, plan.maxBytes());
      long at = region.offset;
      while (at < end) {
        // Both are zeros up to there.
        long data = Math.min(nextData(before, at), nextData(after, at));
        at = Math.max(at, data - data % block);
        if (at < end) {
          int length = (int) Math.min(windowBytes, end - at);
          compare(region, at, length);
          at += length;
        }
        progress.at(Math.min(at, end), plan.maxBytes());
      }
    }

    private static long nextData(PastView view, long at) throws IOException {
      long next = at < view.sizeBytes() ? view.nextData(at) : Long.MAX_VALUE;
      return next < view.sizeBytes() ? next : Long.MAX_VALUE;
    }

    /** Compares up to a window. */
    private void compare(Region region, long at, int length) throws IOException {
      try {
        read(before, at, beforeBytes.clear().limit(length));
        read(after, at, afterBytes.clear().limit(length));
      } catch (LossException e) {
        compareDamaged(region, at, length, e);
        return;
      }
      if (beforeBytes.mismatch(afterBytes) >= 0) {
        findEntries(region, at, length);
        for (int from = 0; from < length; from += block) {
          if (differs(from)) {
            add(at + from, at + from + block, from / block, null);
          }
        }
      }
    }

    private boolean differs(int from) {
      return beforeBytes.slice(from, block).mismatch(afterBytes.slice(from, block)) >= 0;
    }

    private void compareDamaged(Region region, long at, int length, LossException damage)
        throws IOException {
      int piece = Math.max(block, DAMAGED_BYTES);
      if (length > piece) {
        for (int from = 0; from < length; from += piece) {
          compare(region, at + from, Math.min(piece, length - from));
        }
        return;
      }
      findEntries(region, at, length);
      for (int from = 0; from < length; from += block) {
        add(at + from, at + from + block, from / block, text(damage));
      }
    }

    private void add(long from, long to, int block, @Nullable String damage) throws IOException {
      found.add(from, to, first[block], last[block], damage);
    }

    /** Fills what lies beyond the disk's end with zeros. */
    private static void read(PastView view, long at, ByteBuffer into) throws IOException {
      int limit = into.limit();
      into.limit(Math.clamp(view.sizeBytes() - at, 0, limit));
      if (into.hasRemaining()) {
        view.read(at, into);
      }
      Zeros.fill(into.limit(limit));
      into.flip();
    }

    /** Finds who recorded the blocks of a window, all of which somebody did. */
    private void findEntries(Region region, long at, int length) throws IOException {
      int blocks = length / block;
      Arrays.fill(first, 0, blocks, region.entry);
      Arrays.fill(last, 0, blocks, region.entry);
      if (!region.several) {
        return;
      }
      BitSet seen = new BitSet(blocks);
      RecordedExtents extents =
          new RecordedExtents(
              history, plan.disk(), plan.from().sequence(), plan.to().sequence(), at, at + length);
      while (extents.advance()) {
        EntryPlace entry = extents.entry();
        int from = (int) ((Math.max(extents.offset(), at) - at) / block);
        int to = (int) ((Math.min(extents.end(), at + length) - at) / block);
        for (int i = from; i < to; i++) {
          first[i] = seen.get(i) ? EntryPlace.older(first[i], entry) : entry;
          last[i] = seen.get(i) ? EntryPlace.newer(last[i], entry) : entry;
          seen.set(i);
        }
      }
    }
  }
}
