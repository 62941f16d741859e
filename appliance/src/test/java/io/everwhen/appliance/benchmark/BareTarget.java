package io.everwhen.appliance.benchmark;

import io.everwhen.appliance.serve.CpuDmaLatency;
import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.iscsi.Portal;
import io.everwhen.target.iscsi.Target;
import io.everwhen.target.iscsi.Targets;
import io.everwhen.target.scsi.DiskIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * Everwhen's iSCSI and SCSI without a journal, until it is killed: {@code BareTarget MEBIBYTES}
 * serves a {@link NullDisk}, {@code BareTarget MEBIBYTES memory} a {@link MemoryDisk}, and {@code
 * BareTarget MEBIBYTES FILE} a {@link PlainDisk}.
 */
final class BareTarget {

  static final String NAME = "iqn.2026-11.io.everwhen:bare";

  static final String MEMORY = "memory";

  private BareTarget() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    long bytes = (long) Integer.parseInt(arguments[0]) << 20;
    BlockDevice disk = arguments.length == 1 ? new NullDisk(bytes) : disk(arguments[1], bytes);
    Targets targets = new Targets();
    targets.cpuLatency(CpuDmaLatency.ofMachine());
    targets.add(new Target(NAME, DiskIdentity.of(NAME), disk));
    Portal portal =
        new Portal(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), targets);
    portal.start();
    System.out.println("ready " + portal.address().getPort());
    Thread.currentThread().join();
  }

  private static BlockDevice disk(String where, long bytes) throws IOException {
    return where.equals(MEMORY) ? new MemoryDisk(bytes) : new PlainDisk(Path.of(where), bytes);
  }
}
