package io.everwhen.appliance.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiskNameTest {

  @ParameterizedTest
  @ValueSource(strings = {"disk0", "a", "0", "mail-2.example", "a.b-c"})
  void takesLettersDigitsDotsAndHyphens(String name) {
    assertThat(new DiskName(name).iqn()).isEqualTo("iqn.2026-11.io.everwhen:" + name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "..", "-a", "a-", "a/b", "a b", "a:b", "a_b", "ä", "../x", "a\n"})
  void refusesWhatIsNoDirectoryOrIscsiName(String name) {
    assertThatThrownBy(() -> new DiskName(name))
        .hasMessageContaining("lower-case letters, digits, '.' and '-'");
  }

  @Test
  void refusesUpperCaseWithTheNameThatWouldDo() {
    assertThatThrownBy(() -> new DiskName("Disk0"))
        .hasMessageContaining("write 'disk0' instead of 'Disk0'");
  }

  @Test
  void hasAtMost64Characters() {
    assertThat(new DiskName("a".repeat(64)).value()).hasSize(64);
    assertThatThrownBy(() -> new DiskName("a".repeat(65))).hasMessageContaining("at most 64");
  }
}
