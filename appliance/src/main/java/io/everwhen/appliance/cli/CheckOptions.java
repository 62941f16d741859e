package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.HostPort;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What checks a disk as it was, and how it reaches it.
 *
 * @param command with its arguments
 * @param portal where it reaches the daemon's targets, or null for what the daemon says
 * @param device the directory for a copy of the disk that it finds as a block device; null when the
 *     daemon serves the disk to it
 */
public record CheckOptions(List<String> command, @Nullable HostPort portal, @Nullable Path device) {

  private static final String COMMAND =
      "What to run, with its arguments; put -- before it. It finds the disk by EVERWHEN_URL (iscsi://PORTAL/TARGET/0),"
          + " EVERWHEN_PORTAL, EVERWHEN_TARGET and EVERWHEN_INSTANT in its environment."
          + " Exit code 0: good, 125: cannot be told, else: bad. What it prints goes to the standard error.";

  static void addTo(CommandSpec spec) {
    spec.addPositional(Specs.rest(1, "COMMAND", COMMAND));
    Specs.addPortal(spec);
    spec.addOption(
        Specs.flag(
            "Have COMMAND find the disk as a read-only block device, by EVERWHEN_DEVICE instead of EVERWHEN_URL; without a daemon, by losetup on a copy of the disk, as root.",
            "--device"));
    spec.addOption(
        Specs.option(
            "--scratch",
            "DIR",
            Path.class,
            "With --device: where the disk is copied to for it (default: the directory for temporary files)."));
  }

  static CheckOptions of(ParseResult parsed) throws UsageError {
    boolean device = parsed.hasMatchedOption("--device");
    HostPort portal = Specs.portal(parsed);
    if (device && portal != null) {
      throw new UsageError("--portal is of the daemon; leave it out with --device");
    }
    if (!device && parsed.hasMatchedOption("--scratch")) {
      throw new UsageError("--scratch goes with --device");
    }
    return new CheckOptions(
        List.of(parsed.matchedPositionalValue(1, new String[0])),
        portal,
        device ? Specs.scratch(parsed) : null);
  }
}
