package io.everwhen.appliance.config;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The part of a configuration file that says how often snapshots are made:
 *
 * <pre>{@code
 * snapshots: {every: 6h, keep: 28}
 * }</pre>
 */
final class SnapshotReader {

  private static final Set<String> KEYS = ConfigReader.keys("every", "keep");

  private final ConfigReader reader;

  SnapshotReader(ConfigReader reader) {
    this.reader = reader;
  }

  /** What is under {@code entry}; null when nothing is. */
  @Nullable SnapshotConfig snapshots(YamlNode.@Nullable Entry entry) throws InvalidConfigException {
    if (entry == null) {
      return null;
    }
    YamlNode.Mapping mapping = reader.mapping(entry.value(), "snapshots", KEYS);
    Duration every = reader.value(mapping, "every", Durations::parse);
    Integer keep = reader.value(mapping, "keep", SnapshotReader::number);
    return reader.parsed(
        mapping.line(),
        "snapshots",
        () -> {
          if (every == null || keep == null) {
            throw new IllegalArgumentException(
                "say how often and how many, such as {every: 6h, keep: 28}");
          }
          return new SnapshotConfig(every, keep);
        });
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("expected a number, not '" + text + "'", e);
    }
  }
}
