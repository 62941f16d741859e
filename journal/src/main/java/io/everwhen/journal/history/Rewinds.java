package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.history.HistorySegment.Reference;
import io.everwhen.journal.log.EntryReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was rewound in a history. From a {@link EntryKind#REWIND} on until the {@link
 * EntryKind#REWOUND} after it, the content of a disk is what was recorded since, and below that
 * what it was at an earlier entry; after the REWOUND, everything stands in entries again.
 *
 * <p>So an instant in between needs an earlier one, and cannot be asked for any more when that one
 * was folded or thinned away. One thread.
 */
final class Rewinds {

  /**
   * Entries that count, from the one after {@code after} up to {@code upTo}.
   *
   * @param after 0 for all
   */
  record Window(long after, long upTo) {}

  /**
   * A stretch of the timeline on which a disk is being filled in.
   *
   * @param first the first REWIND that is
   * @param end the REWOUND, or the greatest number where there is none yet
   * @param endTimeNanos its stamp
   * @param rewinds those of it that are still in the history, oldest first
   */
  private record Filling(
      int disk, long first, long end, long endTimeNanos, List<Reference> rewinds) {

    boolean contains(long sequence) {
      return sequence >= first && sequence < end;
    }

    /** The one that says what the disk is at an entry within this; null when it was folded away. */
    @Nullable Reference at(long sequence) {
      Reference found = null;
      for (Reference rewind : rewinds) {
        if (rewind.sequence() <= sequence) {
          found = rewind;
        }
      }
      return found;
    }
  }

  private final List<Filling> fillings;

  private Rewinds(List<Filling> fillings) {
    this.fillings = fillings;
  }

  /**
   * Those of a history. Where it cannot be read what was rewound, all instants from there on count
   * as needing one that is not there, up to where they surely do not.
   *
   * @param segments behind the baseline, oldest first
   * @param disks how many there are
   */
  static Rewinds in(List<HistorySegment> segments, int disks, EntryReader reader)
      throws IOException {
    List<Reference> all = new ArrayList<>();
    for (HistorySegment segment : segments) {
      all.addAll(segment.references(reader));
    }
    List<Filling> fillings = new ArrayList<>();
    for (int disk = 0; disk < disks && !all.isEmpty(); disk++) {
      addFillings(fillings, disk, all);
    }
    return new Rewinds(fillings);
  }

  private static void addFillings(List<Filling> fillings, int disk, List<Reference> all) {
    List<Reference> rewinds = new ArrayList<>();
    long lost = Long.MAX_VALUE;
    for (Reference each : all) {
      if (each.unreadable()) {
        lost = Math.min(lost, each.sequence());
      } else if (each.disk() == disk && each.kind() == EntryKind.REWIND) {
        rewinds.add(each);
      } else if (each.disk() == disk) {
        long first = Math.min(each.refersTo(), lost);
        List<Reference> known = lost < each.sequence() ? List.of() : List.copyOf(rewinds);
        fillings.add(new Filling(disk, first, each.sequence(), each.timeNanos(), known));
        rewinds.clear();
        lost = Long.MAX_VALUE;
      }
    }
    if (lost < Long.MAX_VALUE) {
      fillings.add(new Filling(disk, lost, Long.MAX_VALUE, Long.MAX_VALUE, List.of()));
    }
    if (!rewinds.isEmpty()) {
      fillings.add(
          new Filling(
              disk,
              rewinds.getFirst().sequence(),
              Long.MAX_VALUE,
              Long.MAX_VALUE,
              List.copyOf(rewinds)));
    }
  }

  boolean none() {
    return fillings.isEmpty();
  }

  /**
   * Which entries count for a disk as of one: those of the first window first, and those of the
   * next only where none of the first recorded anything.
   *
   * @return empty when that was folded away
   */
  Optional<List<Window>> windows(int disk, long sequence) {
    List<Window> windows = new ArrayList<>();
    long upTo = sequence;
    while (true) {
      Filling filling = filling(disk, upTo);
      if (filling == null) {
        windows.add(new Window(0, upTo));
        return Optional.of(windows);
      }
      Reference rewind = filling.at(upTo);
      if (rewind == null) {
        return Optional.empty();
      }
      windows.add(new Window(rewind.sequence(), upTo));
      upTo = rewind.refersTo();
    }
  }

  /** The first that contains it: where two do, that of which nobody can tell what it says. */
  private @Nullable Filling filling(int disk, long sequence) {
    for (Filling filling : fillings) {
      if (filling.disk == disk && filling.contains(sequence)) {
        return filling;
      }
    }
    return null;
  }

  /** Whether a disk is not filled in yet at the end of the history. */
  boolean isOpen(int disk) {
    return filling(disk, Long.MAX_VALUE - 1) != null;
  }

  /** The entries to which disks were rewound. */
  List<Long> targets() {
    return fillings.stream()
        .flatMap(filling -> filling.rewinds.stream())
        .map(Reference::refersTo)
        .distinct()
        .toList();
  }

  /** The end of the stretch in which an instant needs an earlier one; empty when it needs none. */
  Optional<History.Point> filledInAfter(long sequence) {
    History.Point end = null;
    for (Filling filling : fillings) {
      if (filling.contains(sequence) && (end == null || filling.end > end.sequence())) {
        end = new History.Point(filling.end, filling.endTimeNanos);
      }
    }
    return Optional.ofNullable(end);
  }

  /** The entry before the stretch in which an instant needs an earlier one. */
  long lastBefore(long sequence) {
    long before = sequence;
    for (Filling filling : fillings) {
      if (filling.contains(sequence)) {
        before = Math.min(before, filling.first - 1);
      }
    }
    return before;
  }

  /** Whether something of an instant may be there: what tells whether another one is. */
  interface Availability {
    boolean isThere(long sequence);
  }

  /**
   * Whether every disk as of an entry can be put together from what is there.
   *
   * @param availability of instants that need no other
   */
  boolean isWhole(long sequence, Availability availability) {
    for (Filling filling : fillings) {
      if (!filling.contains(sequence)) {
        continue;
      }
      Optional<List<Window>> windows = windows(filling.disk, sequence);
      if (windows.isEmpty()
          || windows.get().stream().skip(1).anyMatch(w -> !availability.isThere(w.upTo()))) {
        return false;
      }
    }
    return true;
  }
}
