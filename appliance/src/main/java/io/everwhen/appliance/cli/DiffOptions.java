package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.SecretFile;
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
    @Nullable FilesOptions files,
    @Nullable SecretFile secret) {

  /** How many changes of files are shown unless told otherwise. */
  private static final long FILES_SHOWN = 10_000;

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
    FilesOptions.addTo(spec, "--files");
    Specs.addLimit(spec, "extents");
    KeysOptions.addSecretTo(spec, "");
    Place.addTo(spec);
    Specs.addJson(spec, "Print one JSON object, with the extents as an array.");
    spec.usageMessage().footer(RestoreOptions.INSTANTS);
    return spec;
  }

  static DiffOptions of(ParseResult parsed) throws UsageError {
    FilesOptions files = FilesOptions.of(parsed, "--files");
    if (files != null && parsed.hasMatchedOption("--written")) {
      throw new UsageError("--written is of blocks; leave it out with --files");
    }
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
}
