package io.everwhen.restore.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SuggestionsTest {

  private static final List<String> NAMES = List.of("mail", "disk0", "web.shop");

  @Test
  void namesThatAreNearAreSuggested() {
    assertThat(Suggestions.near("disk1", NAMES)).isEqualTo("; did you mean disk0?");
    assertThat(Suggestions.near("mial", NAMES)).isEqualTo("; did you mean mail?");
  }

  @Test
  void whenNoneIsNearAllAreTold() {
    assertThat(Suggestions.near("database", NAMES)).isEqualTo("; there is disk0, mail, web.shop");
    assertThat(Suggestions.near("database", List.of())).isEqualTo("; there is none");
  }
}
