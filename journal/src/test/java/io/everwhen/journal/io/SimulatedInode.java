package io.everwhen.journal.io;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A simulated file: what programs see of it, what is on stable storage, and the changes on their
 * way there.
 */
final class SimulatedInode {

  private static final int SECTOR_BYTES = 512;

  /** A change of the file's bytes or size. */
  sealed interface Change {

    void applyTo(Pages pages);

    record Write(long position, ByteBuffer data) implements Change {
      @Override
      public void applyTo(Pages pages) {
        pages.write(position, data, 0, data.limit());
      }

      long end() {
        return position + data.limit();
      }
    }

    record SetSize(long bytes) implements Change {
      @Override
      public void applyTo(Pages pages) {
        pages.setSize(bytes);
      }
    }

    record Allocate(long bytes) implements Change {
      @Override
      public void applyTo(Pages pages) {
        pages.allocate(bytes);
      }
    }

    record Zero(long position, long length) implements Change {
      @Override
      public void applyTo(Pages pages) {
        pages.zero(position, length);
      }
    }
  }

  private Pages seen;
  private Pages durable;
  private final List<Change> unsynced = new ArrayList<>();
  // Whether a failed sync has lost changes that are still seen.
  private boolean diverged;

  SimulatedInode() {
    this(new Pages(), new Pages());
  }

  private SimulatedInode(Pages seen, Pages durable) {
    this.seen = seen;
    this.durable = durable;
  }

  SimulatedInode copy() {
    SimulatedInode copy = new SimulatedInode(seen.copy(), durable.copy());
    copy.unsynced.addAll(unsynced);
    copy.diverged = diverged;
    return copy;
  }

  Pages seen() {
    return seen;
  }

  void change(Change change) {
    change.applyTo(seen);
    unsynced.add(change);
  }

  void sync() {
    if (diverged) {
      unsynced.forEach(change -> change.applyTo(durable));
    } else if (!unsynced.isEmpty()) {
      durable = seen.copy();
    }
    unsynced.clear();
  }

  /**
   * The system forgets what it could not write: a later sync succeeds. What it forgets may be read
   * until the power fails, or be gone at once. Sizes and holes are not lost; a file system that
   * cannot write its own journal takes nothing more.
   *
   * @return whether something was lost that can no longer be read either
   */
  boolean failSync(RandomGenerator random) {
    double keep = random.nextDouble();
    boolean lost = false;
    for (Change change : unsynced) {
      if (change instanceof Change.Write write && random.nextDouble() >= keep) {
        tear(durable, write, random);
        durable.extend(write.end());
        lost = true;
      } else {
        change.applyTo(durable);
      }
    }
    unsynced.clear();
    diverged = true;
    if (lost && random.nextBoolean()) {
      seen = durable.copy();
      return true;
    }
    return false;
  }

  /** Leaves what is on stable storage, and a random part of what was not yet. */
  void crash(RandomGenerator random, double keep, double tear) {
    reach(durable, random, keep, tear);
    unsynced.clear();
    seen = durable.copy();
    diverged = false;
  }

  private void reach(Pages pages, RandomGenerator random, double keep, double tear) {
    for (Change change : unsynced) {
      if (random.nextDouble() < keep) {
        change.applyTo(pages);
      } else if (change instanceof Change.Write write) {
        if (random.nextDouble() < tear) {
          tear(pages, write, random);
        }
        if (random.nextInt(4) == 0) {
          pages.extend(write.end());
        }
      }
    }
  }

  private static void tear(Pages pages, Change.Write write, RandomGenerator random) {
    int length = write.data.limit();
    for (int from = 0, to; from < length; from = to) {
      int within = (int) ((write.position + from) % SECTOR_BYTES);
      to = Math.min(length, from + SECTOR_BYTES - within);
      if (random.nextBoolean()) {
        pages.write(write.position + from, write.data, from, to - from);
      }
    }
  }
}
