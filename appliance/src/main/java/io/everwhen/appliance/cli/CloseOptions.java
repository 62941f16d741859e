package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen close} was asked for.
 *
 * @param data the data directory
 * @param past the past disk's name
 */
public record CloseOptions(Path data, DiskName past) {

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "close",
            "Ends a past disk that 'everwhen open' serves, and the sessions with it. Nothing of the history is lost.");
    spec.addPositional(Specs.positional(0, "NAME", true, "The past disk's name."));
    Specs.addData(spec);
    Specs.addJson(spec, "Print what was closed as one JSON object.");
    return spec;
  }

  static CloseOptions of(ParseResult parsed) throws UsageError {
    return new CloseOptions(Specs.data(parsed), Specs.disk(parsed, 0));
  }
}
