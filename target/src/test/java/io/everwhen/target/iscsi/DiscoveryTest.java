package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.scsi.DiskIdentity;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DiscoveryTest {

  @Test
  void namesEveryTargetWithTheAddressThatTheInitiatorCameTo() throws Exception {
    Targets targets = new Targets();
    String name = MemoryPortal.NAME;
    targets.add(new Target(name, DiskIdentity.of(name), new MemoryDisk(1 << 20)));
    try (Portal portal = new Portal(new InetSocketAddress(0), targets)) {
      portal.start();
      int port = portal.address().getPort();
      InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      try (Initiator initiator = new Initiator(loopback)) {
        initiator.login(1, "InitiatorName=iqn.2026-11.test:one", "SessionType=Discovery");
        assertThat(sendTargets(initiator))
            .isEqualTo("TargetName=" + name + "\0TargetAddress=127.0.0.1:" + port + ",1\0");
      }
    }
  }

  @Test
  void aListLongerThanAPduComesInPieces() throws Exception {
    try (MemoryPortal portal = new MemoryPortal(new MemoryDisk(1 << 20))) {
      MemoryDisk disk = new MemoryDisk(1 << 20);
      for (int i = 0; i < 300; i++) {
        portal.add("iqn.2026-11.io.everwhen:disk%03d".formatted(i), disk);
      }
      try (Initiator initiator = new Initiator(portal.address())) {
        initiator.login(1, "InitiatorName=iqn.2026-11.test:one", "SessionType=Discovery");
        String all = sendTargets(initiator);
        assertThat(all.split("\0", -1)).hasSize(2 * 301 + 1);
        assertThat(all).contains("disk000", "disk299");
      }
    }
  }

  @Test
  void aTargetAddedWhileServingIsFoundAndOneRemovedIsNot() throws Exception {
    try (MemoryPortal portal = new MemoryPortal(new MemoryDisk(1 << 20))) {
      String late = "iqn.2026-11.io.everwhen:late";
      portal.add(late, new MemoryDisk(1 << 20));
      try (Initiator initiator = new Initiator(portal.address())) {
        assertThat(initiator.logInAs("iqn.2026-11.test:one", late, 1).loginStatus()).isZero();
        assertThat(portal.targets().status().getFirst().sessions()).hasSize(1);
        portal.targets().remove(late);
        assertThat(initiator.socket().read(ByteBuffer.allocate(1))).isEqualTo(-1);
      }
      try (Initiator initiator = new Initiator(portal.address())) {
        assertThat(initiator.logInAs("iqn.2026-11.test:one", late, 1).loginStatus())
            .isEqualTo(0x0203);
      }
    }
  }

  private static String sendTargets(Initiator initiator) throws IOException {
    StringBuilder text = new StringBuilder();
    ByteBuffer request = ByteBuffer.wrap("SendTargets=All\0".getBytes(StandardCharsets.UTF_8));
    int transferTag = -1;
    while (true) {
      int tag = transferTag;
      initiator.send(Opcode.TEXT_REQUEST, request, header -> header.targetTransferTag(tag));
      Initiator.Reply reply = initiator.receive();
      assertThat(reply.header().opcode()).isEqualTo(Opcode.TEXT_RESPONSE);
      text.append(StandardCharsets.UTF_8.decode(reply.data()));
      if (reply.header().hasFlag(0x80)) {
        return text.toString();
      }
      transferTag = reply.header().targetTransferTag();
      request = ByteBuffer.allocate(0);
    }
  }
}
