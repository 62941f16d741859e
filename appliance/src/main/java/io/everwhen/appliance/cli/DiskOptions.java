package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.AdoptedDisk;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** What {@code everwhen disk …} was asked for: one record for each of its commands. */
public sealed interface DiskOptions {

  /** The data directory. */
  Path data();

  /** {@code disk list}: which disks there are. */
  record List(Path data) implements DiskOptions {

    static CommandSpec spec() {
      return command(
          "list", "Lists the disks of the data directory, and those that were removed from it.");
    }

    static List of(ParseResult parsed) {
      return new List(Specs.data(parsed));
    }
  }

  /** {@code disk add}. */
  sealed interface Add extends DiskOptions {

    /**
     * An empty disk.
     *
     * @param disk the disk to make
     * @param journal where to keep its journal, or null for where the others have theirs
     */
    record Empty(Path data, DiskConfig disk, @Nullable Path journal) implements Add {}

    /** A disk of content that is there already. */
    record Adopted(Path data, AdoptedDisk disk) implements Add {}

    static CommandSpec spec() {
      CommandSpec spec =
          command(
              "add",
              "Makes a disk, empty or of content that is there already, and serves it as a target of its own name. The data directory remembers it.");
      spec.addPositional(
          Specs.positional(
              0,
              "NAME=SIZE|NAME",
              true,
              "The disk, such as logs=20GiB; with --from its name alone."));
      spec.addOption(
          Specs.option(
              "--from",
              "FILE|DEVICE",
              Path.class,
              "Copy this content, which becomes the oldest instant of its history. It is only read, and must not change meanwhile."));
      spec.addOption(Specs.flag("Initiators can only read it.", "--read-only"));
      spec.addOption(
          Specs.option(
              "--journal",
              "DIR",
              Path.class,
              "Keep its journal in DIR (default: where the other disks have theirs)."));
      return spec;
    }

    static Add of(ParseResult parsed) throws UsageError {
      String text = parsed.matchedPositionalValue(0, "");
      Path journal = Specs.value(parsed, "--journal", Path.class);
      boolean readOnly = parsed.hasMatchedOption("--read-only");
      Path from = Specs.value(parsed, "--from", Path.class);
      if (from == null) {
        DiskConfig disk = Specs.understood(() -> DiskConfig.parse(text));
        return new Empty(Specs.data(parsed), readOnly ? disk.withReadOnly(true) : disk, journal);
      }
      if (text.contains("=")) {
        throw new UsageError(
            "with --from a disk is as large as what that names: say its name alone");
      }
      DiskName name = Specs.disk(parsed, 0);
      return new Adopted(Specs.data(parsed), new AdoptedDisk(name, from, readOnly, journal));
    }
  }

  /**
   * {@code disk resize}.
   *
   * @param force whether it may lose what lies behind its new end
   */
  record Resize(Path data, DiskName disk, ByteSize size, boolean force) implements DiskOptions {

    static CommandSpec spec() {
      CommandSpec spec =
          command(
              "resize",
              "Gives a disk another size, while it is served. Initiators that are logged in are told.");
      spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
      spec.addPositional(Specs.positional(1, "SIZE", true, "Its new size, such as 20GiB."));
      spec.addOption(
          Specs.flag(
              "Shrink it too: what lies behind the new end is gone, except from its history.",
              "--force"));
      return spec;
    }

    static Resize of(ParseResult parsed) throws UsageError {
      String size = parsed.matchedPositionalValue(1, "");
      return new Resize(
          Specs.data(parsed),
          Specs.disk(parsed, 0),
          Specs.understood(() -> ByteSize.parse(size)),
          parsed.hasMatchedOption("--force"));
    }
  }

  /**
   * {@code disk remove}.
   *
   * @param force whether initiators that are logged in lose it
   * @param deleteHistory whether nothing of it stays
   */
  record Remove(Path data, DiskName disk, boolean force, boolean deleteHistory)
      implements DiskOptions {

    static CommandSpec spec() {
      CommandSpec spec =
          command(
              "remove",
              "Takes a disk out of service. Its history stays, under a name that says so, and can be restored from there.");
      spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
      spec.addOption(Specs.flag("Also while initiators are logged in.", "--force"));
      spec.addOption(
          Specs.flag(
              "Delete its content and its history as well. Nothing brings them back.",
              "--delete-history"));
      return spec;
    }

    static Remove of(ParseResult parsed) throws UsageError {
      return new Remove(
          Specs.data(parsed),
          Specs.disk(parsed, 0),
          parsed.hasMatchedOption("--force"),
          parsed.hasMatchedOption("--delete-history"));
    }
  }

  /** {@code disk set}: whether initiators can write to it. */
  record Set(Path data, DiskName disk, boolean readOnly) implements DiskOptions {

    static CommandSpec spec() {
      CommandSpec spec =
          command("set", "Makes a disk read-only, or writable again, while it is served.");
      spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
      spec.addOption(Specs.flag("Initiators can only read it.", "--read-only"));
      spec.addOption(Specs.flag("Initiators can write to it.", "--read-write"));
      return spec;
    }

    static Set of(ParseResult parsed) throws UsageError {
      boolean readOnly = parsed.hasMatchedOption("--read-only");
      if (readOnly == parsed.hasMatchedOption("--read-write")) {
        throw new UsageError("say what to set: --read-only or --read-write");
      }
      return new Set(Specs.data(parsed), Specs.disk(parsed, 0), readOnly);
    }
  }

  private static CommandSpec command(String name, String description) {
    CommandSpec spec = Specs.command(name, description);
    Specs.addData(spec);
    Specs.addJson(spec, "Print the outcome as one JSON object.");
    return spec;
  }
}
