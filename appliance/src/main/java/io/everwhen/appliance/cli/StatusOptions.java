package io.everwhen.appliance.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen status} was asked for.
 *
 * @param place whose status
 */
public record StatusOptions(Place place) {

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "status",
            "Tells whether a daemon serves the data directory, and how each disk and its history are.");
    Place.addTo(spec);
    Specs.addJson(spec, "Print one JSON object.");
    return spec;
  }

  static StatusOptions of(ParseResult parsed) {
    return new StatusOptions(Place.of(parsed));
  }
}
