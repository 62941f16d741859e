package io.everwhen.journal.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.log.Cursor;
import io.everwhen.journal.log.DamageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The marks of a history.
 *
 * @param all those whose instants can be asked for, oldest first
 * @param damage why some may be left out; null when there are no more
 */
public record Marks(List<Mark> all, @Nullable DamageException damage) {

  /**
   * A mark.
   *
   * @param name as it was given
   * @param point where it is
   */
  public record Mark(String name, Point point) {}

  static Marks in(History history) throws IOException {
    List<Mark> marks = new ArrayList<>();
    DamageException damage = null;
    for (HistorySegment segment : history.segments()) {
      SegmentIndex index = segment.index();
      for (int i = 0; i < index.events(); i++) {
        try (Cursor cursor = segment.cursorAt(index.eventPlace(i))) {
          if (!cursor.advance()) {
            throw segment.damaged(null);
          }
          if (cursor.entry().kind() == EntryKind.MARK
              && history.isKept(cursor.entry().sequence())) {
            String name = UTF_8.decode(cursor.payload()).toString();
            marks.add(new Mark(name, Instants.point(cursor.entry())));
          }
        } catch (DamageException e) {
          damage = e;
        }
      }
    }
    List<Hole> holes = history.holes();
    return new Marks(marks, holes.isEmpty() ? damage : history.unknown(holes.getFirst()));
  }
}
