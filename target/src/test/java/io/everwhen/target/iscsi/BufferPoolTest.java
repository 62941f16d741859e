package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BufferPoolTest {

  private final BufferPool pool = new BufferPool();

  private static List<ByteBuffer> takeAll(BufferPool.Share share, int bytes) {
    List<ByteBuffer> taken = new ArrayList<>();
    for (ByteBuffer next = share.acquire(bytes); next != null; next = share.acquire(bytes)) {
      taken.add(next);
    }
    return taken;
  }

  @Test
  void oneThatTakesAllThatItCanLeavesSomethingForTheNext() {
    pool.heldBytesMax(64 << 20);
    BufferPool.Share one = pool.share();
    assertThat(takeAll(one, 1 << 20)).hasSizeBetween(10, 16);
    assertThat(takeAll(pool.share(), 1 << 20)).hasSizeBetween(8, 16);
    assertThat(one.acquire(1 << 20)).isNull();
  }

  @Test
  void whatIsGivenBackCanBeTakenAgainAndLessIsGivenOnceTheBoundIsLower() {
    pool.heldBytesMax(64 << 20);
    BufferPool.Share share = pool.share();
    List<ByteBuffer> taken = takeAll(share, 1 << 20);
    taken.forEach(share::release);
    assertThat(takeAll(share, 1 << 20)).hasSameSizeAs(taken);
    pool.heldBytesMax(16 << 20);
    assertThat(pool.share().acquire(1 << 20)).isNull();
  }

  /** The bound is beyond what the virtual machine may have. */
  @Test
  void whenTheMachineHasNoMemoryNothingIsGivenAndNothingIsLost() {
    int half = 1 << 29;
    pool.heldBytesMax(64L << 30);
    BufferPool.Share share = pool.share();
    List<ByteBuffer> taken = takeAll(share, half);
    assertThat(taken).hasSizeLessThan(16);
    taken.forEach(share::release);
    taken.clear();
    pool.heldBytesMax(64 << 20);
    assertThat(takeAll(share, 1 << 20)).as("nothing is held").hasSizeBetween(10, 16);
  }
}
