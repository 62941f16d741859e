package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.SecretFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen restore} was asked for.
 *
 * @param place where the disk's history is
 * @param disk which disk
 * @param at the instant, as written
 * @param to the file or block device to write
 * @param force whether a file that is there, or a device, may be overwritten
 * @param secret what opens an encrypted history; null for what the data directory remembers
 */
public record RestoreOptions(
    Place place, DiskName disk, String at, Path to, boolean force, @Nullable SecretFile secret) {

  /** What an instant looks like; the foot of the help of every command that takes one. */
  static final String INSTANTS =
      "%nAn instant I is a time (2026-11-21T14:30:00Z, or without a zone in local time), 'now', '10 minutes ago', "
          + "seq:N for the entry with that number, mark:NAME, or snapshot:NAME.";

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "restore",
            "Writes a disk as it was at an instant to a file or a device, while it is served or not.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    spec.addOption(Specs.required("--at", "I", String.class, "The instant."));
    spec.addOption(
        Specs.required(
            "--to", "FILE|DEVICE", Path.class, "Where to write; a file is made sparse."));
    spec.addOption(Specs.flag("Overwrite a file that is there, or a device.", "--force"));
    KeysOptions.addSecretTo(spec, "");
    Place.addTo(spec);
    Specs.addJson(spec, "Print what was restored as one JSON object.");
    spec.usageMessage().footer(INSTANTS);
    return spec;
  }

  static RestoreOptions of(ParseResult parsed) throws UsageError {
    return new RestoreOptions(
        Place.of(parsed),
        Specs.disk(parsed, 0),
        parsed.<String>matchedOptionValue("--at", ""),
        parsed.<Path>matchedOptionValue("--to", Path.of("")),
        parsed.hasMatchedOption("--force"),
        KeysOptions.secret(parsed, ""));
  }
}
