package io.everwhen.appliance.benchmark;

/**
 * What a load generator does.
 *
 * @param blockBytes bytes of each read and write; a multiple of the LUN's block and of 8
 * @param depth commands that are outstanding on each connection
 * @param connections sessions of one connection each, every one with a thread of its own
 * @param readPercent how many of a hundred commands read, at random; 100 only reads, 0 only writes
 * @param random whether offsets are random, or follow each other from a random one on (from 0 where
 *     {@code operations} are given)
 * @param flushEvery after how many commands all are waited for and the disk is flushed, as {@code
 *     qemu-img bench --flush-interval} does; 0 for never
 * @param roundTripMicros what the initiator adds to each round trip: it takes whatever comes so
 *     much later
 * @param millis how long; what is outstanding then is waited for
 * @param operations how many commands each connection sends, if that is reached before; 0 for no
 *     bound
 * @param check whether what is read must be what a load generator has written in blocks of this
 *     size
 * @param seed of offsets and of what is written
 */
record Workload(
    int blockBytes,
    int depth,
    int connections,
    int readPercent,
    boolean random,
    int flushEvery,
    int roundTripMicros,
    int millis,
    long operations,
    boolean check,
    long seed) {

  Workload {
    if (blockBytes < 512 || blockBytes % 512 != 0 || depth < 1 || connections < 1) {
      throw new IllegalArgumentException(
          "blocks of " + blockBytes + ", depth " + depth + ", connections " + connections);
    }
  }

  static Workload reads(int blockBytes, int depth) {
    return new Workload(blockBytes, depth, 1, 100, false, 0, 0, 2000, 0, false, 0);
  }

  static Workload writes(int blockBytes, int depth) {
    return new Workload(blockBytes, depth, 1, 0, false, 0, 0, 2000, 0, false, 0);
  }

  /** Random reads and writes, on several connections. */
  static Workload mixed(int blockBytes, int depth, int connections, int readPercent) {
    return new Workload(blockBytes, depth, connections, readPercent, true, 0, 0, 2000, 0, false, 0);
  }

  Workload atRandom() {
    return new Workload(
        blockBytes,
        depth,
        connections,
        readPercent,
        true,
        flushEvery,
        roundTripMicros,
        millis,
        operations,
        check,
        seed);
  }

  Workload flushedEvery(int commands) {
    return new Workload(
        blockBytes,
        depth,
        connections,
        readPercent,
        random,
        commands,
        roundTripMicros,
        millis,
        operations,
        check,
        seed);
  }

  Workload addedRoundTrip(int micros) {
    return new Workload(
        blockBytes,
        depth,
        connections,
        readPercent,
        random,
        flushEvery,
        micros,
        millis,
        operations,
        check,
        seed);
  }

  Workload during(int someMillis, long someSeed) {
    return new Workload(
        blockBytes,
        depth,
        connections,
        readPercent,
        random,
        flushEvery,
        roundTripMicros,
        someMillis,
        operations,
        check,
        someSeed);
  }

  /**
   * Writes to all of a disk of so many MiB, one block behind the other. Not by the MiB: a system
   * may look through all of what it was given at once for each small write that follows, and then
   * whoever hands on what it gets is slow.
   */
  static Workload filling(long mebibytes) {
    return writes(64 << 10, 16).flushedEvery(4096).wholly(16 * mebibytes);
  }

  /** The first {@code commands} blocks of the disk in sequence, however long it takes. */
  Workload wholly(long commands) {
    return new Workload(
        blockBytes,
        depth,
        connections,
        readPercent,
        false,
        flushEvery,
        roundTripMicros,
        Integer.MAX_VALUE,
        commands,
        check,
        seed);
  }

  Workload checked() {
    return new Workload(
        blockBytes,
        depth,
        connections,
        readPercent,
        random,
        flushEvery,
        roundTripMicros,
        millis,
        operations,
        true,
        seed);
  }

  /** Whether anything is written. */
  boolean writes() {
    return readPercent < 100;
  }

  /** One line, for {@link #parse} in another process. */
  String line() {
    return ("blockBytes=%d depth=%d connections=%d readPercent=%d random=%b flushEvery=%d"
            + " roundTripMicros=%d millis=%d operations=%d check=%b seed=%d")
        .formatted(
            blockBytes,
            depth,
            connections,
            readPercent,
            random,
            flushEvery,
            roundTripMicros,
            millis,
            operations,
            check,
            seed);
  }

  static Workload parse(Keys keys) {
    return new Workload(
        keys.number("blockBytes"),
        keys.number("depth"),
        keys.number("connections"),
        keys.number("readPercent"),
        keys.flag("random"),
        keys.number("flushEvery"),
        keys.number("roundTripMicros"),
        keys.number("millis"),
        keys.longNumber("operations"),
        keys.flag("check"),
        keys.longNumber("seed"));
  }
}
