package io.everwhen.restore.run;

import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.restore.plan.RestorePlan;
import io.everwhen.restore.plan.UnavailableException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Writes a disk's past as an image of a virtual machine's disk: QEMU's {@code qemu-img} makes it
 * from a restored raw one, which lies beside it meanwhile. One thread.
 */
public final class Exporter {

  private static final String PROGRAM = "qemu-img";

  private final Restorer restorer;
  private final List<String> program;

  /**
   * @param restorer restores the raw image
   */
  public Exporter(Restorer restorer) {
    this(restorer, List.of(PROGRAM));
  }

  /** One that runs another program. */
  Exporter(Restorer restorer, List<String> program) {
    this.restorer = restorer;
    this.program = program;
  }

  /** What an image can be. */
  public enum Format {
    RAW,
    QCOW2,
    VHDX,
    VMDK;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Writes an image. It has its name only when it is complete and on stable storage.
   *
   * @param file is replaced if it is there
   * @throws UnavailableException when {@code qemu-img} is needed and not there
   */
  public RestoreResult export(RestorePlan plan, Path file, Format format) throws IOException {
    if (format == Format.RAW) {
      return restorer.restoreToFile(plan, file);
    }
    Path absolute = file.toAbsolutePath();
    Path parent = absolute.getParent();
    if (parent == null) {
      throw new UnavailableException(file + " is not a file that could be written");
    }
    run(format, List.of("--version")); // before anything takes long
    DiskStorage directory = DiskStorage.open(parent);
    String name = absolute.getFileName().toString();
    String raw = "." + name + ".raw";
    String partial = "." + name + ".incomplete";
    try {
      RestoreResult result = restorer.restoreToFile(plan, parent.resolve(raw));
      run(
          format,
          List.of(
              "convert",
              "-f",
              "raw",
              "-O",
              format.toString(),
              parent.resolve(raw).toString(),
              parent.resolve(partial).toString()));
      try (StorageFile written = directory.open(partial)) {
        written.sync();
      }
      directory.rename(partial, name);
      directory.syncDirectory();
      return result;
    } finally {
      directory.delete(raw);
      directory.delete(partial);
    }
  }

  private void run(Format format, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(program);
    command.addAll(arguments);
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new UnavailableException(
          "to write %s, qemu-img is needed and cannot be run: apt-get install qemu-utils (or dnf install qemu-img)"
              .formatted(format));
    }
    try {
      process.getOutputStream().close();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      int code = process.waitFor();
      if (code != 0) {
        throw new IOException(
            "qemu-img could not write %s (exit code %d): %s".formatted(format, code, said));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted before it was done");
    } finally {
      process.destroy();
    }
  }
}
