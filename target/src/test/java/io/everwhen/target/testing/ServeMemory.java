package io.everwhen.target.testing;

import io.everwhen.target.iscsi.Portal;
import io.everwhen.target.iscsi.Target;
import io.everwhen.target.iscsi.Targets;
import io.everwhen.target.scsi.DiskIdentity;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Serves a disk in memory until it is killed, to try initiators on by hand: {@code ServeMemory PORT
 * MEBIBYTES}.
 */
public final class ServeMemory {

  private ServeMemory() {}

  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    int bytes = Integer.parseInt(arguments[1]) << 20;
    Targets targets = new Targets();
    String name = "iqn.2026-11.io.everwhen:memory";
    targets.add(new Target(name, DiskIdentity.of(name), new MemoryDisk(bytes)));
    Portal portal =
        new Portal(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), targets);
    portal.start();
    System.out.println("ready " + portal.address());
    Thread.currentThread().join();
  }
}
