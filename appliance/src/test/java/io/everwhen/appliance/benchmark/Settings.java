package io.everwhen.appliance.benchmark;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * How the benchmark is run: what {@code -Deverwhen.benchmark.NAME=VALUE} says.
 *
 * @param rounds {@code rounds}: how often each case is run on each peer
 * @param millis {@code seconds}: how long each of these runs takes
 * @param warmMillis {@code warm}: milliseconds of each case on each peer before, which do not count
 * @param only {@code only}: a regular expression that must be found in a case's name
 * @param plain {@code plain}: a regular expression that must be found in the name of a case for
 *     which something is asked, and then it is run on the plain file as well
 * @param mebibytes {@code size}: MiB of the LUNs
 * @param journalMebibytes {@code journal}: MiB of history that Everwhen keeps
 * @param ballastMebibytes {@code ballast}: MiB of memory that are used and given back before each
 *     run
 * @param settleSeconds {@code settle}: how long a peer may take after writes to do what it has put
 *     off
 * @param output {@code output}: the file that gets what is printed
 */
record Settings(
    int rounds,
    int millis,
    int warmMillis,
    Pattern only,
    Pattern plain,
    int mebibytes,
    int journalMebibytes,
    int ballastMebibytes,
    int settleSeconds,
    Path output) {

  private static final String PREFIX = "everwhen.benchmark.";

  /** What the properties say. */
  static Settings ofProperties() {
    return new Settings(
        number("rounds", 3),
        number("seconds", 1) * 1000,
        number("warm", 500),
        Pattern.compile(System.getProperty(PREFIX + "only", "")),
        Pattern.compile(System.getProperty(PREFIX + "plain", "")),
        number("size", 1024),
        number("journal", 30_000),
        number("ballast", 1024),
        number("settle", 6),
        Path.of(System.getProperty(PREFIX + "output", "build/benchmark.txt")));
  }

  /** A minute of it, to see that everything works. */
  static Settings smoke() {
    return new Settings(
        1,
        1000,
        200,
        Pattern.compile(""),
        Pattern.compile(BenchmarkCase.WRITE_D32.name()),
        256,
        1024,
        0,
        2,
        Path.of("build/benchmark-smoke.txt"));
  }

  /** A number that a property says. */
  static int number(String name, int otherwise) {
    return Integer.getInteger(PREFIX + name, otherwise);
  }

  boolean wants(String name) {
    return only.matcher(name).find();
  }

  /** Whether a case is run on the plain file as well. */
  boolean measuresPlain(String name) {
    return plain.matcher(name).find()
        && Goal.ALL.stream().anyMatch(goal -> goal.name().equals(name));
  }
}
