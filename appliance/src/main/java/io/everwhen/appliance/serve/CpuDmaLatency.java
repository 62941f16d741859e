package io.everwhen.appliance.serve;

import io.everwhen.target.iscsi.CpuLatencyRequest;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A request for light sleep of the processors, by Linux's {@code /dev/cpu_dma_latency} (PM QoS): a
 * number of microseconds counts for as long as the file is open into which it was written. Any
 * thread.
 *
 * @param device the file
 * @param micros how long it may take to wake a processor
 */
public record CpuDmaLatency(Path device, int micros) implements CpuLatencyRequest {

  private static final Path DEVICE = Path.of("/dev/cpu_dma_latency");

  /** What decides how processors sleep. */
  private static final Path DRIVER = Path.of("/sys/devices/system/cpu/cpuidle/current_driver");

  /** Of a virtual machine: it knows only not to sleep, and to leave it to the host. */
  private static final String VIRTUAL = "haltpoll";

  /**
   * The lightest sleep of hardware, C1, takes less than this to wake from; deep sleep takes more.
   */
  private static final int LIGHT_MICROS = 10;

  /** That of this machine. */
  public static CpuDmaLatency ofMachine() {
    return new CpuDmaLatency(DEVICE, isVirtual() ? 0 : LIGHT_MICROS);
  }

  private static boolean isVirtual() {
    try {
      return Files.readString(DRIVER).strip().equals(VIRTUAL);
    } catch (IOException _) {
      return false;
    }
  }

  @Override
  public Closeable place() throws IOException {
    FileChannel file = FileChannel.open(device, StandardOpenOption.WRITE);
    try {
      ByteBuffer number = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder());
      file.write(number.putInt(micros).flip());
      return file;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }
}
