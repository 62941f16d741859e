package io.everwhen.target.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs Jazzer on a fuzz target, guided by coverage, in a process of its own: so that a hang, an
 * exhausted heap or a crash is found too, and its agent touches no other test. Every exception that
 * leaves the target is a finding.
 */
public final class Fuzzer {

  /** How long each target is fuzzed: {@code -Deverwhen.fuzz.seconds=N}. */
  private static final int SECONDS = Integer.getInteger("everwhen.fuzz.seconds", 3);

  /** What a run may take beside the fuzzing: starting, on a busy machine, and the seeds. */
  private static final int OVERHEAD_SECONDS = 180;

  /** Below this, compiling well costs more than it brings. */
  private static final int COMPILED_WELL_SECONDS = 20;

  /** One input may take this long, however busy the machine is. */
  private static final int INPUT_SECONDS_MAX = 60;

  /** The code under test has to do with this. */
  private static final String HEAP = "-Xmx256m";

  private static final String DIRECT_MEMORY = "-XX:MaxDirectMemorySize=128m";

  private static final int SHOWN_CHARACTERS = 6000;

  private Fuzzer() {}

  /**
   * Fuzzes {@code target}, a public class with {@code fuzzerTestOneInput(byte[])}; fails with what
   * was found.
   */
  public static void run(Class<?> target) throws IOException, InterruptedException {
    Path folder = Path.of("build", "fuzz", target.getSimpleName()).toAbsolutePath();
    Path seeds = Files.createDirectories(folder.resolve("seeds"));
    Path corpus = Files.createDirectories(folder.resolve("corpus"));
    for (Map.Entry<String, byte[]> seed : Seeds.of(target).entrySet()) {
      Files.write(seeds.resolve(seed.getKey()), seed.getValue());
    }
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command(target, corpus, seeds))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    process.getOutputStream().close();
    boolean ended = process.waitFor(SECONDS + OVERHEAD_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    String text = Files.readString(output, UTF_8);
    String shown = text.substring(Math.max(0, text.length() - SHOWN_CHARACTERS));
    assertThat(ended).as("Jazzer has not ended:\n%s", shown).isTrue();
    assertThat(process.exitValue())
        .as("found by Jazzer; put the input among the seeds:\n%s", shown)
        .isZero();
    // It says so if it was not guided: then it would find nothing.
    assertThat(text).contains("INFO: Instrumented io.everwhen.target");
  }

  private static List<String> command(Class<?> target, Path corpus, Path seeds) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                HEAP,
                DIRECT_MEMORY,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=" + (SECONDS < COMPILED_WELL_SECONDS ? 1 : 4),
                "-XX:+EnableDynamicAgentLoading",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.getName(),
                "--instrumentation_includes=io.everwhen.**",
                "--custom_hook_includes=io.everwhen.**",
                // The one network connection that there is goes to ourselves.
                "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.ServerSideRequestForgery",
                "-max_total_time=" + SECONDS,
                "-timeout=" + INPUT_SECONDS_MAX,
                // It reads the peak that a process inherits from the one that started it: this one.
                "-rss_limit_mb=0",
                "-print_final_stats=1"));
    command.add(corpus.toString());
    command.add(seeds.toString());
    return command;
  }
}
