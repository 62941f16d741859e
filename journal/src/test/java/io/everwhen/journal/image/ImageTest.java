package io.everwhen.journal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ImageTest {

  private final SimulatedMachine machine = new SimulatedMachine(new SplittableRandom());

  private Image image() throws IOException {
    Manifest.Disk disk = new Manifest.Disk(0, "disk0", 1 << 20, 512);
    Manifest group = new Manifest(new UUID(1, 2), List.of(disk), Manifest.Baseline.empty(0), 0);
    Storage home = machine.directory("home");
    Image.create(home, group, disk, 0);
    return Image.open(home, group, disk);
  }

  @Test
  void aFailedSyncIsToldToEverybodyWhoHasWrittenBefore() throws IOException {
    try (Image image = image()) {
      Image.Writes applied = image.begin();
      Image.Writes filled = image.begin();
      image.write(0, ByteBuffer.allocateDirect(4096));
      machine.arm(0, SimulatedMachine.Fault.FAILED_SYNC);
      assertThatThrownBy(filled::sync).isInstanceOf(IOException.class);
      machine.disarm();
      assertThatThrownBy(() -> image.checkpoint(applied, 7, 1 << 20))
          .hasMessageContaining("what was written to home/image may be lost");
      assertThatThrownBy(filled::sync).isInstanceOf(IOException.class);
      assertThatThrownBy(filled::check).isInstanceOf(IOException.class);
      assertThat(image.checkpointSequence()).isZero();
      // Written once more.
      Image.Writes again = image.begin();
      image.write(0, ByteBuffer.allocateDirect(4096));
      image.checkpoint(again, 7, 1 << 20);
      assertThat(image.checkpointSequence()).isEqualTo(7);
    }
  }
}
