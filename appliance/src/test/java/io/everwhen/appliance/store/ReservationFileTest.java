package io.everwhen.appliance.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.io.DiskStorage;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReservationFileTest {

  @TempDir Path directory = Path.of("");

  @Test
  void nothingIsThereAtFirstThenWhatWasSavedLast() throws IOException {
    ReservationFile file = new ReservationFile(DiskStorage.open(directory));
    assertThat(file.load()).isEmpty();
    file.save(new byte[] {1, 2, 3});
    file.save(new byte[] {4, 5});
    assertThat(new ReservationFile(DiskStorage.open(directory)).load())
        .hasValueSatisfying(saved -> assertThat(saved).containsExactly(4, 5));
    assertThat(DiskStorage.open(directory).list())
        .as("nothing else is left")
        .containsExactly("reservations");
    assertThat(file.describe()).isEqualTo(directory.resolve("reservations").toString());
  }
}
