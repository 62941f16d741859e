package io.everwhen.journal;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.HistorySegment;
import io.everwhen.journal.history.Marks;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.assertj.core.api.Assertions;

/** Compares everything that a history tells with an oracle. */
final class PastChecks {

  private static final int SECTOR_BYTES = 512;
  private static final int MAX_DISK_BYTES = 128 << 10;

  private PastChecks() {}

  /**
   * Checks all entries, marks, and the disks at the horizon, at the head and at some instants
   * between, or at all of them if there are no more.
   *
   * @return the head's sequence
   */
  static long check(Storage journal, Oracle oracle, int instants, RandomGenerator random)
      throws IOException {
    try (History history = History.open(journal, RandomHistory.SECRET)) {
      long horizon = history.horizon().sequence();
      long head = history.head().sequence();
      if (history.tailDamage().isPresent()) {
        Assertions.fail("the tail is said to be damaged: %s", history.tailDamage().get());
      }
      if (head > oracle.head()) {
        Assertions.fail(
            "the history ends with entry %d, but only %d were made", head, oracle.head());
      }
      if (!oracle.completeAt(head) || !oracle.completeAt(horizon)) {
        Assertions.fail("the history from %d to %d holds a part of a change", horizon, head);
      }
      history.proofs().signedHead().ifPresent(signed -> checkSigned(history, signed, head));
      history.proofs().headDamage().ifPresent(Assertions::fail);
      checkEntries(history, oracle);
      checkInstants(history, oracle, wanted(horizon, head, instants, random));
      return head;
    }
  }

  /** Checks that everything that was pinned is there and can be asked for. */
  static void checkPins(Storage journal, RandomHistory made) throws IOException {
    if (made.pinned().isEmpty()) {
      return;
    }
    try (History history = History.open(journal, RandomHistory.SECRET)) {
      Pins pins = new Pins(history.manifest().id(), history.pins());
      made.pinned()
          .forEach((sequence, name) -> {
            if (pins.find(name).map(Pins.Pin::sequence).orElse(-1L) != (long) sequence) {
              Assertions.fail("the pin %s of entry %d is lost", name, sequence);
            }
          });
      long[] sequences = made.pinned().keySet().stream().mapToLong(Long::longValue).toArray();
      for (long sequence : sequences) {
        if (history.atSequence(sequence).map(History.Point::sequence).orElse(-1L) != sequence) {
          Assertions.fail("the pinned instant of entry %d is gone", sequence);
        }
      }
      checkInstants(history, made.oracle(), sequences);
    }
  }

  /** The signed head may be behind, but never claims more than there is. */
  private static void checkSigned(History history, SignedHead signed, long head) {
    if (!signed.isSigned() || signed.sequence() > head) {
      Assertions.fail("%s does not fit a history up to entry %d", signed, head);
    }
    for (HistorySegment segment : history.segments()) {
      if (segment.number() == signed.segment()
          && !signed.seal().equals(HexFormat.of().formatHex(segment.index().seal()))) {
        Assertions.fail("%s is not the seal of its segment", signed);
      }
    }
  }

  private static long[] wanted(long horizon, long head, int instants, RandomGenerator random) {
    if (head - horizon < instants) {
      return LongStream.rangeClosed(horizon, head).toArray();
    }
    return LongStream.concat(
            LongStream.of(horizon, head), random.longs(instants, horizon, head + 1))
        .sorted()
        .toArray();
  }

  /** Checks the disks as of some entries, in ascending order. */
  static void checkInstants(History history, Oracle oracle, long... sequences) throws IOException {
    Oracle.Replay replay = oracle.replay(history.horizon().sequence());
    byte[] buffer = new byte[MAX_DISK_BYTES];
    for (long wanted : sequences) {
      long expected = wanted;
      while (!oracle.completeAt(expected) || !isKept(history, expected)) {
        expected--;
      }
      long found = history.atSequence(wanted).orElseThrow().sequence();
      if (found != expected) {
        Assertions.fail(
            "the last change complete at entry %d is %d, not %d", wanted, expected, found);
      }
      if (expected == wanted) {
        replay.forwardTo(expected);
        checkAt(history, replay, expected, buffer);
      }
    }
  }

