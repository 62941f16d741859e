package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.journal.log.Clock;
import io.everwhen.restore.plan.Instant;
import io.everwhen.target.iscsi.Target;
import io.everwhen.target.iscsi.TargetsOnDemand;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Past disks that are opened by a login to {@code DISK:INSTANT} and end with their last session,
 * where the configuration allows it. Any thread.
 */
final class PastLogins implements TargetsOnDemand {

  private static final Logger log = LoggerFactory.getLogger(PastLogins.class);

  private final ServedDisks disks;
  private final PastDisks pasts;
  private final Branches branches;
  private final Exports exports;
  private final Clock clock;

  PastLogins(ServedDisks disks, PastDisks pasts, Branches branches, Exports exports, Clock clock) {
    this.disks = disks;
    this.pasts = pasts;
    this.branches = branches;
    this.exports = exports;
    this.clock = clock;
  }

  @Override
  public @Nullable Target offered(String name) {
    Optional<PastName> wanted = PastName.of(name);
    OpenDisk disk = wanted.flatMap(past -> disks.find(past.disk())).orElse(null);
    if (disk == null || !allows(exports.config(), disk.disk().name())) {
      return null;
    }
    try {
      wanted.get().at(clock.wallNanos());
      return new Target(wanted.get().target(), exports.rulesOf(disk));
    } catch (IllegalArgumentException e) {
      log.info("{}: {}", name, e.getMessage());
      return null;
    }
  }

  /** Whether logins open the past of a disk. */
  static boolean allows(@Nullable Config config, DiskName disk) {
    return config != null && config.disk(disk).map(DiskConfig::pastLogins).orElse(false);
  }

  /** One at a time, so that two logins to the same instant use the same disk. */
  @Override
  public synchronized boolean open(String name) {
    if (pasts.findTarget(name).isPresent()) {
      return true;
    }
    PastName wanted = PastName.of(name).orElseThrow();
    Optional<OpenDisk> disk = disks.find(wanted.disk());
    Config config = exports.config();
    if (disk.isEmpty() || config == null) {
      return false;
    }
    long now = clock.wallNanos();
    try {
      Instant at = wanted.at(now);
      ServedPast past =
          new Opening(config, pasts, branches, exports, clock)
              .openForLogin(disk.get(), at, now, name);
      if (!exports.add(past)) {
        past.close();
        return false;
      }
      log.info("{} is {} at seq:{}, for a login", name, wanted.disk(), past.sequence());
      return true;
    } catch (IOException | Refusal | IllegalArgumentException e) {
      log.warn("{} cannot be opened for a login: {}", name, e.getMessage());
      return false;
    }
  }

  @Override
  public void unused(String name) {
    pasts
        .findTarget(name)
        .filter(past -> past.byLogin() && !exports.isUsed(name) && pasts.remove(past))
        .ifPresent(past -> {
          try {
            exports.refresh();
            past.close();
            log.info("{} is closed, as nobody is logged in to it", name);
          } catch (IOException e) {
            log.warn("closing {}: {}", name, e.getMessage());
          }
        });
  }
}
