package io.everwhen.restore.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.everwhen.restore.plan.UnavailableException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Programs that are run to their end, one after the other. One thread. */
final class Tool {

  /** More than any of their error messages that helps. */
  private static final int ERROR_BYTES_MAX = 4096;

  /** Where programs are: on the path, and where administrators' are. */
  private static final List<String> PLACES = List.of("", "/usr/sbin/", "/sbin/");

  private Tool() {}

  /** Receives what a program prints. */
  @FunctionalInterface
  interface Reader {
    void read(InputStream in) throws IOException;
  }

  /** Receives text, line by line. */
  @FunctionalInterface
  interface Lines {
    void line(String line) throws IOException;
  }

  /** Takes what is printed as text. */
  static Reader text(Lines lines) {
    return in -> {
      BufferedReader reader = new BufferedReader(new InputStreamReader(in, UTF_8));
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.line(line);
      }
    };
  }

  /**
   * How a program ended.
   *
   * @param code its exit code
   * @param error what it printed to standard error
   */
  record End(int code, String error) {}

  /** That a program has failed: it cannot make sense of what is on the disk. */
  static final class Failed extends IOException {
    private static final long serialVersionUID = 1L;

    Failed(String program, End end) {
      super(
          "%s failed (exit code %d): %s"
              .formatted(program, end.code(), end.error().isEmpty() ? "no reason" : end.error()));
    }
  }

  /**
   * Runs a program.
   *
   * @param packages what brings it, for people
   * @throws UnavailableException when it is not there
   */
  static End run(List<String> command, String packages, Reader reader) throws IOException {
    Process process = start(command, packages);
    try {
      process.getOutputStream().close();
      CompletableFuture<String> error =
          CompletableFuture.supplyAsync(
              () -> beginning(process.getErrorStream()), task -> Thread.startVirtualThread(task));
      reader.read(process.getInputStream());
      return new End(process.waitFor(), error.join());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted before it was done");
    } finally {
      process.destroy();
    }
  }

  private static Process start(List<String> command, String packages) throws IOException {
    for (String place : PLACES) {
      List<String> full = new ArrayList<>(command);
      full.set(0, place + command.getFirst());
      ProcessBuilder builder = new ProcessBuilder(full);
      builder.environment().putAll(Map.of("TZ", "UTC", "LC_ALL", "C.UTF-8"));
      try {
        return builder.start();
      } catch (IOException _) {
        // Perhaps in the next place.
      }
    }
    throw new UnavailableException(
        "to look into files, %s is needed and cannot be run: %s"
            .formatted(command.getFirst(), packages));
  }

  private static String beginning(InputStream in) {
    try {
      byte[] bytes = in.readNBytes(ERROR_BYTES_MAX);
      in.transferTo(OutputStream.nullOutputStream());
      return new String(bytes, UTF_8).strip().replace('\n', ' ');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
