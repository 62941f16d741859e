package io.everwhen.appliance.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A class with a main method as a process of its own, which prints {@code ready PORT} first. */
final class ChildJvm implements AutoCloseable {

  private static final int READY_SECONDS = 60;

  private final Process process;
  private final BufferedReader out;
  private final PrintStream in;
  private final int port;

  /**
   * @param options for the JVM
   * @param classPath what it needs beside the class path of this JVM; empty for nothing
   */
  ChildJvm(List<String> options, String classPath, String main, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path") + classPath, main));
    command.addAll(List.of(arguments));
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    try {
      String ready = read(READY_SECONDS);
      if (ready == null || !ready.startsWith("ready ")) {
        throw new IOException("not ready, but '" + ready + "': " + String.join(" ", command));
      }
      port = Integer.parseInt(ready.substring("ready ".length()));
    } catch (IOException | InterruptedException | RuntimeException e) {
      close();
      throw e;
    }
  }

  int port() {
    return port;
  }

  long pid() {
    return process.pid();
  }

  /** Sends it a line, and returns the line that it answers. */
  String ask(String line, int seconds) throws IOException, InterruptedException {
    in.println(line);
    String answer = read(seconds);
    if (answer == null) {
      throw new IOException("ended before it answered: " + line);
    }
    return answer;
  }

  /** The next line; the process is killed when it takes too long. */
  private @Nullable String read(int seconds) throws IOException, InterruptedException {
    CompletableFuture<@Nullable String> line =
        CompletableFuture.supplyAsync(() -> {
          try {
            return out.readLine();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    try {
      return line.get(seconds, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      close();
      throw new IOException("no answer within " + seconds + " s", e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
