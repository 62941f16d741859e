package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.HostPort;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** The parts that the commands' specifications are made of. */
final class Specs {

  private Specs() {}

  /** A command with what every command has: {@code --help} and {@code --verbose}. */
  static CommandSpec command(String name, String... description) {
    CommandSpec spec = CommandSpec.create().name(name);
    spec.usageMessage().description(description).abbreviateSynopsis(false).sortOptions(false);
    spec.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .description("Show this help and exit.")
            .build());
    spec.addOption(
        flag(
            "Say more: progress of the parts in the log, and the stack trace of a failure.",
            "-v",
            "--verbose"));
    return spec;
  }

  /** Adds {@code --data}. */
  static void addData(CommandSpec spec) {
    spec.addOption(
        option(
            "--data",
            "DIR",
            Path.class,
            "The data directory (default: " + Config.DEFAULT_DATA + ")."));
  }

  /** The data directory that was named, or the default. */
  static Path data(ParseResult parsed) {
    return parsed.matchedOptionValue("--data", Config.DEFAULT_DATA);
  }

  /** Adds {@code --json}. */
  static void addJson(CommandSpec spec, String description) {
    spec.addOption(flag(description, "--json"));
  }

  static OptionSpec flag(String description, String... names) {
    return OptionSpec.builder(names[0], Arrays.copyOfRange(names, 1, names.length))
        .arity("0")
        .type(boolean.class)
        .description(description)
        .build();
  }

  static <T> OptionSpec option(String name, String label, Class<T> type, String description) {
    return OptionSpec.builder(name)
        .paramLabel(label)
        .arity("1")
        .type(type)
        .description(description)
        .build();
  }

  static <T> OptionSpec required(String name, String label, Class<T> type, String description) {
    return option(name, label, type, description).toBuilder().required(true).build();
  }

  static PositionalParamSpec positional(
      int index, String label, boolean required, String description) {
    return PositionalParamSpec.builder()
        .index(Integer.toString(index))
        .paramLabel(label)
        .arity(required ? "1" : "0..1")
        .required(required)
        .type(String.class)
        .description(description)
        .build();
  }

  /** Adds {@code --limit}. */
  static void addLimit(CommandSpec spec, String what) {
    spec.addOption(
        option(
            "--limit", "N", String.class, "Show the first N " + what + " only; all are counted."));
  }

  /** The limit that was given, or none. */
  static long limit(ParseResult parsed) throws UsageError {
    String text = parsed.matchedOptionValue("--limit", Long.toString(Long.MAX_VALUE));
    if (!text.matches("\\d{1,19}")) {
      throw new UsageError("--limit is a whole number, not '" + text + "'");
    }
    return understood(() -> Long.parseLong(text));
  }

  /** One or more positional parameters, and nothing else. */
  static PositionalParamSpec positionals(String label, String description) {
    return PositionalParamSpec.builder()
        .index("0..*")
        .paramLabel(label)
        .arity("1..*")
        .required(true)
        .type(String[].class)
        .description(description)
        .build();
  }

  /** All positional parameters from one on; at least one. */
  static PositionalParamSpec rest(int index, String label, String description) {
    return positionals(label, description).toBuilder().index(index + "..*").build();
  }

  /** The disks that {@link #positionals} name, each once. */
  static List<DiskName> disks(ParseResult parsed) throws UsageError {
    String[] names = parsed.matchedPositionalValue(0, new String[0]);
    return understood(() -> Arrays.stream(names).map(DiskName::new).distinct().toList());
  }

  /** Adds {@code --portal}. */
  static void addPortal(CommandSpec spec) {
    spec.addOption(
        option(
            "--portal",
            "HOST:PORT",
            String.class,
            "Where the command reaches the daemon (default: where it listens)."));
  }

  /** The portal that was given, or null. */
  static @Nullable HostPort portal(ParseResult parsed) throws UsageError {
    String portal = value(parsed, "--portal", String.class);
    return portal == null ? null : understood(() -> HostPort.parse(portal));
  }

  /** Adds {@code --at} and {@code --clean}. */
  static void addAt(CommandSpec spec) {
    spec.addOption(required("--at", "I", String.class, "The instant."));
    spec.addOption(
        flag(
            "The last flush of the disk at or before the instant: file systems and databases are consistent there.",
            "--clean"));
  }

  /** The instant, as written; one that is to be clean says so itself. */
  static String at(ParseResult parsed) {
    String at = parsed.<String>matchedOptionValue("--at", "");
    return parsed.hasMatchedOption("--clean") && !at.startsWith("clean:") ? "clean:" + at : at;
  }

  /** The value of an option, or null if it was not given. */
  static <T> @Nullable T value(ParseResult parsed, String option, Class<T> type) {
    return parsed.hasMatchedOption(option)
        ? type.cast(parsed.matchedOption(option).getValue())
        : null;
  }

  /** The disk that the positional parameter {@code index} names. */
  static DiskName disk(ParseResult parsed, int index) throws UsageError {
    return understood(() -> new DiskName(parsed.<String>matchedPositionalValue(index, "")));
  }

  /** What {@code meaning} makes of its text; a text that it refuses is a wrong usage. */
  static <T> T understood(Supplier<T> meaning) throws UsageError {
    try {
      return meaning.get();
    } catch (IllegalArgumentException e) {
      throw new UsageError(String.valueOf(e.getMessage()), e);
    }
  }

  /** The directory for copies that was named, or that for temporary files. */
  static Path scratch(ParseResult parsed) {
    return parsed.matchedOptionValue("--scratch", Path.of(System.getProperty("java.io.tmpdir")));
  }
}
