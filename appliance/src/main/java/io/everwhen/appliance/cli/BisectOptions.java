package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen bisect} was asked for.
 *
 * @param data the data directory of the daemon that serves the disk
 * @param disk which disk
 * @param good an instant when it was good, as written
 * @param bad a later one when it is bad, as written
 * @param check what finds out which it is
 */
public record BisectOptions(Path data, DiskName disk, String good, String bad, CheckOptions check) {

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "bisect",
            "Finds the entry that made a disk bad: opens the disk as it was at a few instants, and has a command check each.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    CheckOptions.addTo(spec);
    spec.addOption(
        Specs.required("--good", "I", String.class, "An instant when the disk was good."));
    spec.addOption(Specs.required("--bad", "I", String.class, "A later instant when it is bad."));
    Specs.addData(spec);
    Specs.addJson(spec, "Print what was found as one JSON object.");
    spec.usageMessage().footer(RestoreOptions.INSTANTS);
    return spec;
  }

  static BisectOptions of(ParseResult parsed) throws UsageError {
    return new BisectOptions(
        Specs.data(parsed),
        Specs.disk(parsed, 0),
        parsed.<String>matchedOptionValue("--good", ""),
        parsed.<String>matchedOptionValue("--bad", ""),
        CheckOptions.of(parsed));
  }
}
