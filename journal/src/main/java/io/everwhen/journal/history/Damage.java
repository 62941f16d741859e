package io.everwhen.journal.history;

import java.util.List;

/**
 * Something in a history that is not as it was written.
 *
 * @param where the file
 * @param what is wrong with it
 * @param lost the instants that cannot be restored because of it; none when all of them can be
 */
public record Damage(String where, String what, List<Lost> lost) {

  public Damage {
    lost = List.copyOf(lost);
  }
}
