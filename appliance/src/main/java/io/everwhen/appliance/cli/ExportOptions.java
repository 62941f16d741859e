package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.SecretFile;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen export} was asked for.
 *
 * @param place where the disk's history is
 * @param disk which disk
 * @param at the instant, as written
 * @param to the file to write
 * @param format of the image
 * @param force whether a file that is there may be overwritten
 * @param secret what opens an encrypted history; null for what the data directory remembers
 */
public record ExportOptions(
    Place place,
    DiskName disk,
    String at,
    Path to,
    ImageFormat format,
    boolean force,
    @Nullable SecretFile secret) {

  /** What an image can be. */
  public enum ImageFormat {
    RAW,
    QCOW2,
    VHDX,
    VMDK;

    /** The format that was named, else the one that the file's name ends with. */
    static ImageFormat of(@Nullable String named, Path to) throws UsageError {
      String file = to.toString();
      String wanted = named == null ? file.substring(file.lastIndexOf('.') + 1) : named;
      for (ImageFormat format : values()) {
        if (format.toString().equals(wanted)) {
          return format;
        }
      }
      throw new UsageError(
          named == null
              ? "the name of "
                  + to
                  + " does not tell the format: add --format raw, qcow2, vhdx or vmdk"
              : "'" + named + "' is not a format: write raw, qcow2, vhdx or vmdk");
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "export",
            "Writes a disk as it was at an instant to an image for a virtual machine: qcow2, vhdx, vmdk or raw.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    Specs.addAt(spec);
    spec.addOption(Specs.required("--to", "FILE", Path.class, "The file to write."));
    spec.addOption(
        Specs.option(
            "--format",
            "F",
            String.class,
            "raw, qcow2, vhdx or vmdk (default: what the file's name ends with)."));
    spec.addOption(Specs.flag("Overwrite a file that is there.", "--force"));
    KeysOptions.addSecretTo(spec, "");
    Place.addTo(spec);
    Specs.addJson(spec, "Print what was exported as one JSON object.");
    spec.usageMessage().footer(RestoreOptions.INSTANTS);
    return spec;
  }

  static ExportOptions of(ParseResult parsed) throws UsageError {
    Path to = parsed.matchedOptionValue("--to", Path.of(""));
    return new ExportOptions(
        Place.of(parsed),
        Specs.disk(parsed, 0),
        Specs.at(parsed),
        to,
        ImageFormat.of(Specs.value(parsed, "--format", String.class), to),
        parsed.hasMatchedOption("--force"),
        KeysOptions.secret(parsed, ""));
  }
}
