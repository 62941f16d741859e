package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen open} was asked for.
 *
 * @param data the data directory
 * @param disk which disk
 * @param at the instant, as written
 * @param as what to call the past disk; null for a name that says what it is
 * @param writable whether it is to be a branch
 */
public record OpenOptions(
    Path data, DiskName disk, String at, @Nullable DiskName as, boolean writable) {

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "open",
            "Serves a disk as it was at an instant, at once and read-only, as a target of its own.",
            "It is there until 'everwhen close', or until the daemon ends. While it is, nothing of the disk's history"
                + " is thinned or folded.",
            "With --writable it is a branch: a disk that can be written, with a history of its own, and of which the"
                + " disk that it was made of sees nothing. It is there until 'everwhen close', which deletes it, or"
                + " with --keep makes it a disk of its own.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    Specs.addAt(spec);
    spec.addOption(
        Specs.option(
            "--as",
            "NAME",
            String.class,
            "The end of the target's name (default: DISK-at- and an entry's number)."));
    spec.addOption(Specs.flag("Make it a branch, which can be written.", "--writable"));
    Specs.addData(spec);
    Specs.addJson(spec, "Print the past disk as one JSON object.");
    spec.usageMessage().footer(RestoreOptions.INSTANTS);
    return spec;
  }

  static OpenOptions of(ParseResult parsed) throws UsageError {
    String as = Specs.value(parsed, "--as", String.class);
    return new OpenOptions(
        Specs.data(parsed),
        Specs.disk(parsed, 0),
        Specs.at(parsed),
        as == null ? null : Specs.understood(() -> new DiskName(as)),
        parsed.hasMatchedOption("--writable"));
  }
}