  /** Where history was thinned, only what it says it has kept can be asked for. */
  private static boolean isKept(History history, long sequence) throws IOException {
    return sequence >= history.thinnedUpTo().sequence()
        || history.keptInstants().stream().anyMatch(point -> point.sequence() == sequence);
  }

  private static void checkEntries(History history, Oracle oracle) throws IOException {
    long horizon = history.horizon().sequence();
    long[] last = {
      history.segments().isEmpty()
          ? horizon
          : history.segments().getFirst().index().firstSequence() - 1
    };
    long thinned = Math.max(last[0], history.thinnedUpTo().sequence());
    long[] lastTime = {Long.MIN_VALUE};
    int[] marks = new int[1];
    history.visitFrom(
        0,
        (entry, stored) -> {
          boolean follows =
              entry.sequence() <= thinned
                  ? entry.sequence() > last[0]
                  : entry.sequence() == Math.max(last[0], thinned) + 1;
          if (!follows || entry.timeNanos() <= lastTime[0]) {
            Assertions.fail("entry %d does not follow from entry %d", entry.sequence(), last[0]);
          }
          ByteBuffer payload = history.content(entry, stored);
          if (!oracle.version(entry.sequence()).matches(entry, payload)) {
            Assertions.fail(
                "%s is not what was staged: %s", entry, oracle.version(entry.sequence()));
          }
          last[0] = entry.sequence();
          lastTime[0] = entry.timeNanos();
          boolean isMark = entry.kind() == EntryKind.MARK && history.isKept(entry.sequence());
          marks[0] += isMark ? 1 : 0;
          return true;
        });
    if (Math.max(last[0], thinned) != history.head().sequence()) {
      Assertions.fail(
          "the entries end with %d, the history with %d", last[0], history.head().sequence());
    }
    for (Marks.Mark mark : history.marks().all()) {
      marks[0]--;
      ByteBuffer name = StandardCharsets.UTF_8.encode(mark.name());
      if (!name.equals(oracle.version(mark.point().sequence()).payload())) {
        Assertions.fail("%s is not where it was made", mark);
      }
      long at = history.atTime(mark.point().timeNanos()).map(History.Point::sequence).orElse(-1L);
      if (mark.point().sequence() >= horizon && at != mark.point().sequence()) {
        Assertions.fail("the time of %s leads to entry %d", mark, at);
      }
    }
    if (marks[0] != 0) {
      Assertions.fail("%d marks are lost", marks[0]);
    }
  }

  private static void checkAt(History history, Oracle.Replay replay, long sequence, byte[] buffer)
      throws IOException {
    for (Manifest.Disk disk : history.manifest().disks()) {
      byte[] expected = replay.content(disk.number());
      try (PastView view = new PastView(history, disk, sequence)) {
        if (view.sizeBytes() != expected.length) {
          Assertions.fail(
              "%s at entry %d has %d bytes, not %d",
              disk.name(), sequence, view.sizeBytes(), expected.length);
        }
        view.read(0, ByteBuffer.wrap(buffer, 0, expected.length));
        same("the past disk", disk, sequence, expected, buffer);
        int hole = (int) view.nextData(0);
        if (firstData(expected) < hole) {
          Assertions.fail("%s at entry %d has data before byte %d", disk.name(), sequence, hole);
        }
      }
    }
  }

  private static int firstData(byte[] content) {
    int at = 0;
    while (at < content.length && content[at] == 0) {
      at++;
    }
    return at;
  }

  static void same(String what, Manifest.Disk disk, long sequence, byte[] expected, byte[] found) {
    int at =
        Arrays.mismatch(
            expected, 0, expected.length, found, 0, Math.min(found.length, expected.length));
    if (at >= 0) {
      Assertions.fail(
          "%s %s at entry %d is wrong from sector %d of %d on",
          what, disk.name(), sequence, at / SECTOR_BYTES, expected.length / SECTOR_BYTES);
    }
  }
}
