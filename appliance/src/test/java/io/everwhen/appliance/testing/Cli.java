package io.everwhen.appliance.testing;

import io.everwhen.appliance.Everwhen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs {@code everwhen} commands: in this process, which is quick, or as a process of its own,
 * which is the real thing.
 */
public final class Cli {

  private Cli() {}

  /** Runs a command in this process. */
  public static Outcome run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exitCode =
        Everwhen.run(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            arguments);
    List<String> command = new ArrayList<>(List.of("everwhen"));
    command.addAll(List.of(arguments));
    return new Outcome(
        command,
        exitCode,
        out.toString(StandardCharsets.UTF_8),
        err.toString(StandardCharsets.UTF_8));
  }

  /** Runs the packaged program in {@code directory}. */
  public static Outcome runProcess(Path directory, String... arguments)
      throws IOException, InterruptedException {
    return Processes.run(directory, Dist.command(arguments));
  }
}
