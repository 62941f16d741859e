package io.everwhen.restore.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.history.History;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.RestorePlan;
import io.everwhen.restore.plan.UnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExporterTest {

  @TempDir private Path directory;

  private static RestorePlan plan(History history, TestDisk disk) throws IOException {
    return new Planner(history, disk.nowNanos())
        .plan(history.disk("disk0").orElseThrow(), new Instant.Now("now"));
  }

  private void exportWith(List<String> program, Exporter.Format format) throws IOException {
    try (TestDisk disk = new TestDisk(directory.resolve("disk"), 1, 1L << 30)) {
      disk.changes(20);
      try (History history = disk.history()) {
        new Exporter(new Restorer(history, Progress.NONE), program)
            .export(plan(history, disk), directory.resolve("image"), format);
      }
    }
  }

  private void assertNothingIsLeft() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(p -> p.getFileName().toString())).containsExactly("disk");
    }
  }

  @Test
  void withoutTheProgramItSaysWhichPackageHasIt() throws IOException {
    assertThatThrownBy(() -> exportWith(List.of("/no/such/program"), Exporter.Format.QCOW2))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("apt-get install qemu-utils");
    assertNothingIsLeft();
  }

  @Test
  void whenTheProgramFailsNothingIsLeft() throws IOException {
    // It has a version; then it makes half a file, and fails.
    List<String> failing =
        List.of(
            "sh",
            "-c",
            "[ \"$1\" = --version ] || { for last; do :; done; echo half > \"$last\"; echo 'no luck' >&2; exit 3; }",
            "sh");
    assertThatThrownBy(() -> exportWith(failing, Exporter.Format.VMDK))
        .hasMessage("qemu-img could not write vmdk (exit code 3): no luck");
    assertNothingIsLeft();
  }

  @Test
  void rawNeedsNoProgram() throws IOException {
    exportWith(List.of("/no/such/program"), Exporter.Format.RAW);
    assertThat(directory.resolve("image")).hasSize(256 << 10);
  }
}
