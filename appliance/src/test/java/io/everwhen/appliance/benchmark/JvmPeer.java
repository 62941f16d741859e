package io.everwhen.appliance.benchmark;

import io.everwhen.appliance.testing.Dist;
import io.everwhen.appliance.testing.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What is measured and runs in a JVM of its own: the limits, a plain file, and jSCSI. */
record JvmPeer(String name, Address address, ChildJvm jvm) implements Peer {

  /**
   * Everwhen's iSCSI and SCSI without anything behind it.
   *
   * @param options those of the daemon's JVM
   */
  static JvmPeer nullDisk(List<String> options, int mebibytes)
      throws IOException, InterruptedException {
    ChildJvm jvm =
        new ChildJvm(options, "", BareTarget.class.getName(), Integer.toString(mebibytes));
    return new JvmPeer("null disk", new Address(jvm.port(), BareTarget.NAME, 0), jvm);
  }

  /**
   * Everwhen's iSCSI and SCSI with memory behind it.
   *
   * @param options those of the daemon's JVM
   */
  static JvmPeer memory(List<String> options, int mebibytes)
      throws IOException, InterruptedException {
    ChildJvm jvm =
        new ChildJvm(
            options,
            "",
            BareTarget.class.getName(),
            Integer.toString(mebibytes),
            BareTarget.MEMORY);
    return new JvmPeer("memory", new Address(jvm.port(), BareTarget.NAME, 0), jvm);
  }

  /**
   * Everwhen's iSCSI and SCSI with a file behind it, and no journal.
   *
   * @param options those of the daemon's JVM
   */
  static JvmPeer plain(List<String> options, Path directory, int mebibytes)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    ChildJvm jvm =
        new ChildJvm(
            options,
            "",
            BareTarget.class.getName(),
            Integer.toString(mebibytes),
            directory.resolve("lun").toString());
    return new JvmPeer("plain", new Address(jvm.port(), BareTarget.NAME, 0), jvm);
  }

  /** The message sizes without iSCSI. */
  static JvmPeer echo(List<String> options) throws IOException, InterruptedException {
    ChildJvm jvm = new ChildJvm(options, "", EchoServer.class.getName());
    return new JvmPeer("echo", new Address(jvm.port(), Address.ECHO, 0), jvm);
  }

  /** jSCSI 2.5.2, as the target module's tests start it. */
  static JvmPeer jscsi(Path directory, int mebibytes) throws IOException, InterruptedException {
    Files.createDirectories(directory);
    String classPath = ":" + Dist.home().resolve("target/build/test-classes");
    ChildJvm jvm =
        new ChildJvm(
            List.of("-Xmx512m"),
            classPath,
            "io.everwhen.target.testing.JscsiPeer",
            Integer.toString(Ports.free()),
            Integer.toString(mebibytes),
            directory.resolve("lun").toString());
    return new JvmPeer("jSCSI", new Address(jvm.port(), "iqn.2026-11.io.everwhen:jscsi", 0), jvm);
  }

  @Override
  public long pid() {
    return jvm.pid();
  }

  @Override
  public void close() {
    jvm.close();
  }
}
