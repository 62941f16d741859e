package io.everwhen.appliance.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** {@code qemu-img}, whose iSCSI driver is libiscsi in a process of its own. */
public final class QemuImg {

  private QemuImg() {}

  /** Skips the test if it is not there, or has no iSCSI driver. */
  public static void need() throws IOException, InterruptedException {
    Needs.program("qemu-img", "qemu-utils");
    Outcome help = Processes.run(Path.of("."), List.of("qemu-img", "--help"));
    boolean iscsi =
        help.out()
            .lines()
            .anyMatch(line -> line.startsWith("Supported formats:") && line.contains("iscsi"));
    Needs.require(iscsi, "needs QEMU's iSCSI driver: apt-get install qemu-block-extra");
  }

  /** Copies a raw image onto a disk. */
  public static void upload(Path image, String url) throws IOException, InterruptedException {
    Processes.output(
        Path.of("."), "qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", image.toString(), url);
  }

  /** Copies a disk into a raw image. */
  public static void download(String url, Path image) throws IOException, InterruptedException {
    Processes.output(
        Path.of("."), "qemu-img", "convert", "-f", "raw", "-O", "raw", url, image.toString());
  }
}
