package io.everwhen.target.scsi;

import java.util.List;

/**
 * The ports of a target, as seen by a nexus.
 *
 * @param own the one that the nexus goes through
 * @param all every one, the own among them
 */
public record TargetPorts(TargetPort own, List<TargetPort> all) {

  /** The most ports of a target. */
  public static final int PORTS_MAX = 32;

  public TargetPorts {
    all = List.copyOf(all);
    if (!all.contains(own) || all.size() > PORTS_MAX) {
      throw new IllegalArgumentException(
          own + " is not one of at most " + PORTS_MAX + " ports: " + all);
    }
  }

  /** The ports of a target that has only this one. */
  public static TargetPorts only(TargetPort port) {
    return new TargetPorts(port, List.of(port));
  }
}
