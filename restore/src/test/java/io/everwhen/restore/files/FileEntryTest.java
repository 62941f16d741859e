package io.everwhen.restore.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.restore.plan.UnavailableException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What The Sleuth Kit prints, and that it is not there. */
class FileEntryTest {

  private static final String END = "|r/rrw-r--r--|7|8|4|1|2|3|4";

  @Test
  void aLineIsUnderstoodWhateverIsInTheName() {
    FileEntry entry = FileEntry.parse("0|/in/a|b c|13" + END).orElseThrow();
    assertThat(entry)
        .isEqualTo(new FileEntry("/in/a|b c", "13", "rrw-r--r--", "7", "8", 4, 2, 3, 4, "0"));
  }

  @Test
  void whatIsNoFileIsLeftOut() {
    assertThat(FileEntry.parse("0|/in/b (deleted)|13" + END)).isEmpty();
    assertThat(FileEntry.parse("0|/in/b (deleted-realloc)|13" + END)).isEmpty();
    assertThat(FileEntry.parse("0|/$MBR|99|v/v---------|0|0|512|0|0|0|0")).isEmpty();
    assertThat(FileEntry.parse("0|/b ($FILE_NAME)|64-48-3" + END)).isEmpty();
    assertThat(FileEntry.parse("no line at all")).isEmpty();
    assertThat(FileEntry.parse("0|/in/b|13|r/rrw-r--r--|7|8|x|1|2|3|4")).isEmpty();
  }

  @Test
  void aNameIsToldWithItsInodeAndOneThatWasDeletedWithItsTimesToo() {
    assertThat(FileEntry.name("0|/in/a|b|13" + END)).isEqualTo("0|/in/a|b|13");
    assertThat(FileEntry.name("0|/in/a (deleted)|13" + END))
        .isEqualTo("0|/in/a (deleted)|13|r/rrw-r--r--|7|8|4|2|3|4");
  }

  @Test
  void aProgramThatIsMissingIsNamedWithThePackageThatBringsIt() {
    assertThatThrownBy(() -> Tool.run(List.of("no-such-program"), "apt-get install it", in -> {}))
        .isInstanceOf(UnavailableException.class)
        .hasMessage(
            "to look into files, no-such-program is needed and cannot be run: apt-get install it");
  }
}
