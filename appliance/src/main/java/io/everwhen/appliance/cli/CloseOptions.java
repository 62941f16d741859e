package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen close} was asked for.
 *
 * @param data the data directory
 * @param past the past disk's name, or the branch's
 * @param keep whether to make a branch a disk of its own instead
 * @param force whether to end a branch also while it is used
 */
public record CloseOptions(Path data, DiskName past, boolean keep, boolean force) {

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "close",
            "Ends a past disk that 'everwhen open' serves, and the sessions with it. Nothing of the history is lost.",
            "A branch is deleted, with what was written to it. With --keep it becomes a disk of its own instead: what"
                + " it has not changed is copied to it, while it is used.");
    spec.addPositional(Specs.positional(0, "NAME", true, "The past disk's name, or the branch's."));
    spec.addOption(Specs.flag("Make a branch a disk of its own.", "--keep"));
    spec.addOption(Specs.flag("Delete a branch also while it is used.", "--force"));
    Specs.addData(spec);
    Specs.addJson(spec, "Print what was closed as one JSON object.");
    return spec;
  }

  static CloseOptions of(ParseResult parsed) throws UsageError {
    boolean keep = parsed.hasMatchedOption("--keep");
    boolean force = parsed.hasMatchedOption("--force");
    if (keep && force) {
      throw new UsageError("--force is for a branch that is deleted, and --keep keeps it");
    }
    return new CloseOptions(Specs.data(parsed), Specs.disk(parsed, 0), keep, force);
  }
}
