package io.everwhen.appliance.store;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.journal.Group;
import io.everwhen.journal.PinException;
import io.everwhen.journal.format.Pins.Pin;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.io.Storage;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.Suggestions;
import io.everwhen.restore.plan.UnavailableException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * The snapshots of an open group: instants of all its disks that are held by a name, whatever its
 * retention and its size are. Any thread.
 */
public final class Snapshots {

  /** With what the names of those begin that hold instants for branches. */
  private static final String BRANCH = "branch ";

  private final Group group;
  private final Storage journal;

  Snapshots(Group group, Storage journal) {
    this.group = group;
    this.journal = journal;
  }

  /**
   * A text that can name a snapshot.
   *
   * @throws IllegalArgumentException when it cannot; the message says why
   */
  public static String name(String text) {
    if (text.startsWith(BRANCH)) {
      throw new IllegalArgumentException(
          "a snapshot's name does not begin with '%s': that is what those of branches do"
              .formatted(BRANCH));
    }
    return new Pin(text, 0, 0).name();
  }

  /** Holds an instant for a branch; durable when it returns. */
  public void holdForBranch(DiskName branch, Point at) throws IOException {
    group.pin(new Pin(BRANCH + branch, at.sequence(), at.timeNanos()));
  }

  /** Lets the instant go of a branch, if it is held; durable when it returns. */
  public void letGoOfBranch(DiskName branch) throws IOException {
    if (group.pins().stream().anyMatch(pin -> pin.name().equals(BRANCH + branch))) {
      group.unpin(BRANCH + branch);
    }
  }

  /** The branches that instants are held for. */
  public List<DiskName> branches() {
    return all().stream()
        .map(Pin::name)
        .filter(name -> name.startsWith(BRANCH))
        .flatMap(name -> branchOf(name).stream())
        .toList();
  }

  /** Empty when no branch can be meant: it has its name from an earlier version. */
  private static Optional<DiskName> branchOf(String name) {
    try {
      return Optional.of(new DiskName(name.substring(BRANCH.length())));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** All of them, oldest first. */
  public List<Pin> all() {
    return group.pins();
  }

  /**
   * Marks the present instant and holds it; durable when it returns.
   *
   * @throws PinException when there is one of that name, or there are too many; then nothing is
   *     marked either
   */
  public Pin create(String name) throws IOException {
    group.checkCanPin(name(name));
    long sequence = group.mark(name);
    return hold(name, new Instant.AtSequence("seq:" + sequence, sequence), 0);
  }

  /**
   * Holds an instant of the past; durable when it returns. Where history was thinned, the last one
   * before that was kept.
   *
   * @param nowNanos the present time
   * @throws PinException when there is one of that name, or there are too many
   * @throws UnavailableException when the instant is not within the history
   */
  public Pin pin(String name, Instant at, long nowNanos) throws IOException {
    group.checkCanPin(name(name));
    group.volume(0).sync(); // only what is durable can be held
    return hold(name, at, nowNanos);
  }

  private Pin hold(String name, Instant at, long nowNanos) throws IOException {
    // While it is open nothing is folded or thinned.
    try (History history = History.open(journal)) {
      Point point = new Planner(history, nowNanos).resolve(at);
      Pin pin = new Pin(name, point.sequence(), point.timeNanos());
      group.pin(pin);
      return pin;
    }
  }

  /** Whether any disk was changed after an entry. */
  public boolean isChangedSince(long sequence) throws IOException {
    try (History history = History.open(journal)) {
      if (history.horizon().sequence() > sequence) {
        return true;
      }
      boolean[] changed = new boolean[1];
      history.visitFrom(
          sequence + 1,
          (entry, _) -> {
            changed[0] = entry.kind().changesContent();
            return !changed[0];
          });
      return changed[0];
    }
  }

  /**
   * Lets one go; its mark stays as long as retention keeps it.
   *
   * @throws UnavailableException when there is none of that name
   */
  public void delete(String name) throws IOException {
    if (name.startsWith(BRANCH) && all().stream().anyMatch(pin -> pin.name().equals(name))) {
      throw new UnavailableException(
          "it is held for the branch %s; 'everwhen close %s' ends that"
              .formatted(name.substring(BRANCH.length()), name.substring(BRANCH.length())));
    }
    try {
      group.unpin(name);
    } catch (PinException e) {
      throw new UnavailableException(
          e.getMessage() + Suggestions.near(name, all().stream().map(Pin::name).toList()));
    }
  }
}
