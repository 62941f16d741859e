package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.GapNote;
import io.everwhen.journal.format.Unrecorded;
import io.everwhen.journal.history.HistorySegment.Reference;
import io.everwhen.journal.log.EntryReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What was rewound in a history, and what was not recorded. From a {@link EntryKind#REWIND} on
 * until the {@link EntryKind#REWOUND} after it, the content of a disk is what was recorded since,
 * and below that what it was at an earlier entry; after the REWOUND, everything stands in entries
 * again.
 *
 * <p>So an instant in between needs an earlier one, and cannot be asked for any more when that one
 * was folded or thinned away. In a gap, where changes were not recorded, no instant can be asked
 * for. One thread.
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
   * @param rewinds those of it that are still in the history, oldest first; none in a gap
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
  private final List<History.Gap> gaps;
  private final @Nullable Reference unrecorded;
  private final boolean known;

  private Rewinds(List<Filling> fillings, List<Reference> all, @Nullable GapNote open) {
    this.fillings = fillings;
    this.gaps = gaps(all, open);
    this.unrecorded = unrecorded(all);
    this.known = all.stream().noneMatch(Reference::unreadable);
  }

  /**
   * Those of a history. Where it cannot be read what was rewound, all instants from there on count
   * as needing one that is not there, up to where they surely do not.
   *
   * @param segments behind the baseline, oldest first
   * @param disks how many there are
   * @param open what is not recorded at present; null when all is
   */
  static Rewinds in(
      List<HistorySegment> segments, int disks, EntryReader reader, @Nullable GapNote open)
      throws IOException {
    List<Reference> all = new ArrayList<>();
    for (HistorySegment segment : segments) {
      all.addAll(segment.references(reader));
    }
    List<Filling> fillings = new ArrayList<>();
    for (int disk = 0; disk < disks && !all.isEmpty(); disk++) {
      addFillings(fillings, disk, all);
    }
    return new Rewinds(fillings, all, open);
  }

  private static @Nullable Reference unrecorded(List<Reference> all) {
    Reference open = null;
    for (Reference each : all) {
      if (each.kind() == EntryKind.UNRECORDED) {
        open = each;
      } else if (each.kind() == EntryKind.RECORDED) {
        open = null;
      }
    }
    return open;
  }

  private static List<History.Gap> gaps(List<Reference> all, @Nullable GapNote open) {
    List<History.Gap> gaps = new ArrayList<>();
    boolean over = open == null;
    for (Reference each : all) {
      if (each.kind() == EntryKind.RECORDED) {
        gaps.add(
            new History.Gap(
                each.refersTo(),
                each.sinceNanos(),
                new History.Point(each.sequence(), each.timeNanos())));
        // The note is deleted after the entry.
        over |=
            open != null && open.gap().equals(new Unrecorded(each.refersTo(), each.sinceNanos()));
      }
    }
    if (open != null && !over) {
      gaps.add(
          new History.Gap(
              open.gap().after(),
              open.gap().sinceNanos(),
              new History.Point(Long.MAX_VALUE, Long.MAX_VALUE)));
    }
    return gaps;
  }

  private static void addFillings(List<Filling> fillings, int disk, List<Reference> all) {
    List<Reference> rewinds = new ArrayList<>();
    long lost = Long.MAX_VALUE;
    long unrecorded = Long.MAX_VALUE;
    for (Reference each : all) {
      boolean ofDisk = each.disk() == disk;
      if (each.unreadable()) {
        lost = Math.min(lost, each.sequence());
      } else if (each.kind() == EntryKind.UNRECORDED) {
        unrecorded = Math.min(unrecorded, each.refersTo() + 1);
      } else if (each.kind() == EntryKind.RECORDED) {
        long first = Math.min(each.refersTo() + 1, lost);
        fillings.add(new Filling(disk, first, each.sequence(), each.timeNanos(), List.of()));
        unrecorded = Long.MAX_VALUE;
        lost = Long.MAX_VALUE;
      } else if (ofDisk && each.kind() == EntryKind.REWIND) {
        rewinds.add(each);
      } else if (ofDisk) {
        long first = Math.min(each.refersTo(), lost);
        List<Reference> known = lost < each.sequence() ? List.of() : List.copyOf(rewinds);
        fillings.add(new Filling(disk, first, each.sequence(), each.timeNanos(), known));
        rewinds.clear();
        lost = Long.MAX_VALUE;
      }
    }
    long unknown = Math.min(lost, unrecorded);
    if (unknown < Long.MAX_VALUE) {
      fillings.add(new Filling(disk, unknown, Long.MAX_VALUE, Long.MAX_VALUE, List.of()));
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

  /**
   * The oldest instant that one needs to be put together: its own, or where a disk was being filled
   * in then, what that was rewound to.
   */
  long oldestNeededBy(long sequence) {
    return fillings.stream()
        .filter(filling -> filling.contains(sequence))
        .flatMap(filling -> windows(filling.disk, sequence).stream())
        .flatMap(List::stream)
        .mapToLong(Window::upTo)
        .reduce(sequence, Math::min);
  }

  /** Whether a disk is not filled in yet at the end of the history. */
  boolean isOpen(int disk) {
    return fillings.stream()
        .anyMatch(
            each -> each.disk == disk && each.end == Long.MAX_VALUE && !each.rewinds.isEmpty());
  }

  /** What the UNRECORDED says that has no RECORDED yet; null when there is none. */
  @Nullable Unrecorded unrecorded() {
    return unrecorded == null
        ? null
        : new Unrecorded(unrecorded.refersTo(), unrecorded.sinceNanos());
  }

  /** Whether all entries can be read that this is made of. */
  boolean areKnown() {
    return known;
  }

  /** The stretches in which changes were not recorded, oldest first. */
  List<History.Gap> gaps() {
    return gaps;
  }

  /** The entries to which disks were rewound, and the last ones before gaps. */
  List<Long> targets() {
    return Stream.concat(
            fillings.stream().flatMap(filling -> filling.rewinds.stream()).map(Reference::refersTo),
            gaps.stream().map(History.Gap::after))
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
