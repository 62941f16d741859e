package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen verify} was asked for.
 *
 * @param place where the history is
 * @param disk whose history, or null for every disk's
 */
public record VerifyOptions(Place place, @Nullable DiskName disk) {

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "verify", "Checks every byte of the history, and says which instants a damage costs.");
    spec.addPositional(
        Specs.positional(0, "DISK", false, "The disk's name (default: every disk)."));
    Place.addTo(spec);
    Specs.addJson(spec, "Print one JSON object a disk.");
    return spec;
  }

  static VerifyOptions of(ParseResult parsed) throws UsageError {
    return new VerifyOptions(
        Place.of(parsed), parsed.hasMatchedPositional(0) ? Specs.disk(parsed, 0) : null);
  }
}
