package io.everwhen.target.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** A program of somebody else that a test needs. */
public final class Program {

  private static final int TIMEOUT_SECONDS = 180;

  private final String path;

  private Program(String path) {
    this.path = path;
  }

  /** How a program ended, and what it printed on both outputs. */
  public record Result(int exitCode, String output) {}

  /** Finds a program; without it the test is skipped, or fails where CI=true. */
  public static Program require(String name, String debianPackage) {
    String missing = name + " is missing: apt-get install " + debianPackage;
    String search = System.getenv().getOrDefault("PATH", "");
    for (String folder : search.split(":", -1)) {
      Path candidate = Path.of(folder, name);
      if (Files.isExecutable(candidate)) {
        return new Program(candidate.toString());
      }
    }
    if ("true".equals(System.getenv("CI"))) {
      Assertions.fail(missing);
    }
    Assumptions.abort(missing);
    throw new AssertionError("not reached");
  }

  /** Runs it to its end. */
  public Result run(String... arguments) throws IOException, InterruptedException {
    return run(TIMEOUT_SECONDS, arguments);
  }

  /**
   * Runs it to its end, or kills it after a while and says so with exit code -1. Kills it also when
   * interrupted.
   */
  public Result run(int timeoutSeconds, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(path);
    command.addAll(Stream.of(arguments).toList());
    // Some programs look for files named as their arguments: they run where there are none.
    Path folder = Files.createTempDirectory("program");
    Path output = folder.resolve("output");
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      process.getOutputStream().close();
      boolean ended = false;
      try {
        ended = process.waitFor(timeoutSeconds, TimeUnit.SECONDS);
      } finally {
        if (!ended) {
          process.destroyForcibly().waitFor();
        }
      }
      String text = new String(Files.readAllBytes(output), UTF_8);
      return new Result(ended ? process.exitValue() : -1, text);
    } finally {
      Files.delete(output);
      Files.delete(folder);
    }
  }
}
