package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** What {@code everwhen snapshot …} was asked for: one record for each of its commands. */
public sealed interface SnapshotOptions {

  /** The disk whose group it is about. */
  DiskName disk();

  /**
   * {@code snapshot create}.
   *
   * @param data the data directory
   * @param name of the snapshot, as written
   */
  record Create(Path data, DiskName disk, String name) implements SnapshotOptions {

    static CommandSpec spec() {
      CommandSpec spec =
          command(
              "create",
              "Marks the present instant of a disk, and keeps it until 'snapshot delete', whatever the retention and the journal's size are.");
      addName(spec);
      return ofData(spec);
    }

    static Create of(ParseResult parsed) throws UsageError {
      return new Create(Specs.data(parsed), Specs.disk(parsed, 0), SnapshotOptions.name(parsed));
    }
  }

  /**
   * {@code snapshot pin}.
   *
   * @param data the data directory
   * @param at the instant, as written
   * @param name of the snapshot, as written; null for one that says what it is
   */
  record Pin(Path data, DiskName disk, String at, @Nullable String name)
      implements SnapshotOptions {

    static CommandSpec spec() {
      CommandSpec spec =
          command("pin", "Keeps an instant of a disk's past until 'snapshot delete'.");
      spec.addOption(Specs.required("--at", "I", String.class, "The instant."));
      spec.addOption(
          Specs.option(
              "--as",
              "NAME",
              String.class,
              "The snapshot's name (default: that of the mark, or snapshot-SEQUENCE)."));
      spec.usageMessage().footer(RestoreOptions.INSTANTS);
      return ofData(spec);
    }

    static Pin of(ParseResult parsed) throws UsageError {
      return new Pin(
          Specs.data(parsed),
          Specs.disk(parsed, 0),
          parsed.<String>matchedOptionValue("--at", ""),
          Specs.value(parsed, "--as", String.class));
    }
  }

  /**
   * {@code snapshot list}.
   *
   * @param place where the disk's history is
   */
  record List(Place place, DiskName disk) implements SnapshotOptions {

    static CommandSpec spec() {
      CommandSpec spec =
          command("list", "Lists a disk's snapshots, oldest first; --at takes each column.");
      Place.addTo(spec);
      Specs.addJson(spec, "Print them as one JSON object.");
      return spec;
    }

    static List of(ParseResult parsed) throws UsageError {
      return new List(Place.of(parsed), Specs.disk(parsed, 0));
    }
  }

  /**
   * {@code snapshot delete}.
   *
   * @param data the data directory
   * @param name of the snapshot, as written
   */
  record Delete(Path data, DiskName disk, String name) implements SnapshotOptions {

    static CommandSpec spec() {
      CommandSpec spec =
          command(
              "delete",
              "Lets a snapshot go. Its instant stays as long as the retention and the journal's size keep it.");
      addName(spec);
      return ofData(spec);
    }

    static Delete of(ParseResult parsed) throws UsageError {
      return new Delete(Specs.data(parsed), Specs.disk(parsed, 0), SnapshotOptions.name(parsed));
    }
  }

  private static CommandSpec command(String name, String description) {
    CommandSpec spec = Specs.command(name, description);
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    return spec;
  }

  private static void addName(CommandSpec spec) {
    spec.addPositional(Specs.positional(1, "NAME", true, "The snapshot's name."));
  }

  private static String name(ParseResult parsed) {
    return parsed.matchedPositionalValue(1, "");
  }

  private static CommandSpec ofData(CommandSpec spec) {
    Specs.addData(spec);
    Specs.addJson(spec, "Print the outcome as one JSON object.");
    return spec;
  }
}
