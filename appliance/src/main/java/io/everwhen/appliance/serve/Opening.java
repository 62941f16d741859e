package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.PastDisk;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.UnavailableException;
import java.io.IOException;
import java.time.ZoneId;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Opens a past disk, or what a branch begins with, under a name that nothing else has. */
final class Opening {

  private final Config config;
  private final PastDisks pasts;
  private final Branches branches;
  private final Exports exports;
  private final Clock clock;

  Opening(Config config, PastDisks pasts, Branches branches, Exports exports, Clock clock) {
    this.config = config;
    this.pasts = pasts;
    this.branches = branches;
    this.exports = exports;
    this.clock = clock;
  }

  /**
   * Opens it; nothing serves it yet.
   *
   * @param at the instant, as written
   * @param as what to call it; null for a name that says what it is
   * @throws Refusal when it cannot be; nothing is open then
   */
  ServedPast open(OpenDisk disk, String at, @Nullable DiskName as) throws IOException, Refusal {
    long now = clock.wallNanos();
    Instant instant = instant(at, now);
    if (as != null) {
      checkFree(as);
    }
    PastDisk past = past(disk, instant, now);
    DiskName name = as == null ? freeName(disk.disk().name(), past) : as;
    return new ServedPast(name, disk, past, now);
  }

  /**
   * Opens what a branch is to begin with, for as long as it is being made; nothing serves it.
   *
   * @param at the instant, as written
   * @param as what to call the branch; null for a name that says what it is
   * @throws Refusal when there can be none; nothing is open then
   */
  ServedPast openForBranch(OpenDisk disk, String at, @Nullable DiskName as)
      throws IOException, Refusal {
    disk.group().volume(0).sync(); // only what is durable can be held
    return open(disk, at, as);
  }

  /** Opens it for a login to this target. */
  ServedPast openForLogin(OpenDisk disk, Instant at, long now, String target)
      throws IOException, Refusal {
    PastDisk past = past(disk, at, now);
    return new ServedPast(freeName(disk.disk().name(), past), target, disk, past, now);
  }

  private PastDisk past(OpenDisk disk, Instant at, long now) throws IOException, Refusal {
    checkRoom();
    try {
      return disk.past(at, now);
    } catch (UnavailableException | DamageException e) {
      throw Refusal.now(String.valueOf(e.getMessage()));
    }
  }

  /** Understands an instant; one that says no time zone is in that of this machine. */
  static Instant instant(String at, long now) throws Refusal {
    try {
      return Instant.parse(at, now, ZoneId.systemDefault());
    } catch (IllegalArgumentException e) {
      throw Refusal.senseless(String.valueOf(e.getMessage()));
    }
  }

  private void checkFree(DiskName name) throws Refusal {
    if (pasts.find(name).isPresent()) {
      throw Refusal.now(
          "there is a past disk %s already; 'everwhen close %s' ends it".formatted(name, name));
    }
    if (branches.find(name).isPresent()) {
      throw Refusal.now(
          "there is a branch %s already; 'everwhen close %s' ends it".formatted(name, name));
    }
    if (isTaken(name)) {
      throw Refusal.now(
          "there is a disk or a target %s already; name the past disk otherwise with --as"
              .formatted(name));
    }
  }

  private boolean isTaken(DiskName name) {
    return config.disk(name).isPresent() || exports.leadsAnywhere(name);
  }

  private void checkRoom() throws Refusal {
    List<String> open =
        Stream.concat(
                pasts.all().stream().map(ServedPast::name),
                branches.all().stream().map(branch -> branch.disk().name()))
            .map(DiskName::value)
            .toList();
    int most = config.limits().pastDisks();
    if (open.size() >= most) {
      throw Refusal.now(
          most == 0
              ? "the configuration allows no past disks: limits, past_disks"
              : "%d past disks and branches are open, as many as past_disks under limits allows; 'everwhen close NAME' ends one of %s"
                  .formatted(open.size(), String.join(", ", open)));
    }
  }

  /** {@code DISK-at-SEQUENCE}, and a number behind it if there is one already. */
  private DiskName freeName(DiskName disk, PastDisk past) {
    for (int attempt = 1; ; attempt++) {
      String end = "-at-" + past.plan().point().sequence() + (attempt == 1 ? "" : "-" + attempt);
      int room = DiskName.MAX_LENGTH - end.length();
      String begin = disk.value().substring(0, Math.min(room, disk.value().length()));
      DiskName name = new DiskName(begin + end);
      if (pasts.find(name).isEmpty() && !isTaken(name)) {
        return name;
      }
    }
  }
}
