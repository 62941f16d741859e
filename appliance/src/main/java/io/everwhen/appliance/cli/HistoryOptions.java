package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.SecretFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen history} was asked for.
 *
 * @param place where the disk's history is
 * @param disk which disk
 * @param subject what on it
 * @param from the instant after which versions count, as written, or null for the horizon
 * @param to the last instant, as written
 */
public record HistoryOptions(
    Place place, DiskName disk, Subject subject, @Nullable String from, String to) {

  private static final long VERSIONS_SHOWN = 1000;

  private static final Pattern BLOCKS = Pattern.compile("(\\d{1,18})(?:-(\\d{1,18}))?");

  /** What has versions. */
  public sealed interface Subject {}

  /**
   * Some blocks of a disk.
   *
   * @param first the number of the first, from 0
   * @param last the number of the last, not below the first
   */
  public record Blocks(long first, long last) implements Subject {

    static Blocks parse(String text) {
      Matcher m = BLOCKS.matcher(text);
      if (!m.matches()) {
        throw new IllegalArgumentException(
            "'" + text + "' does not name blocks: write --lba N for one, or N-M");
      }
      long first = Long.parseLong(m.group(1));
      long last = m.group(2) == null ? first : Long.parseLong(m.group(2));
      if (last < first) {
        throw new IllegalArgumentException("--lba " + text + " ends before it begins");
      }
      return new Blocks(first, last);
    }

    @Override
    public String toString() {
      return first == last ? "block " + first : "blocks " + first + "-" + last;
    }
  }

  /**
   * A file.
   *
   * @param path from the root of its file system on, beginning with a slash
   * @param how it is looked into
   * @param limit how many versions to show, the newest
   * @param secret what opens an encrypted history; null for what the data directory remembers
   */
  public record File(String path, FilesOptions how, long limit, @Nullable SecretFile secret)
      implements Subject {}

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "history",
            "Lists every version of some blocks of a disk, or of a file, the newest last.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    spec.addOption(
        Specs.option(
            "--lba",
            "N[-M]",
            String.class,
            "The block, or the first and the last one, in blocks of the disk."));
    spec.addOption(
        Specs.option(
            "--file",
            "PATH",
            String.class,
            "The file or directory, from the root of its file system on, by The Sleuth Kit (package sleuthkit)."));
    FilesOptions.addTo(spec, "--file");
    spec.addOption(
        Specs.option(
            "--from", "I", String.class, "Only what came after this instant (default: all)."));
    spec.addOption(
        Specs.option(
            "--to", "I", String.class, "Only what came up to this instant (default: now)."));
    spec.addOption(
        Specs.option(
            "--limit",
            "N",
            String.class,
            "With --file: the newest N versions only (default: " + VERSIONS_SHOWN + ")."));
    KeysOptions.addSecretTo(spec, "");
    Place.addTo(spec);
    Specs.addJson(spec, "Print one JSON object, with the versions as an array.");
    spec.usageMessage().footer(RestoreOptions.INSTANTS);
    return spec;
  }

  static HistoryOptions of(ParseResult parsed) throws UsageError {
    return new HistoryOptions(
        Place.of(parsed),
        Specs.disk(parsed, 0),
        subject(parsed),
        Specs.value(parsed, "--from", String.class),
        parsed.<String>matchedOptionValue("--to", "now"));
  }

  private static Subject subject(ParseResult parsed) throws UsageError {
    String blocks = Specs.value(parsed, "--lba", String.class);
    String file = Specs.value(parsed, "--file", String.class);
    if ((blocks == null) == (file == null)) {
      throw new UsageError("say which blocks with --lba, or which file with --file");
    }
    FilesOptions how = FilesOptions.of(parsed, "--file");
    if (file == null || how == null) {
      if (parsed.hasMatchedOption("--limit")) {
        throw new UsageError("--limit goes with --file");
      }
      return Specs.understood(() -> Blocks.parse(parsed.matchedOptionValue("--lba", "")));
    }
    return new File(
        path(file),
        how,
        parsed.hasMatchedOption("--limit") ? Specs.limit(parsed) : VERSIONS_SHOWN,
        KeysOptions.secret(parsed, ""));
  }

  /** With one slash before each name, and none behind the last. */
  private static String path(String text) throws UsageError {
    String path = "/" + text.strip().replaceAll("/+", "/").replaceAll("^/|/$", "");
    if (path.equals("/") || path.matches("(.*/)?\\.\\.?(/.*)?")) {
      throw new UsageError(
          "--file is the path of a file from the root of its file system on, such as /etc/fstab, not '%s'"
              .formatted(text));
    }
    return path;
  }
}
