package io.everwhen.appliance.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
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
 *   - name: disk0
 *     size: 100GiB
 *     block_size: 4096
 *     journal_size: 20GiB
 *     journal: /fast/disk0
 * }</pre>
 *
 * A disk may have what {@link AccessReader} reads, and {@code discovery_chap} at the top is to
 * discovery what {@code chap} is to a disk.
 *
 * <p>Relative paths are relative to the directory that the command is started in.
 */
final class ConfigReader {

  private static final Set<String> KEYS =
      keys("data", "journal", "listen", "admin", "discovery_chap", "disks");
  private static final Set<String> DISK_KEYS =
      keys(
          "name",
          "size",
          "block_size",
          "journal_size",
          "journal",
          "initiators",
          "networks",
          "chap");

  private final String source;
  private final AccessReader access;

  /**
   * @param source how errors call the text
   * @param secretFiles reads a secret, or throws an IllegalArgumentException that says why not
   */
  ConfigReader(String source, Function<Path, String> secretFiles) {
    this.source = source;
    this.access = new AccessReader(this, secretFiles);
  }

  Config read(String text) throws InvalidConfigException {
    YamlNode root = YamlNode.parse(source, text);
    if (root instanceof YamlNode.Nothing) {
      return Config.DEFAULT;
    }
    YamlNode.Mapping mapping = mapping(root, "the file", KEYS);
    Path data = value(mapping, "data", ConfigReader::path);
    HostPort listen = value(mapping, "listen", HostPort::parse);
    HostPort admin = value(mapping, "admin", HostPort::parse);
    try {
      return new Config(
          data == null ? Config.DEFAULT.data() : data,
          value(mapping, "journal", ConfigReader::path),
          listen == null ? Config.DEFAULT.listen() : listen,
          admin == null ? Config.DEFAULT.admin() : admin,
          disks(mapping.entries().get("disks")),
          access.credentials(mapping, "discovery_chap"));
    } catch (IllegalArgumentException e) {
      throw error(mapping.line(), "disks: " + e.getMessage(), e);
    }
  }

  private List<DiskConfig> disks(YamlNode.@Nullable Entry entry) throws InvalidConfigException {
    List<DiskConfig> disks = new ArrayList<>();
    if (entry != null) {
      if (!(entry.value() instanceof YamlNode.Sequence sequence)) {
        throw error(
            entry.line(), "disks: expected a list of disks, not " + entry.value().kind(), null);
      }
      for (YamlNode item : sequence.items()) {
        disks.add(disk(mapping(item, "a disk", DISK_KEYS)));
      }
    }
    return disks;
  }

  private DiskConfig disk(YamlNode.Mapping mapping) throws InvalidConfigException {
    DiskName name = value(mapping, "name", DiskName::new);
    ByteSize size = value(mapping, "size", ByteSize::parse);
    if (name == null || size == null) {
      throw error(mapping.line(), "a disk needs a " + (name == null ? "name" : "size"), null);
    }
    Integer blockSize =
        value(mapping, "block_size", text -> Math.toIntExact(ByteSize.parse(text).bytes()));
    ByteSize journalSize = value(mapping, "journal_size", ByteSize::parse);
    Path journal = value(mapping, "journal", ConfigReader::path);
    try {
      return new DiskConfig(
          name,
          size,
          blockSize == null ? DiskConfig.DEFAULT_BLOCK_SIZE : blockSize,
          journalSize,
          journal,
          access.access(mapping));
    } catch (IllegalArgumentException e) {
      throw error(mapping.line(), "disks: " + e.getMessage(), e);
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
    try {
      return parse.apply(scalar.text());
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
