package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.TargetConfig;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.target.iscsi.Access;
import io.everwhen.target.iscsi.AccessRule;
import io.everwhen.target.iscsi.SessionStatus;
import io.everwhen.target.iscsi.Target;
import io.everwhen.target.iscsi.TargetStatus;
import io.everwhen.target.iscsi.Targets;
import io.everwhen.target.scsi.LogicalUnit;
import io.everwhen.target.scsi.LunMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Which targets lead to the disks: those of the configuration, and one of its own name for each
 * disk that none of them leads to. One thread at a time changes it; any may look.
 */
final class Exports {

  private final Targets targets;
  private final Map<String, Target> served = new ConcurrentSkipListMap<>();

  Exports(Targets targets) {
    this.targets = targets;
  }

  /**
   * Serves these disks as the configuration says, and no others. When this returns, no command uses
   * a disk that is not among them.
   *
   * @return what has changed, for people
   */
  List<String> serve(Config config, List<OpenDisk> disks) {
    Map<String, Target> wanted = wanted(config, disks);
    List<String> changes = new ArrayList<>();
    for (String name : List.copyOf(served.keySet())) {
      if (!wanted.containsKey(name)) {
        targets.remove(name);
        served.remove(name);
        changes.add("target " + name + " is gone");
      }
    }
    wanted.forEach((name, target) -> {
      Target before = served.put(name, target);
      if (before == null) {
        targets.add(target);
        changes.add("target " + name + " is new");
      } else if (!before.equals(target)) {
        targets.update(target);
        changes.add("target " + name + " has other rules or LUNs");
      }
    });
    return changes;
  }

  private static Map<String, Target> wanted(Config config, List<OpenDisk> disks) {
    Map<DiskName, LogicalUnit> units = new HashMap<>();
    disks.forEach(disk -> units.put(disk.disk().name(), disk.unit()));
    Map<String, Target> wanted = new TreeMap<>();
    for (TargetConfig target : config.targets()) {
      List<AccessRule> rules = new ArrayList<>();
      for (TargetConfig.Rule rule : target.rules()) {
        SortedMap<Integer, DiskName> luns = rule.luns();
        rules.add(new AccessRule(rule.access(), map(luns == null ? target.luns() : luns, units)));
      }
      wanted.put(target.name(), new Target(target.name(), rules));
    }
    for (OpenDisk disk : disks) {
      DiskName name = disk.disk().name();
      if (config.targets().stream().noneMatch(target -> target.leadsTo(name))) {
        Access access = config.disk(name).map(DiskConfig::access).orElse(Access.OPEN);
        wanted.put(
            name.iqn(),
            new Target(name.iqn(), List.of(new AccessRule(access, LunMap.of(disk.unit())))));
      }
    }
    return wanted;
  }

  private static LunMap map(SortedMap<Integer, DiskName> luns, Map<DiskName, LogicalUnit> units) {
    SortedMap<Integer, LogicalUnit> map = new TreeMap<>();
    luns.forEach((lun, disk) -> {
      LogicalUnit unit = units.get(disk);
      if (unit != null) {
        map.put(lun, unit);
      }
    });
    return new LunMap(map);
  }

  /** The targets that are served, by name. */
  List<Target> targets() {
    return List.copyOf(served.values());
  }

  /** Those that lead somebody to this disk. */
  List<Target> targetsOf(OpenDisk disk) {
    return served.values().stream()
        .filter(target ->
            target.rules().stream()
                .anyMatch(rule -> rule.luns().units().containsValue(disk.unit())))
        .toList();
  }

  /** Who is logged in to a target that leads to this disk. */
  List<SessionStatus> users(OpenDisk disk) {
    List<String> names = targetsOf(disk).stream().map(Target::name).toList();
    return targets.status().stream()
        .filter(target -> names.contains(target.name()))
        .map(TargetStatus::sessions)
        .flatMap(List::stream)
        .toList();
  }
}
