package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FlushHabitTest {

  private static final String WRITE = "2a00 00000000 00 0001 00";
  private static final String WRITE_THROUGH = "2a08 00000000 00 0001 00";
  private static final String READ = "2800 00000000 00 0001 00";
  private static final String SYNCHRONIZE_CACHE = "3500 00000000 00 0000 00";

  private final MemoryDisk disk = new MemoryDisk(1 << 20);
  private MemoryPortal portal;
  private Initiator initiator;

  @BeforeEach
  void logIn() throws IOException {
    portal = new MemoryPortal(disk);
    initiator = new Initiator(portal.address());
    initiator.logIn();
  }

  @AfterEach
  void close() throws Exception {
    initiator.close();
    portal.close();
  }

  private void write() throws IOException {
    initiator.write(WRITE, ByteBuffer.allocate(512));
  }

  private void flush() throws IOException {
    assertThat(initiator.read(SYNCHRONIZE_CACHE, 0).status()).isZero();
  }

  private void writeAndFlush(int times) throws IOException {
    for (int i = 0; i < times; i++) {
      write();
      flush();
    }
  }

  @Test
  void whoFlushesEachOfItsChangesIsExpectedToFlushTheNext() throws IOException {
    writeAndFlush(FlushHabit.FLUSHES);
    assertThat(disk.expectedFlushes()).isZero();
    writeAndFlush(100);
    // What is answered before the disk is told may be overtaken by the flush.
    assertThat(disk.expectedFlushes()).isBetween(1L, 100L);
    assertThat(disk.flushes()).isEqualTo(FlushHabit.FLUSHES + 100);
  }

  @Test
  void whoDoesSomethingElseHasToShowTheHabitAgain() throws IOException {
    writeAndFlush(FlushHabit.FLUSHES);
    write();
    initiator.read(READ, 512);
    long expected = disk.expectedFlushes();
    writeAndFlush(FlushHabit.FLUSHES);
    assertThat(disk.expectedFlushes()).isEqualTo(expected);
    write();
    write();
    flush();
    long again = disk.expectedFlushes();
    writeAndFlush(FlushHabit.FLUSHES - 1);
    assertThat(disk.expectedFlushes()).isEqualTo(again);
  }

  @Test
  void whoWritesThroughOrFlushesWhatIsFlushedIsNotExpectedToFlush() throws IOException {
    for (int i = 0; i < 2 * FlushHabit.FLUSHES; i++) {
      initiator.write(WRITE_THROUGH, ByteBuffer.allocate(512));
      flush();
      flush();
    }
    write();
    flush();
    assertThat(disk.expectedFlushes()).isZero();
  }
}
