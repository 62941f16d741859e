package io.everwhen.restore.plan;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History.Point;

/**
 * Between which instants to look for differences of a disk.
 *
 * @param disk which one
 * @param from the last entry that belongs to the earlier instant
 * @param to the last entry that belongs to the later one
 * @param fromBytes how large the disk was at the earlier instant
 * @param toBytes how large it was at the later one
 * @param thinned whether history was thinned in between: then entries are missing, and the first
 *     change of a place is the first that is left
 */
public record DiffPlan(
    Manifest.Disk disk, Point from, Point to, long fromBytes, long toBytes, boolean thinned) {

  /** The size of the larger one; beyond the end of the smaller one there are zeros. */
  public long maxBytes() {
    return Math.max(fromBytes, toBytes);
  }
}
