package io.everwhen.appliance.benchmark;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What came of a {@link Workload}. Times are in nanoseconds.
 *
 * @param operations reads and writes that were done
 * @param nanos from the first request to the last reply
 * @param p50 what half of the commands took at most; flushes are not counted
 * @param longest what the slowest took
 * @param pause the longest time in which no command of one connection was done
 * @param eachSecond how many were done in each second
 */
record Measured(
    long operations,
    long nanos,
    long p50,
    long p99,
    long p999,
    long longest,
    long pause,
    long[] eachSecond) {

  double perSecond() {
    return operations * 1e9 / nanos;
  }

  String line() {
    return "operations=%d nanos=%d p50=%d p99=%d p999=%d longest=%d pause=%d eachSecond=%s"
        .formatted(
            operations,
            nanos,
            p50,
            p99,
            p999,
            longest,
            pause,
            Arrays.stream(eachSecond).mapToObj(Long::toString).collect(Collectors.joining(",")));
  }

  static Measured parse(Keys keys) {
    return new Measured(
        keys.longNumber("operations"),
        keys.longNumber("nanos"),
        keys.longNumber("p50"),
        keys.longNumber("p99"),
        keys.longNumber("p999"),
        keys.longNumber("longest"),
        keys.longNumber("pause"),
        Arrays.stream(keys.text("eachSecond").split(",", -1)).mapToLong(Long::parseLong).toArray());
  }
}
