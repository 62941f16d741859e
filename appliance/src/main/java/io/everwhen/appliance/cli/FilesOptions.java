package io.everwhen.appliance.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * How files of the past are looked into.
 *
 * @param content whether what is in them is read
 * @param partition the number of the one they are in; null for the only file system there is
 * @param scratch the directory for a copy of the disk
 */
public record FilesOptions(boolean content, @Nullable Integer partition, Path scratch) {

  /**
   * Adds them.
   *
   * @param with the option that they go with
   */
  static void addTo(CommandSpec spec, String with) {
    spec.addOption(
        Specs.flag("With " + with + ": read what is in files, and compare that too.", "--content"));
    spec.addOption(
        Specs.option(
            "--partition",
            "N",
            String.class,
            "With " + with + ": the partition (default: the only one that holds a file system)."));
    spec.addOption(
        Specs.option(
            "--scratch",
            "DIR",
            Path.class,
            "With "
                + with
                + ": where the disk is copied to for it (default: the directory for temporary files)."));
  }

  /**
   * Those that were given.
   *
   * @return null without the option that they go with
   */
  static @Nullable FilesOptions of(ParseResult parsed, String with) throws UsageError {
    if (!parsed.hasMatchedOption(with)) {
      for (String option : new String[] {"--content", "--partition", "--scratch"}) {
        if (parsed.hasMatchedOption(option)) {
          throw new UsageError(option + " goes with " + with);
        }
      }
      return null;
    }
    String partition = parsed.matchedOptionValue("--partition", "");
    if (!partition.matches("|[1-9]\\d{0,3}")) {
      throw new UsageError("--partition is a number from 1 on, not '" + partition + "'");
    }
    return new FilesOptions(
        parsed.hasMatchedOption("--content"),
        partition.isEmpty() ? null : Integer.valueOf(partition),
        Specs.scratch(parsed));
  }
}
