package io.everwhen.appliance.hostile;

import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A well-behaved initiator at work on a disk of its own: writes, and reads what it has written,
 * which must be what it was. Works from the beginning until it is closed or fails.
 */
final class Neighbour implements AutoCloseable {

  private static final int PLACE_BYTES = 8 << 10;
  private static final int READS_A_WRITE = 7;
  private static final long NEVER_WRITTEN = 0;

  private final LibiscsiInitiator initiator;
  private final SplittableRandom random;
  private final long[] seeds;
  private final int blocks;
  private final byte[] expected = new byte[PLACE_BYTES];
  private final AtomicLong commands = new AtomicLong();
  private final Thread thread;
  private volatile boolean stopped;
  private volatile @Nullable String failure;

  /**
   * @param name iSCSI name to come under
   * @param seed of what it writes, and where
   */
  Neighbour(String url, String name, int seed) throws InitiatorException {
    random = new SplittableRandom(seed);
    initiator = LibiscsiInitiator.connect(url, name);
    blocks = PLACE_BYTES / initiator.blockSize();
    seeds = new long[Math.toIntExact(initiator.blockCount() / blocks)];
    thread = Thread.ofPlatform().daemon().name("neighbour-" + seed).start(this::work);
  }

  private void work() {
    try {
      while (!stopped) {
        int written = random.nextInt(seeds.length);
        seeds[written] = random.nextLong() | 1;
        initiator.write((long) written * blocks, content(written), false);
        commands.incrementAndGet();
        verify(written);
        for (int i = 1; i < READS_A_WRITE; i++) {
          verify(random.nextInt(seeds.length));
        }
      }
    } catch (InitiatorException | RuntimeException e) {
      failure = e.toString();
    }
  }

  private void verify(int place) throws InitiatorException {
    byte[] read = initiator.read((long) place * blocks, blocks);
    commands.incrementAndGet();
    if (seeds[place] != NEVER_WRITTEN && !Arrays.equals(content(place), read)) {
      throw new InitiatorException("place " + place + " reads other than was written");
    }
  }

  private byte[] content(int place) {
    new SplittableRandom(seeds[place]).nextBytes(expected);
    return expected;
  }

  /** Commands done so far. */
  long commands() {
    return commands.get();
  }

  /** What went wrong, or null. */
  @Nullable String failure() {
    return failure;
  }

  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    initiator.close();
  }
}
