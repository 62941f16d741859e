package io.everwhen.appliance.store;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.journal.Group;
import io.everwhen.restore.plan.Instant;
import io.everwhen.target.scsi.DiskIdentity;
import io.everwhen.target.scsi.LogicalUnit;
import java.io.IOException;

/**
 * A disk of an {@link OpenGroup}. Any thread may read it; who changes it sees to it that nobody
 * else does.
 */
public final class OpenDisk {

  private final DataDirectory data;
  private final OpenGroup openGroup;
  private final int number;
  private final JournaledDisk device;
  private final DiskIdentity identity;
  private final LogicalUnit unit;
  private volatile StoredDisk disk;

  OpenDisk(DataDirectory data, StoredDisk disk, OpenGroup openGroup) throws IOException {
    this.data = data;
    this.disk = disk;
    this.openGroup = openGroup;
    this.number = disk.number();
    this.device = new JournaledDisk(openGroup.group(), number);
    device.readOnly(disk.readOnly());
    this.identity = DiskIdentity.of(openGroup.group().id() + "/" + number);
    this.unit = new LogicalUnit(device, identity, new ReservationFile(data.home(disk.name())));
  }

  /** What it is. */
  public StoredDisk disk() {
    return disk;
  }

  /** The journal that it has, alone or with others. */
  public OpenGroup openGroup() {
    return openGroup;
  }

  /** Its journal and volumes. */
  public Group group() {
    return openGroup.group();
  }

  /** What was proven of it last. */
  public ProofFile proof() throws IOException {
    return new ProofFile(data.home(disk.name()));
  }

  /** As the target serves it, with the persistent reservations that there are. */
  public LogicalUnit unit() {
    return unit;
  }

  /**
   * By what initiators recognise it. Not its name: a host that uses the disks of two appliances has
   * to see that equal names are not two paths to one disk.
   */
  public DiskIdentity identity() {
    return identity;
  }

  /** Bytes on the disk. */
  public long sizeBytes() {
    return group().volume(number).sizeBytes();
  }

  /**
   * Gives it another size, durably.
   *
   * @return the entry after which it has that
   */
  public long resize(long bytes) throws IOException {
    return group().resize(number, bytes);
  }

  /**
   * Lets it be as it was after an entry, durably and at once; initiators are told.
   *
   * @param to a complete change within its history
   * @return the entry from which on it is so
   */
  public long rewind(long to) throws IOException {
    long sequence = group().rewind(number, to);
    unit.replaced();
    return sequence;
  }

  /** Bytes of it that are still to be filled in after it was rewound. */
  public long fillingBytes() {
    return group().fillingBytes(number);
  }

  /**
   * Checks that it can have another size.
   *
   * @throws IOException when its volumes cannot hold such a file
   * @throws IllegalArgumentException when it is not whole blocks
   */
  public void checkCanHave(long bytes) throws IOException {
    group().checkCanHave(number, bytes);
  }

  /**
   * Gives it a volatile write cache, or none: then each change is durable before it is
   * acknowledged, and so is every earlier one when this returns. Not remembered: it is said at each
   * start.
   */
  public void writeCache(boolean cache) throws IOException {
    device.writeThrough(!cache);
    if (!cache) {
      group().volume(number).sync();
    }
  }

  /** Whether changes are acknowledged before they are durable. */
  public boolean writeCache() {
    return !device.writeThrough();
  }

  /** Lets initiators only read it from now on, or write again; remembered when this returns. */
  public void readOnly(boolean only) throws IOException {
    if (disk.readOnly() != only) {
      disk = data.note(disk.withReadOnly(only));
    }
    device.readOnly(only);
  }

  /**
   * Opens it as it was at an instant; closed by the caller, and before this is.
   *
   * @throws io.everwhen.restore.plan.UnavailableException when that is not within its history
   */
  public PastDisk past(Instant at, long nowNanos) throws IOException {
    return PastDisk.open(openGroup::history, group(), disk.name().value(), at, nowNanos);
  }

  /** By what initiators recognise a past disk of it that has a name of its own. */
  public DiskIdentity pastIdentity(PastDisk past, DiskName name) {
    return DiskIdentity.of(
        "%s/%d@%d/%s".formatted(group().id(), number, past.plan().point().sequence(), name));
  }

  /** Remembers that it is a branch that is to be a disk of its own. */
  public void noteToKeep() throws IOException {
    StoredDisk.Branch branch = disk.branch();
    if (branch != null && !branch.keep()) {
      disk =
          data.note(disk.withBranch(new StoredDisk.Branch(branch.of(), branch.sequence(), true)));
    }
  }

  /** Remembers that it is a disk of its own, and no branch any more. */
  public void noteKept() throws IOException {
    if (disk.branch() != null) {
      disk = data.note(disk.withBranch(null));
    }
  }

  /** Remembers what the journal may take. */
  void noteHistory(long bytes) throws IOException {
    if (disk.historyBytes() != bytes) {
      disk = data.note(disk.withHistoryBytes(bytes));
    }
  }
}
