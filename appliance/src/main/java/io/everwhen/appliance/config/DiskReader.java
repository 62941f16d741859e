package io.everwhen.appliance.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The part of a configuration file that says which disks there are, as a list or by name:
 *
 * <pre>{@code
 * disks:
 *   db:
 *     size: 100GiB
 *     block_size: 4096
 *     journal_size: 20GiB
 *     journal: /fast/db
 *     read_only: false
 *     write_cache: true
 *     past_logins: false
 *     compress: true
 *     encrypt: {key_file: /etc/everwhen/db.key}
 * }</pre>
 *
 * A disk that no target leads to may have what {@link AccessReader} reads.
 */
final class DiskReader {

  private static final Set<String> NAMED_KEYS =
      ConfigReader.keys(
          "size",
          "block_size",
          "journal_size",
          "journal",
          "read_only",
          "write_cache",
          "past_logins",
          "compress",
          "encrypt",
          "initiators",
          "networks",
          "chap");
  private static final Set<String> LISTED_KEYS = ConfigReader.keys("name");

  static {
    LISTED_KEYS.addAll(NAMED_KEYS);
  }

  private final ConfigReader reader;
  private final AccessReader access;

  DiskReader(ConfigReader reader, AccessReader access) {
    this.reader = reader;
    this.access = access;
  }

  /** The disks under {@code entry}. */
  List<DiskConfig> disks(YamlNode.@Nullable Entry entry) throws InvalidConfigException {
    List<DiskConfig> disks = new ArrayList<>();
    if (entry == null) {
      return disks;
    }
    switch (entry.value()) {
      case YamlNode.Sequence sequence -> {
        for (YamlNode item : sequence.items()) {
          YamlNode.Mapping mapping = reader.mapping(item, "a disk", LISTED_KEYS);
          DiskName name = reader.value(mapping, "name", DiskName::new);
          if (name == null) {
            throw reader.error(mapping.line(), "a disk needs a name", null);
          }
          disks.add(disk(name, mapping));
        }
      }
      case YamlNode.Mapping byName -> {
        for (var disk : byName.entries().entrySet()) {
          DiskName name =
              reader.parsed(disk.getValue().line(), "disks", () -> new DiskName(disk.getKey()));
          disks.add(disk(name, reader.mapping(disk.getValue().value(), "a disk", NAMED_KEYS)));
        }
      }
      case YamlNode.Scalar _, YamlNode.Nothing _ ->
          throw reader.error(
              entry.line(), "disks: expected a list of disks, not " + entry.value().kind(), null);
    }
    return disks;
  }

  private DiskConfig disk(DiskName name, YamlNode.Mapping mapping) throws InvalidConfigException {
    ByteSize size = reader.value(mapping, "size", ByteSize::parse);
    if (size == null) {
      throw reader.error(mapping.line(), "a disk needs a size", null);
    }
    Integer blockSize =
        reader.value(mapping, "block_size", text -> Math.toIntExact(ByteSize.parse(text).bytes()));
    ByteSize journalSize = reader.value(mapping, "journal_size", ByteSize::parse);
    Path journal = reader.value(mapping, "journal", ConfigReader::path);
    Boolean readOnly = reader.value(mapping, "read_only", DiskReader::truth);
    Boolean writeCache = reader.value(mapping, "write_cache", DiskReader::truth);
    Boolean pastLogins = reader.value(mapping, "past_logins", DiskReader::truth);
    EncodingConfig encoding = new EncodingReader(reader).encoding(mapping);
    try {
      return new DiskConfig(
          name,
          size,
          blockSize == null ? DiskConfig.DEFAULT_BLOCK_SIZE : blockSize,
          journalSize,
          journal,
          readOnly,
          writeCache == null || writeCache,
          pastLogins != null && pastLogins,
          encoding,
          access.access(mapping));
    } catch (IllegalArgumentException e) {
      throw reader.error(mapping.line(), "disks: " + e.getMessage(), e);
    }
  }

  private static boolean truth(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("write true or false, not '" + text + "'");
    };
  }
}
