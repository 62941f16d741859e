package io.everwhen.appliance.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a process has of the machine, as {@code /proc} tells it.
 *
 * @param files open file descriptors
 * @param threads threads
 * @param residentBytes memory that is there now
 * @param ownBytes of that, what is not a part of a file, which the system can take back
 * @param peakBytes the most that ever was there
 */
public record ProcessUse(
    int files, int threads, long residentBytes, long ownBytes, long peakBytes) {

  /** What the process has now. */
  public static ProcessUse of(long pid) throws IOException {
    Path proc = Path.of("/proc", Long.toString(pid));
    String status = Files.readString(proc.resolve("status"));
    int files;
    try (Stream<Path> descriptors = Files.list(proc.resolve("fd"))) {
      files = (int) descriptors.count();
    }
    return new ProcessUse(
        files,
        (int) number(status, "Threads"),
        number(status, "VmRSS") << 10,
        number(status, "RssAnon") << 10,
        number(status, "VmHWM") << 10);
  }

  private static long number(String status, String key) {
    Matcher line = Pattern.compile("(?m)^" + key + ":\\s*(\\d+)").matcher(status);
    if (!line.find()) {
      throw new IllegalArgumentException("no " + key + " in " + status);
    }
    return Long.parseLong(line.group(1));
  }

  /** The command line of a process, as every user of the machine can see it. */
  public static String commandLine(long pid) throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "cmdline"));
    return String.join(
        " ",
        Arrays.asList(new String(bytes, java.nio.charset.StandardCharsets.UTF_8).split("\0", -1)));
  }
}
