package io.everwhen.target.testing;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.iscsi.Access;
import io.everwhen.target.iscsi.AccessRule;
import io.everwhen.target.iscsi.Portal;
import io.everwhen.target.iscsi.Target;
import io.everwhen.target.iscsi.Targets;
import io.everwhen.target.scsi.DiskIdentity;
import io.everwhen.target.scsi.LogicalUnit;
import io.everwhen.target.scsi.LunMap;
import io.everwhen.target.scsi.UnitOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/** A portal on a free port of this machine, with one disk in memory. */
public final class MemoryPortal implements AutoCloseable {

  public static final String NAME = "iqn.2026-11.io.everwhen:memory";

  private final Targets targets = new Targets();
  private final BlockDevice disk;
  private final Portal portal;

  public MemoryPortal(BlockDevice disk) throws IOException {
    this(disk, UnitOptions.DEFAULT);
  }

  public MemoryPortal(BlockDevice disk, UnitOptions options) throws IOException {
    this.disk = disk;
    LogicalUnit unit = new LogicalUnit(disk, DiskIdentity.of(NAME), options);
    targets.add(new Target(NAME, List.of(new AccessRule(Access.OPEN, LunMap.of(unit)))));
    portal = new Portal(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), targets);
    portal.start();
  }

  /** Serves one more disk. */
  public void add(String name, BlockDevice another) {
    targets.add(new Target(name, DiskIdentity.of(name), another));
  }

  /** Serves one more disk, not for all. */
  public void add(String name, MemoryDisk another, Access access) {
    targets.add(new Target(name, DiskIdentity.of(name), another, access));
  }

  /** The first disk, if it is one in memory. */
  public MemoryDisk disk() {
    return (MemoryDisk) disk;
  }

  public Targets targets() {
    return targets;
  }

  public Portal portal() {
    return portal;
  }

  public InetSocketAddress address() throws IOException {
    return portal.address();
  }

  /** The URL by which libiscsi and QEMU know the disk. */
  public String url() throws IOException {
    return url(NAME);
  }

  public String url(String name) throws IOException {
    return portalUrl() + "/" + name + "/0";
  }

  public String portalUrl() throws IOException {
    return "iscsi://" + address().getAddress().getHostAddress() + ":" + address().getPort();
  }

  /** Ends all connections; what was lent to them has to be back then. */
  @Override
  public void close() throws IOException {
    portal.close();
    if (disk instanceof MemoryDisk lender && lender.onLoan() != 0) {
      throw new AssertionError(lender.onLoan() + " loans were not given back");
    }
  }
}
