package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import io.everwhen.target.testing.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Initiators of other people: libiscsi's tools, and QEMU's. */
class RealInitiatorTest {

  private static final String LIBISCSI_PACKAGE = "libiscsi-bin";
  private static final String QEMU_PACKAGES = "qemu-utils qemu-block-extra";
  private static final int DISK_BYTES = 64 << 20;
  private static final int LOAD_SECONDS = 60;

  private MemoryPortal portal;

  @BeforeEach
  void start() throws IOException {
    portal = new MemoryPortal(new MemoryDisk(DISK_BYTES));
  }

  @AfterEach
  void stop() throws IOException {
    portal.close();
  }

  @Test
  void iscsiLsFindsTheTargetAndItsDisk() throws Exception {
    Program ls = Program.require("iscsi-ls", LIBISCSI_PACKAGE);
    Program.Result result = ls.run("-s", portal.portalUrl());
    assertThat(result.output())
        .contains("Target:" + MemoryPortal.NAME, "Lun:0    Type:DIRECT_ACCESS");
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void iscsiInqReadsEveryPage() throws Exception {
    Program inq = Program.require("iscsi-inq", LIBISCSI_PACKAGE);
    assertThat(inq.run(portal.url()).output()).contains("Vendor:EVERWHEN");
    for (String page : new String[] {"0x00", "0x80", "0x83", "0xb0", "0xb1", "0xb2"}) {
      assertThat(inq.run("-e", "1", "-c", page, portal.url()).exitCode())
          .as("page %s", page)
          .isZero();
    }
  }

  @Test
  void qemuWritesAnImageAndReadsItBack(@TempDir Path folder) throws Exception {
    Program image = Program.require("qemu-img", QEMU_PACKAGES);
    byte[] content = new byte[DISK_BYTES];
    new Random(1).nextBytes(content);
    Path original = Files.write(folder.resolve("original"), content);
    Path copy = folder.resolve("copy");
    Program.Result there =
        image.run("convert", "-n", "-f", "raw", "-O", "raw", original.toString(), portal.url());
    assertThat(there.output()).isEmpty();
    Program.Result back =
        image.run("convert", "-f", "raw", "-O", "raw", portal.url(), copy.toString());
    assertThat(back.output()).isEmpty();
    assertThat(Files.mismatch(original, copy)).isEqualTo(-1);
  }

  @Test
  void qemuWritesZeroesDiscardsAndFlushes() throws Exception {
    Program io = Program.require("qemu-io", QEMU_PACKAGES);
    Program.Result result =
        io.run(
            "-f",
            "raw",
            "-d",
            "unmap",
            "-c",
            "write -P 0x5a 1M 9M",
            "-c",
            "write -z 2M 1M",
            "-c",
            "discard 4M 1M",
            "-c",
            "flush",
            "-c",
            "read -P 0x5a 1M 1M",
            "-c",
            "read -P 0 2M 1M",
            "-c",
            "read -P 0x5a 3M 1M",
            "-c",
            "read -P 0 4M 1M",
            "-c",
            "read -P 0x5a 5M 5M",
            "-c",
            "aio_write -P 1 20M 512k",
            "-c",
            "aio_write -P 2 21M 512k",
            "-c",
            "aio_write -f -P 3 22M 4k",
            "-c",
            "aio_flush",
            "-c",
            "read -P 2 21M 512k",
            "-c",
            "read -P 3 22M 4k",
            portal.url());
    assertThat(result.output()).doesNotContain("failed", "error");
    assertThat(result.exitCode()).isZero();
    assertThat(portal.disk().flushes()).isPositive();
  }

  @Test
  void closingUnderLoadDoesNotWaitForItsEnd() throws Exception {
    Program image = Program.require("qemu-img", QEMU_PACKAGES);
    String url = portal.url();
    Thread load =
        Thread.ofVirtual()
            .start(() -> {
              try {
                image.run(
                    LOAD_SECONDS, "bench", "-f", "raw", "-w", "-c", "100000000", "-d", "32", url);
              } catch (IOException e) {
                throw new IllegalStateException(e);
              } catch (InterruptedException _) {
                // It has done its part.
              }
            });
    while (portal.targets().status().getFirst().commands() < 1000) {
      Thread.sleep(10);
    }
    long before = System.nanoTime();
    portal.close();
    // Well before the load ends by itself; seconds, where the machine has time for it.
    assertThat(System.nanoTime() - before).isLessThan(LOAD_SECONDS * 500_000_000L);
    assertThat(portal.targets().status().getFirst().sessions()).isEmpty();
    load.interrupt();
    load.join();
  }
}
