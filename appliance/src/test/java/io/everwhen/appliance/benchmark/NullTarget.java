package io.everwhen.appliance.benchmark;

import io.everwhen.target.iscsi.Portal;
import io.everwhen.target.iscsi.Target;
import io.everwhen.target.iscsi.Targets;
import io.everwhen.target.scsi.DiskIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Serves a {@link NullDisk} until it is killed: {@code NullTarget MEBIBYTES}. */
final class NullTarget {

  static final String NAME = "iqn.2026-11.io.everwhen:null";

  private NullTarget() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Targets targets = new Targets();
    NullDisk disk = new NullDisk((long) Integer.parseInt(arguments[0]) << 20);
    targets.add(new Target(NAME, DiskIdentity.of(NAME), disk));
    Portal portal =
        new Portal(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), targets);
    portal.start();
    System.out.println("ready " + portal.address().getPort());
    Thread.currentThread().join();
  }
}
