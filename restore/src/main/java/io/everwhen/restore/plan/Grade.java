package io.everwhen.restore.plan;

/**
 * How clean a disk was at an instant: how many changes its initiators had made since they last
 * flushed it. With none, what depends on the order of writes is consistent there; with some, it is
 * as after a power cut, which journaling file systems and databases recover from.
 */
public sealed interface Grade {

  /** As it reads in a table. */
  String text();

  /** So many changes. */
  record Exactly(long unflushed) implements Grade {
    @Override
    public String text() {
      return unflushed == 0 ? "clean" : Long.toString(unflushed);
    }
  }

  /** So many changes since what is left of the history, or was looked at, begins. */
  record AtLeast(long unflushed) implements Grade {
    @Override
    public String text() {
      return unflushed + "+";
    }
  }

  /**
   * Nobody can tell: the history was thinned there, or the disk was rewound, or not recorded, and
   * not flushed since.
   */
  record Unknown() implements Grade {
    @Override
    public String text() {
      return "?";
    }
  }

  /** The same after so many more changes. */
  default Grade plus(long changes) {
    return switch (this) {
      case Exactly exactly -> new Exactly(exactly.unflushed() + changes);
      case AtLeast least -> new AtLeast(least.unflushed() + changes);
      case Unknown unknown -> unknown;
    };
  }
}
