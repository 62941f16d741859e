package io.everwhen.target.iscsi;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.block.Geometry;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import io.everwhen.target.testing.Program;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Every test of libiscsi's iscsi-test-cu 1.19, one process each, against the outcomes that {@code
 * conformance.tsv} expects: PASSED, unless a line there names another with its reason.
 */
class ConformanceTest {

  private static final int DISK_BYTES = 64 << 20;
  private static final int TIMEOUT_SECONDS = 20;
  private static final Pattern NAME = Pattern.compile("i?SCSI\\.\\w+\\.\\w+");
  private static final Pattern FAILED_ASSERTS =
      Pattern.compile("(?m)^ *asserts +\\d+ +\\d+ +\\d+ +[1-9]");

  private static final List<String> FOR_REMOVABLE_DISKS =
      List.of(
          "SCSI.PreventAllow.2ITNexuses",
          "SCSI.PreventAllow.ColdReset",
          "SCSI.PreventAllow.Eject",
          "SCSI.PreventAllow.ITNexusLoss",
          "SCSI.PreventAllow.LUNReset",
          "SCSI.PreventAllow.Logout",
          "SCSI.PreventAllow.Simple",
          "SCSI.PreventAllow.WarmReset",
          "SCSI.StartStopUnit.Simple");

  private enum Outcome {
    PASSED,
    SKIPPED,
    FAILED,
    HANG,
    SETUP,
    CRASH
  }

  @Test
  void everyTestEndsAsExpected() throws Exception {
    Program tool = Program.require("iscsi-test-cu", "libiscsi-bin");
    List<String> names =
        tool.run("--list")
            .output()
            .lines()
            .map(String::strip)
            .filter(NAME.asMatchPredicate())
            .distinct()
            .toList();
    assertThat(names).hasSizeGreaterThan(200);
    Map<String, Outcome> unexpected = new TreeMap<>();
    Map<String, Outcome> expected = expectations();
    try (MemoryPortal portal = new MemoryPortal(new MemoryDisk(DISK_BYTES))) {
      for (String name : names) {
        Outcome outcome = outcome(tool, name, portal.url());
        if (outcome != expected.getOrDefault(name, Outcome.PASSED)) {
          unexpected.put(name, outcome);
        }
      }
    }
    assertThat(unexpected).isEmpty();
    assertThat(names).containsAll(expected.keySet());
  }

  @Test
  void aReadOnlyDiskPassesWhatIsForOne() throws Exception {
    Program tool = Program.require("iscsi-test-cu", "libiscsi-bin");
    MemoryDisk disk = new MemoryDisk(DISK_BYTES);
    disk.readOnly(true);
    try (MemoryPortal portal = new MemoryPortal(disk)) {
      assertThat(outcome(tool, "SCSI.ReadOnly.ReadOnlySBC", portal.url()))
          .isEqualTo(Outcome.PASSED);
    }
  }

  @Test
  void aRemovableDiskPassesWhatIsForOne() throws Exception {
    Program tool = Program.require("iscsi-test-cu", "libiscsi-bin");
    MemoryDisk disk = new MemoryDisk(DISK_BYTES);
    disk.removable(true);
    Map<String, Outcome> outcomes = new TreeMap<>();
    try (MemoryPortal portal = new MemoryPortal(disk)) {
      for (String name : FOR_REMOVABLE_DISKS) {
        outcomes.put(name, outcome(tool, name, portal.url()));
      }
    }
    assertThat(outcomes.values()).as("%s", outcomes).containsOnly(Outcome.PASSED);
  }

  @Test
  void aDiskOfSmallPhysicalBlocksPassesWhatAssumesThem() throws Exception {
    Program tool = Program.require("iscsi-test-cu", "libiscsi-bin");
    MemoryDisk disk = new MemoryDisk(new Geometry(512, 512, DISK_BYTES / 512));
    try (MemoryPortal portal = new MemoryPortal(disk)) {
      assertThat(outcome(tool, "SCSI.GetLBAStatus.UnmapSingle", portal.url()))
          .isEqualTo(Outcome.PASSED);
    }
  }

  private static Outcome outcome(Program tool, String name, String url)
      throws IOException, InterruptedException {
    boolean twoPaths = name.contains("MultipathIO");
    String[] common = {"--dataloss", "--allow-sanitize", "-t", name, url};
    Program.Result result =
        twoPaths
            ? tool.run(TIMEOUT_SECONDS, common[0], common[1], common[2], common[3], url, url)
            : tool.run(TIMEOUT_SECONDS, common);
    String output = result.output();
    if (result.exitCode() == -1) {
      return Outcome.HANG;
    } else if (result.exitCode() >= 128) {
      return Outcome.CRASH;
    } else if (!output.contains("Run Summary")) {
      return Outcome.SETUP;
    } else if (FAILED_ASSERTS.matcher(output).find() || output.contains("initialization failed")) {
      return Outcome.FAILED;
    }
    // The tool counts a skipped test as passed.
    return output.substring(output.indexOf("Suite:")).contains("[SKIPPED]")
        ? Outcome.SKIPPED
        : Outcome.PASSED;
  }

  private static Map<String, Outcome> expectations() throws IOException {
    Map<String, Outcome> expected = new TreeMap<>();
    try (InputStream in =
        requireNonNull(ConformanceTest.class.getResourceAsStream("conformance.tsv"))) {
      for (String line : new String(in.readAllBytes(), UTF_8).lines().toList()) {
        if (!line.startsWith("#")) {
          List<String> fields = List.of(line.split("\t", -1));
          assertThat(fields).as("name, outcome, reason: %s", line).hasSize(3).doesNotContain("");
          expected.put(fields.get(0), Outcome.valueOf(fields.get(1)));
        }
      }
    }
    return expected;
  }
}
