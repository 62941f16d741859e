package io.everwhen.appliance.config;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link Config} of the text of a configuration file:
 *
 * <pre>{@code
 * data: /var/lib/everwhen
 * journal: /journal
 * listen: 0.0.0.0:3260
 * admin: 127.0.0.1:3280
 * disks:
 *   disk0: {size: 100GiB}
 * }</pre>
 *
 * {@link PortalReader}, {@link DiskReader}, {@link GroupReader}, {@link TargetReader}, {@link
 * LimitsReader}, {@link TimestampReader} and {@link SnapshotReader} read what is below; {@code
 * discovery_chap} at the top is to discovery what {@code chap} is to a disk.
 *
 * <p>Relative paths are relative to the directory that the command is started in.
 */
final class ConfigReader {

  private static final Set<String> KEYS =
      keys(
          "data",
          "journal",
          "listen",
          "portals",
          "admin",
          "discovery_chap",
          "disks",
          "groups",
          "targets",
          "limits",
          "timestamp",
          "retention",
          "snapshots",
          "when_full");

  private final String source;
  private final AccessReader access;
  private final Function<Path, String> files;

  /**
   * @param source how errors call the text
   * @param secretFiles reads a secret, or throws an IllegalArgumentException that says why not
   * @param files the same for texts that anybody may read
   */
  ConfigReader(String source, Function<Path, String> secretFiles, Function<Path, String> files) {
    this.source = source;
    this.files = files;
    this.access = new AccessReader(this, secretFiles);
  }

  Config read(String text) throws InvalidConfigException {
    YamlNode root = YamlNode.parse(source, text);
    if (root instanceof YamlNode.Nothing) {
      return Config.DEFAULT;
    }
    YamlNode.Mapping mapping = mapping(root, "the file", KEYS);
    Path data = value(mapping, "data", ConfigReader::path);
    List<PortalConfig> portals = new PortalReader(this).portals(mapping);
    HostPort admin = value(mapping, "admin", HostPort::parse);
    List<DiskConfig> disks = new DiskReader(this, access).disks(mapping.entries().get("disks"));
    List<GroupConfig> groups = new GroupReader(this).groups(mapping.entries().get("groups"));
    List<TargetConfig> targets =
        new TargetReader(this, access).targets(mapping.entries().get("targets"));
    LimitsConfig limits = new LimitsReader(this).limits(mapping.entries().get("limits"));
    TimestampConfig timestamp =
        new TimestampReader(this, files).timestamp(mapping.entries().get("timestamp"));
    WhenFull whenFull = value(mapping, "when_full", WhenFull::parse);
    try {
      return new Config(
          data == null ? Config.DEFAULT.data() : data,
          value(mapping, "journal", ConfigReader::path),
          portals.isEmpty() ? Config.DEFAULT.portals() : portals,
          admin == null ? Config.DEFAULT.admin() : admin,
          disks,
          groups,
          targets,
          limits,
          access.credentials(mapping, "discovery_chap"),
          timestamp,
          value(mapping, "retention", RetentionText::parse),
          new SnapshotReader(this).snapshots(mapping.entries().get("snapshots")),
          whenFull == null ? WhenFull.REFUSE : whenFull);
    } catch (IllegalArgumentException e) {
      throw error(mapping.line(), String.valueOf(e.getMessage()), e);
    }
  }

  YamlNode.Mapping mapping(YamlNode node, String what, Set<String> allowed)
      throws InvalidConfigException {
    if (!(node instanceof YamlNode.Mapping mapping)) {
      throw error(node.line(), what + ": expected keys and values, not " + node.kind(), null);
    }
    for (var entry : mapping.entries().entrySet()) {
      if (!allowed.contains(entry.getKey())) {
        throw error(
            entry.getValue().line(),
            "unknown key '"
                + entry.getKey()
                + "'; the keys of "
                + what
                + " are "
                + String.join(", ", allowed),
            null);
      }
    }
    return mapping;
  }

  /** The value of {@code key} as {@code parse} understands it, or null if the key is not there. */
  <T> @Nullable T value(YamlNode.Mapping mapping, String key, Function<String, T> parse)
      throws InvalidConfigException {
    YamlNode.Entry entry = mapping.entries().get(key);
    return entry == null ? null : scalar(entry.value(), entry.line(), key, parse);
  }

  <T> T scalar(YamlNode node, int line, String key, Function<String, T> parse)
      throws InvalidConfigException {
    if (!(node instanceof YamlNode.Scalar scalar)) {
      throw error(line, key + ": expected one value, not " + node.kind(), null);
    }
    return parsed(line, key, () -> parse.apply(scalar.text()));
  }

  /** What {@code meaning} makes of a text; what it refuses is an error in this line. */
  <T> T parsed(int line, String key, Supplier<T> meaning) throws InvalidConfigException {
    try {
      return meaning.get();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw error(line, key + ": " + e.getMessage(), e);
    }
  }

  /** How messages call a line. */
  String place(int line) {
    return source + ":" + line;
  }

  static Path path(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("a path cannot be empty");
    }
    return Path.of(text);
  }

  InvalidConfigException error(int line, String message, @Nullable Exception cause) {
    String whole = place(line) + ": " + message;
    return cause == null
        ? new InvalidConfigException(whole)
        : new InvalidConfigException(whole, cause);
  }

  static Set<String> keys(String... keys) {
    return new LinkedHashSet<>(List.of(keys));
  }
}
