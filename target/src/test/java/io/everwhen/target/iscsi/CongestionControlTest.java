package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.everwhen.target.scsi.DiskIdentity;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CongestionControlTest {

  private static final String NAME = "iqn.2026-11.test:disk";

  private static String ofSystem() throws IOException {
    return Files.readString(Path.of("/proc/sys/net/ipv4/tcp_congestion_control")).strip();
  }

  @Test
  void onlyWhatSendsAtAPaceToSomebodyNearIsReplaced() {
    assertThat(CongestionControl.instead(Optional.of("bbr"), Optional.of(90))).contains("reno");
    assertThat(CongestionControl.instead(Optional.of("bbr3"), Optional.of(2000))).contains("reno");
    assertThat(CongestionControl.instead(Optional.of("bbr"), Optional.of(2001))).isEmpty();
    assertThat(CongestionControl.instead(Optional.of("bbr"), Optional.empty())).isEmpty();
    assertThat(CongestionControl.instead(Optional.of("cubic"), Optional.of(90))).isEmpty();
    assertThat(CongestionControl.instead(Optional.empty(), Optional.of(90))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void theSocketOfAChannelIsFoundAmongOthers(String address) throws IOException {
    List<SocketChannel> channels = new ArrayList<>();
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral(address), 0);
    try (ServerSocketChannel server = bound(any)) {
      for (int i = 0; i < 5; i++) {
        channels.add(SocketChannel.open(server.getLocalAddress()));
        channels.add(server.accept());
      }
      SocketChannel chosen = channels.get(5);
      TcpSocket socket = TcpSocket.of(chosen).orElseThrow();
      assertThat(socket.roundTripMicros().orElseThrow()).isPositive();
      assertThat(socket.congestionControl()).contains(ofSystem());
      assertThat(socket.congestionControl("none-of-that")).isFalse();
      assertThat(socket.congestionControl("reno")).isTrue();
      for (SocketChannel channel : channels) {
        assertThat(TcpSocket.of(channel).flatMap(TcpSocket::congestionControl))
            .contains(channel.equals(chosen) ? "reno" : ofSystem());
      }
    } finally {
      for (SocketChannel channel : channels) {
        channel.close();
      }
    }
    assertThatExceptionOfType(ClosedChannelException.class)
        .isThrownBy(() -> TcpSocket.of(channels.getFirst()));
  }

  private static ServerSocketChannel bound(InetSocketAddress address) throws IOException {
    try {
      return ServerSocketChannel.open().bind(address);
    } catch (SocketException e) {
      Assumptions.assumeFalse(address.getAddress() instanceof Inet6Address, "no IPv6 here");
      throw e;
    }
  }

  @Test
  void aPortalHasItsConnectionsUseWhatItWasTold() throws IOException {
    Optional<String> better = CongestionControl.instead(Optional.of(ofSystem()), Optional.of(1));
    assertThat(ofConnection(CongestionControl.AUTO)).isEqualTo(better.orElse(ofSystem()));
    assertThat(ofConnection(CongestionControl.SYSTEM)).isEqualTo(ofSystem());
  }

  /** What the target's end of a connection uses. */
  private static String ofConnection(CongestionControl wanted) throws IOException {
    Targets targets = new Targets();
    targets.add(new Target(NAME, DiskIdentity.of(NAME), new MemoryDisk(1 << 20)));
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (Portal portal = new Portal(any, targets, PortalOptions.DEFAULTS.with(wanted))) {
      portal.start();
      try (Initiator initiator = new Initiator(portal.address())) {
        initiator.logInAs("iqn.2026-11.test:one", NAME, 1);
        initiator.read("12 00 00 00 24 00", 36); // the login is answered before all of it is done
        return TcpSocket.between(portal.address(), initiator.localAddress())
            .flatMap(TcpSocket::congestionControl)
            .orElseThrow();
      }
    }
  }
}
