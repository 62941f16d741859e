package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen rewind} was asked for.
 *
 * @param data the data directory
 * @param disk which disk
 * @param at the instant, as written
 * @param force whether also while an initiator has reserved the disk
 */
public record RewindOptions(Path data, DiskName disk, String at, boolean force) {

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "rewind",
            "Lets a disk be as it was at an instant, in place and at once, while it is served or not.",
            "Nothing of its history is lost: the rewind is on the timeline, and can be rewound. Hosts that have a file"
                + " system of the disk mounted should unmount it before, and mount it again after.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    Specs.addAt(spec);
    spec.addOption(Specs.flag("Also while an initiator has reserved the disk.", "--force"));
    Specs.addData(spec);
    Specs.addJson(spec, "Print the outcome as one JSON object.");
    spec.usageMessage().footer(RestoreOptions.INSTANTS);
    return spec;
  }

  static RewindOptions of(ParseResult parsed) throws UsageError {
    return new RewindOptions(
        Specs.data(parsed),
        Specs.disk(parsed, 0),
        Specs.at(parsed),
        parsed.hasMatchedOption("--force"));
  }
}
