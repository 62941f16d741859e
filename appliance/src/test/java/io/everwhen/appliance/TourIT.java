package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Dist;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Ports;
import io.everwhen.appliance.testing.Processes;
import io.everwhen.appliance.testing.QemuImg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the README's tour: every fenced block marked {@code sh tour}, in order, in an empty
 * directory that holds nothing but a link to the launcher. A block marked {@code sh tour
 * background} is what the reader leaves running in another terminal: it is started, waited for
 * until it prints a line that starts with {@code ready}, and ended at the end.
 *
 * <p>The tour uses the default ports. Here free ones take their place: {@code 3260} and {@code
 * 3280} are replaced wherever they stand, and {@code everwhen serve} is given both.
 */
class TourIT {

  private static final Pattern BLOCK =
      Pattern.compile("^```sh tour( background)?\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

  private static final int READY_SECONDS_MAX = 300;
  private static final int STOP_MINUTES_MAX = 2;

  private final List<Process> background = new ArrayList<>();

  @TempDir private Path directory;
  @TempDir private Path logs;

  /** One fenced block. */
  private record Block(boolean background, String script) {}

  @Test
  void everyCommandOfTheTourWorks() throws Exception {
    Needs.root("mount the disk");
    Needs.program("qemu-storage-daemon", "qemu-system-common");
    Needs.program("mkfs.ext4", "e2fsprogs");
    QemuImg.need();
    Files.createSymbolicLink(directory.resolve("everwhen"), Dist.launcher());
    List<Block> tour = tour();
    assertThat(tour).as("blocks marked 'sh tour' in the README").hasSizeGreaterThan(1);
    for (Block block : tour) {
      if (block.background) {
        startAndAwaitReady(block);
      } else {
        Outcome outcome =
            Processes.run(directory, List.of("bash", "-euo", "pipefail", "-c", block.script));
        assertThat(outcome.exitCode()).as("a block of the tour: %s", outcome).isZero();
      }
    }
  }

  /** What a tour that broke off has left mounted, and what its initiator is still letting go of. */
  @AfterEach
  void unmount() throws IOException, InterruptedException {
    for (String line : Files.readAllLines(Path.of("/proc/self/mounts")).reversed()) {
      String mountPoint = line.split(" ", -1)[1];
      if (mountPoint.startsWith(directory.toRealPath().toString())) {
        Processes.run(Path.of("/"), List.of("umount", "-l", mountPoint));
      }
    }
  }

  @AfterEach
  void endWhatRunsInTheBackground() throws InterruptedException {
    for (Process process : background) {
      process.destroy();
      assertThat(process.waitFor(STOP_MINUTES_MAX, TimeUnit.MINUTES))
          .as("ends after SIGTERM")
          .isTrue();
    }
  }

  private void startAndAwaitReady(Block block) throws IOException, InterruptedException {
    Path log = Files.createTempFile(logs, "background", ".log");
    ProcessBuilder builder = new ProcessBuilder("bash", "-c", "exec " + block.script.strip());
    Process process =
        builder
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    background.add(process);
    for (int i = 0; i < READY_SECONDS_MAX * 10; i++) {
      if (Files.readString(log).lines().anyMatch(line -> line.startsWith("ready"))) {
        return;
      }
      assertThat(process.isAlive())
          .as("still running: %s\n%s", block.script, Files.readString(log))
          .isTrue();
      Thread.sleep(100);
    }
    throw new AssertionError("not ready: " + block.script + "\n" + Files.readString(log));
  }

  private static List<Block> tour() throws IOException {
    String port = String.valueOf(Ports.free());
    String adminPort = String.valueOf(Ports.free());
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(Files.readString(Dist.home().resolve("README.md")));
    while (matcher.find()) {
      String script =
          matcher
              .group(2)
              .replace(
                  "everwhen serve", "everwhen serve --listen 127.0.0.1:3260 --admin 127.0.0.1:3280")
              .replaceAll("\\b3260\\b", port)
              .replaceAll("\\b3280\\b", adminPort);
      blocks.add(new Block(matcher.group(1) != null, script));
    }
    return blocks;
  }
}
