package io.everwhen.appliance.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:3260, 127.0.0.1, 3260",
    "localhost:0, localhost, 0",
    "[::1]:3260, ::1, 3260",
    "0.0.0.0:65535, 0.0.0.0, 65535"
  })
  void isHostAndPort(String text, String host, int port) {
    assertThat(HostPort.parse(text)).isEqualTo(new HostPort(host, port)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "3260",
        ":3260",
        "host",
        "host:",
        "host:x",
        "host:-1",
        "host:65536",
        "::1:3260",
        "[]:1"
      })
  void refusesTheRestAndSaysWhatAnAddressLooksLike(String text) {
    assertThatThrownBy(() -> HostPort.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("HOST:PORT");
  }
}
