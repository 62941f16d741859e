package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The command that checks a disk as it was.
 *
 * @param command with its arguments
 * @param output its standard error gets what the command prints
 */
record CheckProcess(List<String> command, Output output) {

  /**
   * Runs it to its end.
   *
   * @param environment what it finds there besides
   * @return its exit code
   */
  int run(Map<String, String> environment) throws IOException, InterruptedException, CommandFailed {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new CommandFailed("the command cannot be run: " + e.getMessage(), e);
    }
    try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
      process.getOutputStream().close();
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        output.err().println(line);
      }
      return process.waitFor();
    } finally {
      process.destroy();
    }
  }
}
