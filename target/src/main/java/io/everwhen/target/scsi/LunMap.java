package io.everwhen.target.scsi;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which logical unit each LUN leads to; SAM-5 section 4.7.
 *
 * @param units by LUN, 0 to {@link #LUN_MAX}; not to be changed
 */
public record LunMap(SortedMap<Integer, LogicalUnit> units) {

  /** No LUN leads anywhere. */
  public static final LunMap EMPTY = new LunMap(new TreeMap<>());

  /** The highest LUN that flat addressing can name, SAM-5 section 4.7.7.3. */
  public static final int LUN_MAX = 0x3fff;

  /** What names no LUN. */
  static final int NO_LUN = -1;

  private static final int PERIPHERAL_LUN_MAX = 0xff;
  private static final int FIRST_LEVEL_AT = 48;
  private static final long LOWER_LEVELS = (1L << FIRST_LEVEL_AT) - 1;
  private static final int FLAT = 0x4000;

  public LunMap {
    units = Collections.unmodifiableSortedMap(new TreeMap<>(units));
    if (!units.isEmpty() && (units.firstKey() < 0 || units.lastKey() > LUN_MAX)) {
      throw new IllegalArgumentException("a LUN is 0 to " + LUN_MAX + ", unlike " + units.keySet());
    }
  }

  /** One unit, as LUN 0. */
  public static LunMap of(LogicalUnit unit) {
    return new LunMap(new TreeMap<>(Map.of(0, unit)));
  }

  /**
   * The LUN that an 8-byte LUN field names by peripheral or flat addressing; or {@link #NO_LUN}.
   */
  static int decode(long field) {
    int first = (int) (field >>> FIRST_LEVEL_AT);
    if ((field & LOWER_LEVELS) != 0) {
      return NO_LUN;
    } else if (first <= PERIPHERAL_LUN_MAX) {
      return first;
    }
    return (first & ~LUN_MAX) == FLAT ? first & LUN_MAX : NO_LUN;
  }

  /** The LUN field that names a LUN: peripheral addressing as far as it goes, then flat. */
  static long encode(int lun) {
    return (long) (lun <= PERIPHERAL_LUN_MAX ? lun : FLAT | lun) << FIRST_LEVEL_AT;
  }
}
