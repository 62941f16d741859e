package io.everwhen.journal.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.everwhen.journal.log.Segment;
import io.everwhen.journal.log.TestSegments;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** That a map which has its memory leaves nothing for the garbage collector. */
class BlockMapAllocationTest {

  private static final int BLOCK_BYTES = 4096;
  private static final int BLOCKS = 100_000;
  private static final int FEW_BLOCKS = 2000;
  private static final int ROUNDS = 4;

  private final BlockMap map = new BlockMap();
  private final Segment segment = TestSegments.empty();
  private final SplittableRandom random = new SplittableRandom(1);
  private final Pieces found = new Pieces();
  private long sequence;

  BlockMapAllocationTest() throws IOException {}

  @Test
  void changingWhatIsThereAllocatesNothing() {
    putAll(BLOCKS);
    assertThat(leastAllocated(() -> putAll(BLOCKS))).isZero();
  }

  @Test
  void newPiecesAllocateNothingWhereSomethingWasForgotten() {
    assertThat(
            leastAllocated(() -> {
              for (int i = 0; i < FEW_BLOCKS; i++) {
                put(random.nextInt(BLOCKS));
              }
              map.forgetUpTo(sequence);
            }))
        .isZero();
  }

  @Test
  void lookingUpAllocatesNothing() {
    putAll(BLOCKS);
    assertThat(
            leastAllocated(() -> {
              for (int i = 0; i < BLOCKS; i++) {
                long at = (long) random.nextInt(BLOCKS) * BLOCK_BYTES;
                map.overlapping(at + 512, at + 64 * BLOCK_BYTES, found);
                found.release();
                map.next(at, found);
                found.release();
              }
              for (long at = 0; at < (long) BLOCKS * BLOCK_BYTES; ) {
                map.upTo(sequence, at, 1 << 20, found);
                at = found.end(found.count() - 1);
              }
            }))
        .isZero();
  }

  private void putAll(int blocks) {
    for (int i = 0; i < blocks; i++) {
      put((int) (i * 2_654_435_761L % blocks));
    }
  }

  private void put(int block) {
    long start = (long) block * BLOCK_BYTES;
    map.put(start, start + BLOCK_BYTES, ++sequence, segment, 0, start, false, false);
  }

  private static long leastAllocated(Runnable round) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    List<Long> allocated = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      round.run();
      allocated.add(threads.getCurrentThreadAllocatedBytes() - before);
    }
    System.out.println("bytes allocated by the block map, round by round: " + allocated);
    return Collections.min(allocated);
  }
}
