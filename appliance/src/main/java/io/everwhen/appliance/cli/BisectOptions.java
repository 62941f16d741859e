package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.HostPort;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen bisect} was asked for.
 *
 * @param data the data directory of the daemon that serves the disk
 * @param disk which disk
 * @param good an instant when it was good, as written
 * @param bad a later one when it is bad, as written
 * @param portal where the command reaches the daemon's targets, or null for what the daemon says
 * @param command what finds out which it is, with its arguments
 */
public record BisectOptions(
    Path data,
    DiskName disk,
    String good,
    String bad,
    @Nullable HostPort portal,
    List<String> command) {

  /** What is said of the command that checks a past disk. */
  static final String COMMAND =
      "What to run, with its arguments; put -- before it. It finds the disk by EVERWHEN_URL (iscsi://PORTAL/TARGET/0),"
          + " EVERWHEN_PORTAL, EVERWHEN_TARGET and EVERWHEN_INSTANT in its environment."
          + " Exit code 0: good, 125: cannot be told, else: bad. What it prints goes to the standard error.";

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "bisect",
            "Finds the entry that made a disk bad: opens the disk as it was at a few instants, and has a command check each.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    spec.addPositional(Specs.rest(1, "COMMAND", COMMAND));
    spec.addOption(
        Specs.required("--good", "I", String.class, "An instant when the disk was good."));
    spec.addOption(Specs.required("--bad", "I", String.class, "A later instant when it is bad."));
    Specs.addPortal(spec);
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
        Specs.portal(parsed),
        List.of(parsed.matchedPositionalValue(1, new String[0])));
  }
}
