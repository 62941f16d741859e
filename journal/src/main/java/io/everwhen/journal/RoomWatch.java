package io.everwhen.journal;

import io.everwhen.journal.Room.Bound;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Raises an alarm when a journal has used most of its room, once a level, and takes it back only
 * when there is clearly less.
 *
 * <p>Which room it is depends on what is smaller: the size that the journal may have, or what it
 * and the free space on its volume come to. A journal that has reached its size is as it should be:
 * the oldest is folded, again and again. So the size alarms on the way there, before anything is
 * folded, and when it is exceeded, because folding does not keep up. The volume always alarms:
 * other things may fill it up, and then writes are refused. One thread at a time looks; any may
 * ask.
 */
final class RoomWatch {

  /** In percent, ascending. */
  static final List<Integer> LEVELS = List.of(80, 90, 95);

  /** A level is left this many percent below it. */
  static final int HYSTERESIS = 3;

  /** The last one and above are errors. */
  private static final int ERROR_LEVEL = 95;

  private static final Logger log = LoggerFactory.getLogger(RoomWatch.class);

  private final String journal;
  private volatile Room room = new Room(Bound.SIZE, 0, 0, null);

  /**
   * @param journal how messages call it
   */
  RoomWatch(String journal) {
    this.journal = journal;
  }

  /** How it was when somebody looked last. */
  Room room() {
    return room;
  }

  /**
   * Looks.
   *
   * @param journalBytes what the journal takes
   * @param historyBytes what it may take
   * @param slackBytes by how much it may exceed that for a while
   * @param freeBytes what is free on its volume, beyond what it leaves free
   * @param folded whether anything was ever folded
   */
  void look(long journalBytes, long historyBytes, long slackBytes, long freeBytes, boolean folded) {
    long volumeBytes = journalBytes + Math.clamp(freeBytes, 0, Long.MAX_VALUE / 2);
    Bound bound = volumeBytes < historyBytes ? Bound.VOLUME : Bound.SIZE;
    long most = Math.max(1, Math.min(volumeBytes, historyBytes));
    int percent = (int) Math.min(Integer.MAX_VALUE, (long) (journalBytes * 100.0 / most));
    boolean exceeded = journalBytes > historyBytes + slackBytes;
    Room before = room;
    boolean usual = bound == Bound.SIZE && folded && !exceeded;
    int level = usual ? 0 : level(percent, before.bound() == bound ? before.level() : 0);
    Room now =
        new Room(
            bound,
            percent,
            level,
            alarm(bound, exceeded, percent, level, journalBytes, most, historyBytes));
    room = now;
    if (now.alarm() != null && (level > before.level() || bound != before.bound())) {
      if (level >= ERROR_LEVEL && bound == Bound.VOLUME) {
        log.error("{}: {}", journal, now.alarm());
      } else {
        log.warn("{}: {}", journal, now.alarm());
      }
    } else if (level < before.level()) {
      log.info("{}: {} % of the room is used, the alarm is at {} % now", journal, percent, level);
    }
  }

  /** The level at a percentage, after another one. */
  private static int level(int percent, int before) {
    int level = 0;
    for (int each : LEVELS) {
      if (percent >= each || (each <= before && percent > each - HYSTERESIS)) {
        level = each;
      }
    }
    return level;
  }

  private static @Nullable String alarm(
      Bound bound,
      boolean exceeded,
      int percent,
      int level,
      long journalBytes,
      long mostBytes,
      long historyBytes) {
    if (level == 0) {
      return null;
    }
    return switch (bound) {
      case VOLUME ->
          ("%d %% of the room on the journal's volume is used: %d of %d MiB, and %d MiB of history are to be kept. When"
                  + " nothing is left, the oldest is folded early, and where that does not help writes are refused. Free"
                  + " space on the volume, enlarge it, or lower journal_size")
              .formatted(percent, journalBytes >> 20, mostBytes >> 20, historyBytes >> 20);
      case SIZE ->
          exceeded
              ? ("the journal takes %d MiB and should take %d: folding the oldest does not keep up. Somebody may be reading"
                      + " history for long, which puts it off; or else see what is logged")
                  .formatted(journalBytes >> 20, historyBytes >> 20)
              : ("%d %% of journal_size is used: %d of %d MiB. When all of it is, the oldest is folded into the baseline, and"
                      + " cannot be restored any more. To keep more, raise journal_size")
                  .formatted(percent, journalBytes >> 20, historyBytes >> 20);
    };
  }
}
