package io.everwhen.appliance.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Programs that are run to their end. */
public final class Processes {

  /** How long a program may take. */
  public static final int TIMEOUT_SECONDS = 180;

  private Processes() {}

  /** Runs {@code command} in {@code directory}, and returns what became of it. */
  public static Outcome run(Path directory, List<String> command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    String path = builder.environment().getOrDefault("PATH", "");
    builder.environment().put("PATH", path + ":/usr/sbin:/sbin");
    Process process = builder.start();
    process.getOutputStream().close();
    CompletableFuture<String> out =
        CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
    CompletableFuture<String> err =
        CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
    boolean ended = process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    Outcome outcome =
        new Outcome(command, ended ? process.exitValue() : -1, out.join(), err.join());
    if (!ended) {
      throw new AssertionError("not done after " + TIMEOUT_SECONDS + " s: " + outcome);
    }
    return outcome;
  }

  /**
   * Runs {@code command} in {@code directory}, which must succeed, and returns its standard output.
   */
  public static String output(Path directory, String... command)
      throws IOException, InterruptedException {
    return run(directory, List.of(command)).done().out();
  }

  private static String text(InputStream stream) {
    try {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
