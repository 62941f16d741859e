package io.everwhen.appliance.benchmark;

/**
 * How long commands took, in nanoseconds: counts in classes of which each power of two has 64, so
 * that what is told is at most 1.6% too long. Recording allocates nothing. For one thread.
 */
final class Latencies {

  private static final int CLASSES_LOG2 = 6;
  private static final int CLASSES = 1 << CLASSES_LOG2;

  private final long[] counts = new long[(Long.SIZE - CLASSES_LOG2 + 1) << CLASSES_LOG2];
  private long total;
  private long longest;

  void record(long nanos) {
    counts[classOf(nanos)]++;
    total++;
    longest = Math.max(longest, nanos);
  }

  void add(Latencies other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    total += other.total;
    longest = Math.max(longest, other.longest);
  }

  /** What this share of the commands, from 0 to 1, did not exceed; 0 where there is none. */
  long quantile(double share) {
    long wanted = Math.max(1, (long) Math.ceil(total * share));
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= wanted) {
        return Math.min(longestOf(i), longest);
      }
    }
    return 0;
  }

  long longest() {
    return longest;
  }

  private static int classOf(long nanos) {
    if (nanos < CLASSES) {
      return (int) Math.max(0, nanos);
    }
    int shift = Long.SIZE - 1 - CLASSES_LOG2 - Long.numberOfLeadingZeros(nanos);
    return (shift << CLASSES_LOG2) + (int) (nanos >>> shift);
  }

  private static long longestOf(int index) {
    if (index < 2 * CLASSES) {
      return index;
    }
    int shift = (index >>> CLASSES_LOG2) - 1;
    long least = (long) (CLASSES + (index & (CLASSES - 1))) << shift;
    return least + (1L << shift) - 1;
  }
}
