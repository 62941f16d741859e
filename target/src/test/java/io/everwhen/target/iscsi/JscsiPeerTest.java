package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.testing.JscsiPeer;
import io.everwhen.target.testing.Program;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The peer that comparisons start still works. */
class JscsiPeerTest {

  @Test
  void servesAFile(@TempDir Path folder) throws Exception {
    Program inq = Program.require("iscsi-inq", "libiscsi-bin");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (JscsiPeer peer = new JscsiPeer(port, 16 << 20, folder.resolve("disk"))) {
      peer.start();
      String url = "iscsi://127.0.0.1:" + port + "/" + JscsiPeer.NAME + "/0";
      Program.Result result = inq.run(url);
      for (int tries = 0; tries < 1200 && result.exitCode() != 0; tries++) {
        Thread.sleep(100);
        result = inq.run(url);
      }
      assertThat(result.output()).contains("Vendor:");
    }
  }
}
