package io.everwhen.appliance.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * Where a command finds what it works on.
 *
 * @param data the data directory; it need not exist when {@code journal} is given
 * @param journal the journal directory if the caller named one, for when the data directory is
 *     lost; otherwise null, and the data directory tells
 */
public record Place(Path data, @Nullable Path journal) {

  static void addTo(CommandSpec spec) {
    Specs.addData(spec);
    spec.addOption(
        Specs.option(
            "--journal",
            "DIR",
            Path.class,
            "The journal directory, if the data directory is lost or does not tell."));
  }

  static Place of(ParseResult parsed) {
    return new Place(Specs.data(parsed), Specs.value(parsed, "--journal", Path.class));
  }
}
