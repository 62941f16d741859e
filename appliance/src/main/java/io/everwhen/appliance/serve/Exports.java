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
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Which targets lead to the disks: those of the configuration, and one of its own name for each
 * disk that none of them leads to, for each branch, and for each past disk. Any thread.
 */
final class Exports {

  private final Targets targets;
  private final PastDisks pasts;
  private final Map<String, Target> served = new ConcurrentSkipListMap<>();
  private volatile @Nullable Config config;
  private List<OpenDisk> disks = List.of();

  /**
   * @param pasts served as well, each to those who may use the disk that it was
   */
  Exports(Targets targets, PastDisks pasts) {
    this.targets = targets;
    this.pasts = pasts;
  }

  /**
   * Serves these disks as the configuration says, and the past disks, and no others. When this
   * returns, no command uses a disk that is not among them.
   *
   * @return what has changed, for people
   */
  synchronized List<String> serve(Config config, List<OpenDisk> disks) {
    served(config, disks);
    return refresh();
  }

  private void served(Config config, List<OpenDisk> disks) {
    this.config = config;
    this.disks = List.copyOf(disks);
  }

  /**
   * Serves a past disk as well, if the disk that it was is still served.
   *
   * @return whether it is
   */
  synchronized boolean add(ServedPast past) {
    if (!disks.contains(past.of())) {
      return false;
    }
    pasts.add(past);
    refresh();
    return true;
  }

  /** The configuration by which the targets are; null before there are any. */
  @Nullable Config config() {
    return config;
  }

  /** Serves what there is now. */
  synchronized List<String> refresh() {
    Config known = config;
    Map<String, Target> wanted = known == null ? Map.of() : wanted(known, disks);
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

  private Map<String, Target> wanted(Config config, List<OpenDisk> disks) {
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
      if (isLikeAnother(config, disk)) {
        continue;
      }
      if (config.targets().stream().noneMatch(target -> target.leadsTo(name))) {
        Access access = config.disk(name).map(DiskConfig::access).orElse(Access.OPEN);
        wanted.put(
            name.iqn(),
            new Target(name.iqn(), List.of(new AccessRule(access, LunMap.of(disk.unit())))));
      }
    }
    List<Target> ofNamed = List.copyOf(wanted.values());
    for (OpenDisk branch : disks) {
      if (isLikeAnother(config, branch)) {
        String name = branch.disk().name().iqn();
        LunMap shown = LunMap.of(branch.unit());
        wanted.put(name, new Target(name, rules(like(config, branch, disks), shown, ofNamed)));
      }
    }
    List<Target> ofDisks = List.copyOf(wanted.values());
    for (ServedPast past : pasts.all()) {
      boolean allowed = !past.byLogin() || PastLogins.allows(config, past.of().disk().name());
      List<AccessRule> rules =
          allowed ? rules(past.of(), LunMap.of(past.unit()), ofDisks) : List.of();
      wanted.put(past.target(), new Target(past.target(), rules));
    }
    return wanted;
  }

  /** Whether it is a branch of which the configuration says nothing. */
  private static boolean isLikeAnother(Config config, OpenDisk disk) {
    return disk.disk().branch() != null && config.disk(disk.disk().name()).isEmpty();
  }

  /** The disk whose users may use a branch: the one that it was made of, directly or not. */
  private static OpenDisk like(Config config, OpenDisk branch, List<OpenDisk> disks) {
    OpenDisk like = branch;
    for (int i = 0; i < disks.size() && isLikeAnother(config, like); i++) {
      DiskName of = Objects.requireNonNull(like.disk().branch()).of();
      OpenDisk next =
          disks.stream().filter(disk -> disk.disk().name().equals(of)).findFirst().orElse(null);
      if (next == null) {
        return like; // to which nothing leads
      }
      like = next;
    }
    return like;
  }

  /** Those who may use a disk, and no others, by the targets that lead to it. */
  List<AccessRule> rulesOf(OpenDisk disk) {
    return rules(disk, LunMap.of(disk.unit()), targets());
  }

  /**
   * Those of the targets that lead to a disk: whom they show that, they show something else, and
   * whom they keep from it, they keep from both.
   */
  private static List<AccessRule> rules(OpenDisk disk, LunMap shown, List<Target> targets) {
    return targets.stream()
        .filter(target -> leadsTo(target, disk.unit()))
        .flatMap(target -> target.rules().stream())
        .map(rule ->
            new AccessRule(rule.access(), leadsTo(rule, disk.unit()) ? shown : LunMap.EMPTY))
        .toList();
  }

  private static boolean leadsTo(Target target, LogicalUnit unit) {
    return target.rules().stream().anyMatch(rule -> leadsTo(rule, unit));
  }

  private static boolean leadsTo(AccessRule rule, LogicalUnit unit) {
    return rule.luns().units().containsValue(unit);
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
    return served.values().stream().filter(target -> leadsTo(target, disk.unit())).toList();
  }

  /** Whether there is a target that is called as the own one of a disk of this name would be. */
  boolean leadsAnywhere(DiskName name) {
    return served.containsKey(name.iqn());
  }

  /** Whether anybody is logged in to the target of this name. */
  boolean isUsed(String name) {
    return targets.status().stream()
        .anyMatch(target -> target.name().equals(name) && !target.sessions().isEmpty());
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
