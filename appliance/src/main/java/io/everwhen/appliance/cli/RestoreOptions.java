package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.SecretFile;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen restore} was asked for.
 *
 * @param place where the disks' history is
 * @param disks which disks; at least one, of one group
 * @param at the instant, as written
 * @param to the file or block device to write; of several disks, the directory
 * @param way how it is written
 * @param secret what opens an encrypted history; null for what the data directory remembers
 */
public record RestoreOptions(
    Place place, List<DiskName> disks, String at, Path to, Way way, @Nullable SecretFile secret) {

  /**
   * How a restore writes.
   *
   * @param force whether a file that is there, or a device, may be overwritten
   * @param inPlace whether it is kept, and only what differs is written
   * @param verify whether what was written is read back and compared
   */
  public record Way(boolean force, boolean inPlace, boolean verify) {}

  /** What an instant looks like; the foot of the help of every command that takes one. */
  static final String INSTANTS =
      "%nAn instant I is a time (2026-11-21T14:30:00Z, or without a zone in local time), 'now', '10 minutes ago', "
          + "seq:N for the entry with that number, mark:NAME, or snapshot:NAME; 'clean:' before it means the last flush up to it.";

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "restore",
            "Writes a disk as it was at an instant to a file or a device, while it is served or not;",
            "or several disks of a group, all as they were at the same instant, to files in a directory.");
    spec.addPositional(
        Specs.positionals("DISK", "The disk's name, or the names of several disks of a group."));
    Specs.addAt(spec);
    spec.addOption(
        Specs.required(
            "--to",
            "FILE|DEVICE|DIR",
            Path.class,
            "Where to write; a file is made sparse. In a directory, each disk becomes NAME.img."));
    spec.addOption(Specs.flag("Overwrite a file that is there, or a device.", "--force"));
    spec.addOption(
        Specs.flag(
            "Write over a device, or a file of the disk's size, but only what differs; also to go on with a restore that was interrupted.",
            "--in-place"));
    spec.addOption(
        Specs.flag("Read back what was written, and compare it with the history.", "--verify"));
    KeysOptions.addSecretTo(spec, "");
    Place.addTo(spec);
    Specs.addJson(spec, "Print what was restored as one JSON object a disk.");
    spec.usageMessage().footer(INSTANTS);
    return spec;
  }

  static RestoreOptions of(ParseResult parsed) throws UsageError {
    return new RestoreOptions(
        Place.of(parsed),
        Specs.disks(parsed),
        Specs.at(parsed),
        parsed.<Path>matchedOptionValue("--to", Path.of("")),
        new Way(
            parsed.hasMatchedOption("--force"),
            parsed.hasMatchedOption("--in-place"),
            parsed.hasMatchedOption("--verify")),
        KeysOptions.secret(parsed, ""));
  }
}
