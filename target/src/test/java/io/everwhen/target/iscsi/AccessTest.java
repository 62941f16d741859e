package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTest {

  private static final InetAddress HERE = InetAddress.getLoopbackAddress();

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8,      10.255.0.1,      true",
    "10.0.0.0/8,      11.0.0.0,        false",
    "10.128.0.0/9,    10.127.0.1,      false",
    "192.0.2.7,       192.0.2.7,       true",
    "192.0.2.7,       192.0.2.6,       false",
    "192.0.2.6/31,    192.0.2.7,       true",
    "0.0.0.0/0,       192.0.2.7,       true",
    "0.0.0.0/0,       2001:db8::1,     false",
    "::/0,            2001:db8::1,     true",
    "::/0,            192.0.2.7,       false",
    "2001:db8::/32,   2001:db8:1::1,   true",
    "2001:db8::/32,   2001:db9::1,     false",
    "10.0.0.0/8,      ::ffff:10.0.0.1, true",
  })
  void aNetworkContainsWhatSharesItsPrefix(String network, String address, boolean contains) {
    assertThat(Network.parse(network).contains(InetAddress.ofLiteral(address))).isEqualTo(contains);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "10.0.0.0/",
        "10.0.0.0/x",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "::/129",
        "10.0.0.1/8",
        "fe80::1%eth0",
        "10.0.0.0/8/8",
        "/8"
      })
  void whatIsNoNetworkIsRefused(String text) {
    assertThatThrownBy(() -> Network.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void namesCountWithoutCase() {
    Access access = new Access(List.of("iqn.2026-11.test:One"), List.of(), null);
    assertThat(access.admits("IQN.2026-11.test:one", HERE)).isTrue();
    assertThat(access.admits("iqn.2026-11.test:one2", HERE)).isFalse();
  }

  @Test
  void aStarStandsForAnyEnd() {
    Access access = new Access(List.of("iqn.2026-11.test:*"), List.of(), null);
    assertThat(access.admits("iqn.2026-11.test:one", HERE)).isTrue();
    assertThat(access.admits("iqn.2026-11.tests:one", HERE)).isFalse();
    assertThat(new Access(List.of("*"), List.of(), null).admits("x", HERE)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "one", "iqn.2026*one", "iqn.a b", "**"})
  void whatIsNoNameIsRefused(String name) {
    assertThatThrownBy(() -> new Access(List.of(name), List.of(), null))
        .hasMessageContaining("not an initiator's name");
  }
}
