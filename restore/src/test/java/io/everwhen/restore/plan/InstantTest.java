package io.everwhen.restore.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InstantTest {

  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final long NOW = nanos("2026-11-21T12:00:00Z");

  private static long nanos(String utc) {
    java.time.Instant instant = java.time.Instant.parse(utc);
    return instant.getEpochSecond() * Instant.SECOND_NANOS + instant.getNano();
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-21T14:30:00Z, 2026-11-21T14:30:00Z",
    "2026-11-21T14:30:00.123456789Z, 2026-11-21T14:30:00.123456789Z",
    "2026-11-21T14:30:00+02:00, 2026-11-21T12:30:00Z",
    "2026-11-21T14:30+02:00, 2026-11-21T12:30:00Z",
    "2026-11-21T14:30:00+01:00[Europe/Berlin], 2026-11-21T13:30:00Z",
    "2026-11-21T14:30:05, 2026-11-21T13:30:05Z",
    "2026-11-21 14:30, 2026-11-21T13:30:00Z",
    "2026-07-01 14:30, 2026-07-01T12:30:00Z",
    "2026-11-21, 2026-11-20T23:00:00Z",
    "'  2026-11-21T14:30:00Z ', 2026-11-21T14:30:00Z",
    "1 minute ago, 2026-11-21T11:59:00Z",
    "10 minutes ago, 2026-11-21T11:50:00Z",
    "90s ago, 2026-11-21T11:58:30Z",
    "an hour ago, 2026-11-21T11:00:00Z",
    "a day ago, 2026-11-20T12:00:00Z",
    "2 Weeks ago, 2026-11-07T12:00:00Z",
  })
  void understandsTimes(String text, String expected) {
    assertThat(Instant.parse(text, NOW, BERLIN))
        .isEqualTo(new Instant.AtTime(text, nanos(expected)));
  }

  @Test
  void understandsNowSequencesMarksAndSnapshots() {
    assertThat(Instant.parse("now", NOW, BERLIN)).isEqualTo(new Instant.Now("now"));
    assertThat(Instant.parse("seq:0", NOW, BERLIN)).isEqualTo(new Instant.AtSequence("seq:0", 0));
    assertThat(Instant.parse("seq:42", NOW, BERLIN))
        .isEqualTo(new Instant.AtSequence("seq:42", 42));
    assertThat(Instant.parse("mark:a b:c", NOW, BERLIN))
        .isEqualTo(new Instant.AtMark("mark:a b:c", "a b:c"));
    assertThat(Instant.parse("clean:seq:7", NOW, BERLIN))
        .isEqualTo(new Instant.Clean("clean:seq:7", new Instant.AtSequence("seq:7", 7)));
    assertThat(Instant.parse(" snapshot:a mark:b ", NOW, BERLIN))
        .isEqualTo(new Instant.AtSnapshot(" snapshot:a mark:b ", "a mark:b"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "yesterdayish",
        "seq:",
        "seq:-1",
        "seq:x",
        "mark:",
        "snapshot:",
        "clean:",
        "clean:clean:now",
        "ago",
        "ten minutes ago",
        "5 parsecs ago",
        "2026-13-01",
        "2026-02-30T10:00:00",
        "2026-11-21T25:00:00Z",
        "99999999999999 days ago",
        "999999999-01-01"
      })
  void saysWhatItCannotUnderstand(String text) {
    assertThatThrownBy(() -> Instant.parse(text, NOW, BERLIN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void whatIsShownCanBePastedBack() {
    assertThat(Instant.parse(Times.text(NOW + 1), NOW, BERLIN))
        .isEqualTo(new Instant.AtTime(Times.text(NOW + 1), NOW + 1));
  }
}
