package io.everwhen.appliance.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuDmaLatencyTest {

  private static int number(Path device) throws IOException {
    try (var file = Files.newInputStream(device)) {
      return ByteBuffer.wrap(file.readNBytes(Integer.BYTES))
          .order(ByteOrder.nativeOrder())
          .getInt();
    }
  }

  @Test
  void theNumberIsWrittenAsLinuxReadsIt(@TempDir Path directory) throws IOException {
    Path device = Files.createFile(directory.resolve("device"));
    new CpuDmaLatency(device, 10).place().close();
    assertThat(number(device)).isEqualTo(10);
    assertThat(Files.size(device)).isEqualTo(Integer.BYTES);
  }

  @Test
  void whereThereIsNoDeviceThatIsSaid(@TempDir Path directory) {
    assertThatThrownBy(() -> new CpuDmaLatency(directory.resolve("none"), 0).place())
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void theSystemTakesItForAsLongAsItIsOpen() throws IOException {
    CpuDmaLatency latency = CpuDmaLatency.ofMachine();
    Assumptions.assumeTrue(
        Files.isReadable(latency.device()) && Files.isWritable(latency.device()));
    int before = number(latency.device());
    try (Closeable _ = latency.place()) {
      assertThat(number(latency.device())).isEqualTo(Math.min(before, latency.micros()));
    }
    assertThat(number(latency.device())).isEqualTo(before);
  }
}
