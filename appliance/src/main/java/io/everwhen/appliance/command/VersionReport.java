package io.everwhen.appliance.command;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.Manifest;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.Version;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/** What people and programs are told of an entry that recorded something on a disk. */
final class VersionReport {

  private static final String LINE = "%-14s  %-30s  %-6s  %-25s  %12s";

  /** Stands above the lines. */
  static final String TITLE = LINE.formatted("at", "time", "kind", "blocks", "bytes");

  private VersionReport() {}

  /** One line, which begins with the instant as it can be pasted. */
  static String text(Manifest.Disk disk, Version version) {
    EntryHeader entry = version.entry();
    long first = version.offset() / disk.blockBytes();
    long last = (version.offset() + version.length()) / disk.blockBytes() - 1;
    String line =
        LINE.formatted(
            "seq:" + version.at().sequence(),
            entry == null ? "damaged" : Times.text(entry.timeNanos()),
            entry == null ? "?" : kind(entry),
            first == last ? Long.toString(first) : first + "-" + last,
            version.length());
    return version.at().sequence() == version.sequence()
        ? line
        : line + "  entry " + version.sequence();
  }

  private static String kind(EntryHeader entry) {
    return entry.kind().name().toLowerCase(Locale.ROOT);
  }

  /** One object. */
  static void write(JsonGenerator json, Manifest.Disk disk, Version version) {
    EntryHeader entry = version.entry();
    json.writeStartObject();
    json.writeNumberProperty("sequence", version.sequence());
    if (entry == null) {
      json.writeNullProperty("time");
      json.writeNullProperty("kind");
    } else {
      json.writeStringProperty("time", Times.text(entry.timeNanos()));
      json.writeStringProperty("kind", kind(entry));
    }
    json.writeNumberProperty("offset", version.offset());
    json.writeNumberProperty("length", version.length());
    json.writeNumberProperty("lba", version.offset() / disk.blockBytes());
    json.writeNumberProperty("blocks", version.length() / disk.blockBytes());
    json.writeStringProperty("at", "seq:" + version.at().sequence());
    json.writeEndObject();
  }
}
