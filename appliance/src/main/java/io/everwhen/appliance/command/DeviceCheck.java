package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs a command beside a copy of the disk that is a read-only block device, by {@code losetup}. It
 * needs no daemon.
 */
final class DeviceCheck implements Check {

  private final Scratch scratch;
  private final ProgressLine copying;
  private final CheckProcess process;

  private DeviceCheck(Scratch scratch, ProgressLine copying, CheckProcess process) {
    this.scratch = scratch;
    this.copying = copying;
    this.process = process;
  }

  /**
   * One on a copy.
   *
   * @param directory where the copy goes
   */
  static DeviceCheck of(Path directory, History history, Manifest.Disk disk, CheckProcess process)
      throws IOException, CommandFailed {
    Output output = process.output();
    ProgressLine copying = new ProgressLine("copying " + disk.name(), output);
    Scratch scratch = Scratch.in(directory, history, disk, copying, output);
    return new DeviceCheck(scratch, copying, process);
  }

  @Override
  public int run(Point at) throws IOException, InterruptedException, CommandFailed {
    scratch.image().goTo(at);
    copying.end();
    String copy = scratch.image().path().toString();
    String device = losetup("--find", "--show", "--read-only", "--partscan", copy);
    AtEnd ending = AtEnd.of("detaching", () -> detachAtEnd(device));
    try {
      return process.run(
          Map.of("EVERWHEN_DEVICE", device, "EVERWHEN_INSTANT", "seq:" + at.sequence()));
    } finally {
      if (ending.isTakenBack()) {
        detach(device, copy);
      }
    }
  }

  private static void detach(String device, String copy)
      throws IOException, InterruptedException, CommandFailed {
    losetup("--detach", device);
    if (!losetup("--associated", copy).isEmpty()) {
      throw new CommandFailed(
          "%s is still in use after the command has ended; have it unmount what it mounts"
              .formatted(device));
    }
  }

  private void detachAtEnd(String device) {
    try {
      losetup("--detach", device);
    } catch (IOException | CommandFailed e) {
      process.output().note(device + " stays attached: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String losetup(String... arguments)
      throws IOException, InterruptedException, CommandFailed {
    List<String> command = new ArrayList<>(List.of("losetup"));
    command.addAll(List.of(arguments));
    Process run;
    try {
      run = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new CommandFailed(
          "for --device, losetup is needed and cannot be run: apt-get install mount", e);
    }
    run.getOutputStream().close();
    String said = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (run.waitFor() != 0) {
      throw new CommandFailed(
          "%s failed: %s. It has to be run as root; without --device the command finds the disk by EVERWHEN_URL"
              .formatted(String.join(" ", command), said));
    }
    return said;
  }

  @Override
  public void close() throws IOException {
    scratch.close();
  }
}
