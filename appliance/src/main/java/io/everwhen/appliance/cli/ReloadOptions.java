package io.everwhen.appliance.cli;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen reload} was asked for.
 *
 * @param data the data directory of the daemon
 */
public record ReloadOptions(Path data) {

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "reload",
            "Lets the daemon read its configuration file again and apply it: new disks, larger sizes, read-only,"
                + " targets, LUNs, who may use them, portals. All of it or nothing.");
    Specs.addData(spec);
    Specs.addJson(spec, "Print what has changed as one JSON object.");
    return spec;
  }

  static ReloadOptions of(ParseResult parsed) {
    return new ReloadOptions(Specs.data(parsed));
  }
}
