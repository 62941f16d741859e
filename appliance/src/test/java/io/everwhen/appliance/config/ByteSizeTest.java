package io.everwhen.appliance.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "4096, 4096",
    "512B, 512",
    "1K, 1024",
    "1KiB, 1024",
    "1KB, 1000",
    "10M, 10485760",
    "512MiB, 536870912",
    "3MB, 3000000",
    "1GiB, 1073741824",
    "1g, 1073741824",
    "1gib, 1073741824",
    "2GB, 2000000000",
    "1T, 1099511627776",
    "64TiB, 70368744177664",
    "1 GiB, 1073741824",
  })
  void isReadAsPeopleWriteIt(String text, long bytes) {
    assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "GiB", "1.5GiB", "-1", "1XB", "1 2", "1GiBB", "0x10", "ten"})
  void refusesWhatIsNotASizeAndSaysWhatOneLooksLike(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'")
        .hasMessageContaining("1GiB");
  }

  @ParameterizedTest
  @ValueSource(strings = {"9999999999999999999", "9223372036854775807K", "99999999999T"})
  void refusesWhatDoesNotFit(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text)).hasMessageContaining("too large");
  }

  @Test
  void refusesZero() {
    assertThatThrownBy(() -> ByteSize.parse("0")).hasMessageContaining("at least 1 byte");
  }

  @ParameterizedTest
  @CsvSource({
    "1073741824, 1GiB",
    "1536, 1536",
    "1048576, 1MiB",
    "2199023255552, 2TiB",
    "10240, 10KiB"
  })
  void isPrintedInTheLargestUnitThatIsExact(long bytes, String text) {
    assertThat(new ByteSize(bytes)).hasToString(text);
    assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
  }
}
