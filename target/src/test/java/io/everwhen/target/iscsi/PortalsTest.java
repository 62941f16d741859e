package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.everwhen.target.iscsi.Portals.Listening;
import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.TextKeys;
import io.everwhen.target.pdu.TextKeys.Pair;
import io.everwhen.target.scsi.DiskIdentity;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.Initiator.Reply;
import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class PortalsTest {

  private static final String NAME = "iqn.2026-11.io.everwhen:portals";
  private static final String ONE = "iqn.2026-11.test:one";

  private final Portals portals = new Portals();

  private Listening listening(String host, int port, int group) {
    return listening(host, port, group, null);
  }

  private Listening listening(
      String host, int port, int group, @Nullable InetSocketAddress advertised) {
    Listening portal =
        new Listening(new InetSocketAddress(InetAddress.ofLiteral(host), port), group, advertised);
    portals.add(portal);
    return portal;
  }

  private static InetSocketAddress at(String host, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(host), port);
  }

  @Test
  void theOneWhereTheInitiatorCameInIsFirstAndByTheAddressThatItUsed() {
    listening("10.0.0.5", 3261, 2);
    Listening own = listening("0.0.0.0", 3260, 1);
    assertThat(portals.addresses(own, at("192.168.1.7", 3260)))
        .containsExactly("192.168.1.7:3260,1", "10.0.0.5:3261,2");
  }

  @Test
  void anotherThatListensEverywhereIsToldByTheAddressThatIsReached() {
    Listening own = listening("10.0.0.5", 3260, 1);
    listening("::", 3261, 3);
    assertThat(portals.addresses(own, at("10.0.0.5", 3260)))
        .containsExactly("10.0.0.5:3260,1", "10.0.0.5:3261,3");
    Listening six = listening("fd00::5", 3260, 1);
    listening("0.0.0.0", 3262, 4);
    assertThat(portals.addresses(six, at("fd00::5", 3260)))
        .containsExactly(
            "[fd00:0:0:0:0:0:0:5]:3260,1", "10.0.0.5:3260,1", "[fd00:0:0:0:0:0:0:5]:3261,3");
  }

  @Test
  void nobodyElsewhereIsSentToALoopbackAddress() {
    listening("127.0.0.1", 3260, 1);
    Listening own = listening("10.0.0.5", 3260, 1);
    assertThat(portals.addresses(own, at("10.0.0.5", 3260))).containsExactly("10.0.0.5:3260,1");
    assertThat(portals.addresses(own, at("127.0.0.1", 3260))).containsExactly("127.0.0.1:3260,1");
  }

  @Test
  void anAdvertisedAddressIsToldInsteadEvenIfItDoesNotResolveHere() {
    Listening own =
        listening("10.0.0.5", 3260, 1, InetSocketAddress.createUnresolved("san.example", 13260));
    listening("10.0.0.6", 3260, 2, at("203.0.113.6", 3260));
    assertThat(portals.addresses(own, at("10.0.0.5", 3260)))
        .containsExactly("san.example:13260,1", "203.0.113.6:3260,2");
  }

  @Test
  void aPortalThatIsClosedIsToldNoMore() {
    Listening own = listening("10.0.0.5", 3260, 1);
    portals.remove(listening("10.0.0.6", 3260, 1));
    assertThat(portals.addresses(own, at("10.0.0.5", 3260))).containsExactly("10.0.0.5:3260,1");
  }

  private static Portal portal(String host, Targets targets, int group) throws IOException {
    Portal portal = new Portal(at(host, 0), targets, PortalOptions.DEFAULTS.inGroup(group));
    portal.start();
    return portal;
  }

  private static String address(Portal portal, int group) throws IOException {
    return "127.0.0.1:" + portal.address().getPort() + "," + group;
  }

  @Test
  void aTargetIsServedAndDiscoveredOverSeveralPortals() throws IOException {
    Targets targets = new Targets();
    targets.add(new Target(NAME, DiskIdentity.of(NAME), new MemoryDisk(1 << 20)));
    try (Portal first = portal("127.0.0.1", targets, 1);
        Portal second = portal("127.0.0.1", targets, 2);
        Initiator initiator = new Initiator(second.address());
        Initiator six = new Initiator(first.address())) {
      initiator.login(1, "InitiatorName=" + ONE, "SessionType=Discovery");
      initiator.send(
          Opcode.TEXT_REQUEST,
          ByteBuffer.wrap(TextKeys.encode(List.of(new Pair("SendTargets", "All")))),
          header -> header.targetTransferTag(BasicHeader.NO_TAG));
      assertThat(TextKeys.decode(initiator.receive().data()))
          .containsExactly(
              new Pair("TargetName", NAME),
              new Pair("TargetAddress", address(second, 2)),
              new Pair("TargetAddress", address(first, 1)));
      assertThat(six.logInAs(ONE, NAME, 1).keys()).containsEntry("TargetPortalGroupTag", "1");
    }
  }

  @Test
  void aPortalListensOnIpVersion6() throws IOException {
    Targets targets = new Targets();
    targets.add(new Target(NAME, DiskIdentity.of(NAME), new MemoryDisk(1 << 20)));
    Portal portal;
    try {
      portal = portal("::1", targets, 1);
    } catch (IOException e) {
      org.junit.jupiter.api.Assumptions.abort("no IPv6 here: " + e.getMessage());
      throw e;
    }
    try (Initiator initiator = new Initiator(portal.address())) {
      assertThat(initiator.logInAs(ONE, NAME, 1).loginStatus()).isZero();
    } finally {
      portal.close();
    }
  }

  @Test
  void aSessionStaysInItsPortalGroup() throws IOException {
    Targets targets = new Targets();
    targets.add(new Target(NAME, DiskIdentity.of(NAME), new MemoryDisk(1 << 20)));
    try (Portal first = portal("127.0.0.1", targets, 1);
        Portal same = portal("127.0.0.1", targets, 1);
        Portal other = portal("127.0.0.1", targets, 2);
        Initiator leading = new Initiator(first.address());
        Initiator joining = new Initiator(same.address());
        Initiator stranger = new Initiator(other.address());
        Initiator separate = new Initiator(other.address())) {
      Reply login = leading.logInAs(ONE, NAME, 1, "MaxConnections=4");
      joining.joins(login.header().tsih(), 1);
      assertThat(joining.logInAs(ONE, NAME, 1).loginStatus()).isZero();
      stranger.joins(login.header().tsih(), 2);
      assertThat(stranger.logInAs(ONE, NAME, 1).loginStatus())
          .isEqualTo(LoginStatus.CANNOT_INCLUDE_IN_SESSION.code());
      assertThat(separate.logInAs(ONE, NAME, 1).loginStatus()).isZero();
      assertThat(targets.status().getFirst().sessions())
          .as("another target port, and so another session")
          .hasSize(2);
    }
  }

  @Test
  void aPortalGroupThatIsAddedIsSeenAsAnotherPortOfTheTarget() throws IOException {
    Targets targets = new Targets();
    targets.add(new Target(NAME, DiskIdentity.of(NAME), new MemoryDisk(1 << 20)));
    try (Portal first = portal("127.0.0.1", targets, 1);
        Initiator initiator = new Initiator(first.address())) {
      initiator.logInAs(ONE, NAME, 1);
      assertThat(portNames(initiator)).isEqualTo(1);
      try (Portal second = portal("127.0.0.1", targets, 7)) {
        assertThat(second.address().getPort()).isPositive();
        assertThat(initiator.read("000000000000", 0).status()).as("told of it").isNotZero();
        assertThat(portNames(initiator)).isEqualTo(2);
      }
    }
  }

  /** How many ports the SCSI Ports page names. */
  private static int portNames(Initiator initiator) throws IOException {
    ByteBuffer page = initiator.read("1201 88 00ff 00", 0xff).data();
    int count = 0;
    for (int at = 4; at < 4 + page.getShort(2); count++) {
      int initiatorPort = page.getShort(at + 6);
      at += 8 + initiatorPort;
      at += 4 + page.getShort(at + 2);
    }
    return count;
  }

  @Test
  void sessionsAreLimited() throws IOException {
    Targets targets = new Targets();
    targets.add(new Target(NAME, DiskIdentity.of(NAME), new MemoryDisk(1 << 20)));
    targets.sessionsMax(1);
    try (Portal portal = portal("127.0.0.1", targets, 1);
        Initiator one = new Initiator(portal.address());
        Initiator two = new Initiator(portal.address())) {
      assertThat(one.logInAs(ONE, NAME, 1).loginStatus()).isZero();
      assertThat(two.logInAs("iqn.2026-11.test:two", NAME, 1).loginStatus())
          .isEqualTo(LoginStatus.OUT_OF_RESOURCES.code());
      assertThatExceptionOfType(IOException.class).isThrownBy(two::receive);
    }
  }

  @Test
  void optionsOutOfRangeAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PortalOptions.DEFAULTS.inGroup(0))
        .withMessageContaining("1 to 65535");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new PortalOptions(1, null, 1, 15, 30, 30, 32 << 20, CongestionControl.AUTO))
        .withMessageContaining("31 to 7200");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new PortalOptions(1, null, 1, 15, 30, 60, 1 << 20, CongestionControl.AUTO));
    assertThatIllegalArgumentException().isThrownBy(() -> new Targets().sessionsMax(0));
  }
}
