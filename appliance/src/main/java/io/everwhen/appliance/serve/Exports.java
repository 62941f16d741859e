package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.target.iscsi.Access;
import io.everwhen.target.iscsi.AccessRule;
import io.everwhen.target.iscsi.SessionStatus;
import io.everwhen.target.iscsi.Target;
import io.everwhen.target.iscsi.TargetStatus;
import io.everwhen.target.iscsi.Targets;
import io.everwhen.target.scsi.LunMap;
import java.util.List;

/** Which targets lead to the disks. One thread at a time changes it. */
final class Exports {

  private final Targets targets;

  Exports(Targets targets) {
    this.targets = targets;
  }

  /** Lets initiators use a disk that no target leads to yet. */
  void add(OpenDisk disk, Config config) {
    String iqn = disk.disk().name().iqn();
    Access access = config.disk(disk.disk().name()).map(DiskConfig::access).orElse(Access.OPEN);
    targets.add(new Target(iqn, List.of(new AccessRule(access, LunMap.of(disk.unit())))));
  }

  /** Takes a disk from all initiators; when this returns, no command of theirs uses it. */
  void remove(OpenDisk disk) {
    targets.remove(disk.disk().name().iqn());
  }

  /** Who is logged in to a target that leads to this disk. */
  List<SessionStatus> users(OpenDisk disk) {
    return targets.status().stream()
        .filter(target -> target.name().equals(disk.disk().name().iqn()))
        .map(TargetStatus::sessions)
        .flatMap(List::stream)
        .toList();
  }
}
