package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class BufferPoolTest {

  private final BufferPool pool = new BufferPool();

  private static List<BufferPool.Room> takeAll(BufferPool.Share share, int bytes) {
    List<BufferPool.Room> taken = new ArrayList<>();
    for (BufferPool.Room next = share.room(bytes); next != null; next = share.room(bytes)) {
      taken.add(next);
    }
    return taken;
  }

  private static BufferPool.Room room(BufferPool.Share share, int bytes) {
    return Objects.requireNonNull(share.room(bytes), "no room");
  }

  @Test
  void oneThatTakesAllThatItCanLeavesSomethingForTheNext() {
    pool.heldBytesMax(64 << 20);
    BufferPool.Share one = pool.share();
    assertThat(takeAll(one, 1 << 20)).hasSizeBetween(10, 16);
    assertThat(takeAll(pool.share(), 1 << 20)).hasSizeBetween(8, 16);
    assertThat(one.room(1 << 20)).isNull();
  }

  @Test
  void whatIsGivenBackCanBeTakenAgainAndLessIsGivenOnceTheBoundIsLower() {
    pool.heldBytesMax(64 << 20);
    BufferPool.Share share = pool.share();
    List<BufferPool.Room> taken = takeAll(share, 1 << 20);
    taken.forEach(BufferPool.Room::release);
    assertThat(takeAll(share, 1 << 20)).hasSameSizeAs(taken);
    pool.heldBytesMax(16 << 20);
    assertThat(pool.share().room(1 << 20)).isNull();
  }

  @Test
  void memoryIsTakenWhenItIsNeededAndUsedAgain() {
    BufferPool.Share share = pool.share();
    BufferPool.Room room = room(share, 5000);
    assertThat(room.used()).isNull();
    ByteBuffer memory = room.memory();
    assertThat(Objects.requireNonNull(memory).capacity()).isEqualTo(8192);
    assertThat(room.used()).isSameAs(memory);
    room.release();
    room.release(); // as if once
    assertThat(room(share, 8192).memory()).isSameAs(memory);
    assertThat(room(share, 8192).memory()).isNotSameAs(memory);
  }

  /** The bound is beyond what the virtual machine may have. */
  @Test
  void whenTheMachineHasNoMemoryNothingIsGiven() {
    int half = 1 << 29;
    pool.heldBytesMax(64L << 30);
    BufferPool.Share share = pool.share();
    List<ByteBuffer> given = new ArrayList<>();
    ByteBuffer next = room(share, half).memory();
    while (next != null && given.size() < 16) {
      given.add(next);
      next = room(share, half).memory();
    }
    assertThat(given).hasSizeLessThan(16);
  }
}
