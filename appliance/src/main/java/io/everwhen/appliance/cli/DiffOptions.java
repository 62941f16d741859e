package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.SecretFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen diff} was asked for.
 *
 * @param place where the disk's history is
 * @param disk which disk
 * @param from the earlier instant, as written
 * @param to the later one, as written
 * @param written whether everything that was written counts, also where the content is the same
 * @param limit how many extents to show; all are counted
 * @param files what to compare the files by; null to compare the disk's blocks
 * @param secret what opens an encrypted history; null for what the data directory remembers
 */
public record DiffOptions(
    Place place,
    DiskName disk,
    String from,
    String to,
    boolean written,
    long limit,
    @Nullable Files files,
    @Nullable SecretFile secret) {

  /** How many changes of files are shown unless told otherwise. */
  private static final long FILES_SHOWN = 10_000;

  /**
   * How files are compared.
   *
   * @param content whether what is in them is read
   * @param partition the number of the one they are in; null for the only file system there is
   * @param scratch the directory for a copy of the disk
   */
  public record Files(boolean content, @Nullable Integer partition, Path scratch) {}

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "diff", "Shows what differs on a disk between two instants, and when it changed.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    spec.addOption(Specs.required("--from", "I", String.class, "The earlier instant."));
    spec.addOption(Specs.option("--to", "I", String.class, "The later instant (default: now)."));
    spec.addOption(
        Specs.flag(
            "Show everything that was written, also what is the same again; reads no content.",
            "--written"));
    spec.addOption(
        Specs.flag(
            "Show which files were added, removed and changed, by The Sleuth Kit (package sleuthkit).",
            "--files"));
    spec.addOption(
        Specs.flag("With --files: read what is in them, and compare that too.", "--content"));
    spec.addOption(
        Specs.option(
            "--partition",
            "N",
            String.class,
            "With --files: the partition (default: the only one that holds a file system)."));
    spec.addOption(
        Specs.option(
            "--scratch",
            "DIR",
            Path.class,
            "With --files: where the disk is copied to for it (default: the directory for temporary files)."));
    Specs.addLimit(spec, "extents");
    KeysOptions.addSecretTo(spec, "");
    Place.addTo(spec);
    Specs.addJson(spec, "Print one JSON object, with the extents as an array.");
    spec.usageMessage().footer(RestoreOptions.INSTANTS);
    return spec;
  }

  static DiffOptions of(ParseResult parsed) throws UsageError {
    Files files = files(parsed);
    return new DiffOptions(
        Place.of(parsed),
        Specs.disk(parsed, 0),
        parsed.<String>matchedOptionValue("--from", ""),
        parsed.<String>matchedOptionValue("--to", "now"),
        parsed.hasMatchedOption("--written"),
        files == null || parsed.hasMatchedOption("--limit") ? Specs.limit(parsed) : FILES_SHOWN,
        files,
        KeysOptions.secret(parsed, ""));
  }

  private static @Nullable Files files(ParseResult parsed) throws UsageError {
    if (!parsed.hasMatchedOption("--files")) {
      for (String option : new String[] {"--content", "--partition", "--scratch"}) {
        if (parsed.hasMatchedOption(option)) {
          throw new UsageError(option + " goes with --files");
        }
      }
      return null;
    }
    if (parsed.hasMatchedOption("--written")) {
      throw new UsageError("--written is of blocks; leave it out with --files");
    }
    String partition = parsed.matchedOptionValue("--partition", "");
    if (!partition.matches("|[1-9]\\d{0,3}")) {
      throw new UsageError("--partition is a number from 1 on, not '" + partition + "'");
    }
    return new Files(
        parsed.hasMatchedOption("--content"),
        partition.isEmpty() ? null : Integer.valueOf(partition),
        parsed.matchedOptionValue("--scratch", Path.of(System.getProperty("java.io.tmpdir"))));
  }
}
