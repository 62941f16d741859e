package io.everwhen.appliance.config;

import io.everwhen.target.iscsi.Access;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A target that leads to several disks, or to different ones for different initiators.
 *
 * @param name its iSCSI name
 * @param luns what an initiator sees whose rule does not say otherwise
 * @param rules who may use it: the first one that admits an initiator counts, and whom none admits
 *     may not
 */
public record TargetConfig(String name, SortedMap<Integer, DiskName> luns, List<Rule> rules) {

  /**
   * What holds for some initiators.
   *
   * @param access who they are, and what they have to prove
   * @param luns what they see, or null for what the target shows
   */
  public record Rule(Access access, @Nullable SortedMap<Integer, DiskName> luns) {

    public Rule {
      luns = luns == null ? null : Collections.unmodifiableSortedMap(new TreeMap<>(luns));
    }
  }

  public TargetConfig {
    luns = Collections.unmodifiableSortedMap(new TreeMap<>(luns));
    rules = List.copyOf(rules);
  }

  /** Whether somebody may not use it. */
  public boolean restricted() {
    return rules.stream().noneMatch(rule -> rule.access().open());
  }

  /** Whether some LUN leads to this disk. */
  public boolean leadsTo(DiskName disk) {
    return luns.containsValue(disk)
        || rules.stream().anyMatch(rule -> rule.luns() != null && rule.luns().containsValue(disk));
  }
}
