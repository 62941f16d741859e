package io.everwhen.target.iscsi;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Geometry;
import io.everwhen.target.scsi.UnitOptions;
import io.everwhen.target.testing.EncryptedDisk;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import io.everwhen.target.testing.Program;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Every test of libiscsi's iscsi-test-cu 1.19, one process each: it passes on a plain disk, unless
 * a line of {@code conformance.tsv} says why not; then it passes in the configuration that the line
 * names.
 */
class ConformanceTest {

  private static final int DISK_BYTES = 64 << 20;
  private static final int TIMEOUT_SECONDS = 120;

  /** One test sleeps for a minute. */
  private static final int LONG_TIMEOUT_SECONDS = 300;

  /** Longer than that test takes until it looks at the operation for the last time. */
  private static final int SLOW_CHANGE_MILLIS = 30_000;

  private static final Pattern NAME = Pattern.compile("i?SCSI\\.\\w+\\.\\w+");
  private static final Pattern FAILED_ASSERTS =
      Pattern.compile("(?m)^ *asserts +\\d+ +\\d+ +\\d+ +([1-9]\\d*)");

  private enum Outcome {
    PASSED,
    SKIPPED,
    FAILED,
    HANG,
    SETUP,
    CRASH
  }

  /** What a disk, or the run, is like. */
  private enum Configuration {
    PLAIN,
    READ_ONLY,
    REMOVABLE,
    /** Physical blocks are as large as logical ones. */
    SMALL_PHYSICAL_BLOCKS,
    ENCRYPTED,
    /** WRITE SAME of no blocks reaches to the end of the disk. */
    ZERO_LENGTHS,
    /** Each change takes a while. */
    SLOW,
    /** The test runs twice in its process, and the second run counts. */
    TWICE;

    BlockDevice disk() {
      MemoryDisk disk =
          new MemoryDisk(
              new Geometry(512, this == SMALL_PHYSICAL_BLOCKS ? 512 : 4096, DISK_BYTES / 512));
      disk.readOnly(this == READ_ONLY);
      disk.removable(this == REMOVABLE);
      disk.changeMillis(this == SLOW ? SLOW_CHANGE_MILLIS : 0);
      return this == ENCRYPTED ? new EncryptedDisk(disk) : disk;
    }

    UnitOptions options() {
      return new UnitOptions(this == ZERO_LENGTHS);
    }
  }

  /** How a test ends on a plain disk, and where it passes. */
  private record Expectation(Outcome plain, Configuration passing) {

    static final Expectation PASSES = new Expectation(Outcome.PASSED, Configuration.PLAIN);
  }

  @Test
  void everyTestPasses() throws Exception {
    Program tool = Program.require("iscsi-test-cu", "libiscsi-bin");
    List<String> names = names(tool);
    assertThat(names).hasSizeGreaterThan(200);
    Map<String, Expectation> expected = expectations();
    assertThat(names).containsAll(expected.keySet());
    // What mostly sleeps does so while the others run.
    CompletableFuture<Map<String, Outcome>> slow =
        CompletableFuture.supplyAsync(
            () -> others(tool, expected, Configuration.SLOW),
            task -> Thread.ofPlatform().start(task));
    Map<String, Outcome> unexpected = new TreeMap<>();
    try (MemoryPortal portal = new MemoryPortal(Configuration.PLAIN.disk())) {
      for (String name : names) {
        Expectation expectation = expected.getOrDefault(name, Expectation.PASSES);
        if (expectation.passing() != Configuration.SLOW) {
          Outcome outcome = outcome(tool, Configuration.PLAIN, name, portal.url());
          if (outcome != expectation.plain()) {
            unexpected.put(name, outcome);
          }
        }
      }
    }
    for (Configuration configuration : Configuration.values()) {
      if (configuration != Configuration.PLAIN && configuration != Configuration.SLOW) {
        unexpected.putAll(others(tool, expected, configuration));
      }
    }
    unexpected.putAll(slow.join());
    assertThat(unexpected).isEmpty();
  }

  private static List<String> names(Program tool) throws Exception {
    return tool.run("--list")
        .output()
        .lines()
        .map(String::strip)
        .filter(NAME.asMatchPredicate())
        .distinct()
        .toList();
  }

  /** Runs the tests that pass in a configuration; returns those that did not. */
  private static Map<String, Outcome> others(
      Program tool, Map<String, Expectation> expected, Configuration configuration) {
    Map<String, Outcome> failed = new TreeMap<>();
    try (MemoryPortal portal = new MemoryPortal(configuration.disk(), configuration.options())) {
      for (Map.Entry<String, Expectation> entry : expected.entrySet()) {
        if (entry.getValue().passing() == configuration) {
          Outcome outcome = outcome(tool, configuration, entry.getKey(), portal.url());
          if (outcome != Outcome.PASSED) {
            failed.put(entry.getKey() + " " + configuration, outcome);
          }
        }
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return failed;
  }

  private static Outcome outcome(Program tool, Configuration configuration, String name, String url)
      throws IOException, InterruptedException {
    boolean twice = configuration == Configuration.TWICE;
    int seconds = configuration == Configuration.SLOW ? LONG_TIMEOUT_SECONDS : TIMEOUT_SECONDS;
    String test = twice ? name + "," + name : name;
    String[] common = {"--dataloss", "--allow-sanitize", "-t", test, url};
    boolean twoPaths = name.contains("MultipathIO");
    Program.Result result =
        twoPaths
            ? tool.run(seconds, common[0], common[1], common[2], common[3], url, url)
            : tool.run(seconds, common);
    return outcome(result, twice ? 1 : 0);
  }

  private static Outcome outcome(Program.Result result, int failedAssertsMax) {
    String output = result.output();
    var failed = FAILED_ASSERTS.matcher(output);
    if (result.exitCode() == -1) {
      return Outcome.HANG;
    } else if (result.exitCode() >= 128) {
      return Outcome.CRASH;
    } else if (!output.contains("Run Summary")) {
      return Outcome.SETUP;
    } else if ((failed.find() && Integer.parseInt(failed.group(1)) > failedAssertsMax)
        || output.contains("initialization failed")) {
      return Outcome.FAILED;
    }
    // The tool counts a skipped test as passed.
    return output.substring(output.indexOf("Suite:")).contains("[SKIPPED]")
        ? Outcome.SKIPPED
        : Outcome.PASSED;
  }

  private static Map<String, Expectation> expectations() throws IOException {
    Map<String, Expectation> expected = new TreeMap<>();
    try (InputStream in =
        requireNonNull(ConformanceTest.class.getResourceAsStream("conformance.tsv"))) {
      for (String line : new String(in.readAllBytes(), UTF_8).lines().toList()) {
        if (!line.startsWith("#")) {
          List<String> fields = List.of(line.split("\t", -1));
          assertThat(fields)
              .as("name, outcome, configuration, reason: %s", line)
              .hasSize(4)
              .doesNotContain("");
          expected.put(
              fields.get(0),
              new Expectation(
                  Outcome.valueOf(fields.get(1)), Configuration.valueOf(fields.get(2))));
        }
      }
    }
    return expected;
  }
}
