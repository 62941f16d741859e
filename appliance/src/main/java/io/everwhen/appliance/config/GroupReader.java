package io.everwhen.appliance.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The part of a configuration file that says which disks share a journal:
 *
 * <pre>{@code
 * groups:
 *   db:
 *     disks: [data, logs]
 *     journal_size: 40GiB
 *     journal: /fast/db
 *     compress: true
 *     encrypt: {key_file: /etc/everwhen/db.key}
 * }</pre>
 */
final class GroupReader {

  private static final Set<String> KEYS =
      ConfigReader.keys("disks", "journal_size", "journal", "compress", "encrypt");

  private final ConfigReader reader;

  GroupReader(ConfigReader reader) {
    this.reader = reader;
  }

  /** The groups under {@code entry}. */
  List<GroupConfig> groups(YamlNode.@Nullable Entry entry) throws InvalidConfigException {
    List<GroupConfig> groups = new ArrayList<>();
    if (entry == null) {
      return groups;
    }
    if (!(entry.value() instanceof YamlNode.Mapping mapping)) {
      throw reader.error(
          entry.line(), "groups: expected names of groups, not " + entry.value().kind(), null);
    }
    for (var group : mapping.entries().entrySet()) {
      groups.add(group(group.getKey(), group.getValue()));
    }
    return groups;
  }

  private GroupConfig group(String written, YamlNode.Entry entry) throws InvalidConfigException {
    DiskName name = reader.parsed(entry.line(), "groups", () -> new DiskName(written));
    YamlNode.Mapping mapping = reader.mapping(entry.value(), "a group", KEYS);
    YamlNode.Entry listed = mapping.entries().get("disks");
    if (listed == null || !(listed.value() instanceof YamlNode.Sequence sequence)) {
      throw reader.error(
          entry.line(), "the group " + written + " needs disks, such as [data, logs]", null);
    }
    List<DiskName> disks = new ArrayList<>();
    for (YamlNode item : sequence.items()) {
      disks.add(reader.scalar(item, listed.line(), "disks", DiskName::new));
    }
    ByteSize journalSize = reader.value(mapping, "journal_size", ByteSize::parse);
    Path journal = reader.value(mapping, "journal", ConfigReader::path);
    EncodingConfig encoding = new EncodingReader(reader).encoding(mapping);
    return reader.parsed(
        entry.line(), "groups", () -> new GroupConfig(name, disks, journalSize, journal, encoding));
  }
}
