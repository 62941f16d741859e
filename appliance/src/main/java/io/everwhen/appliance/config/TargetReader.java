package io.everwhen.appliance.config;

import io.everwhen.target.iscsi.Access;
import io.everwhen.target.scsi.LunMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The part of a configuration file that says which targets there are beside the disks' own:
 *
 * <pre>{@code
 * targets:
 *   cluster:
 *     luns: {0: db, 1: logs}
 *     access:
 *       - initiators: ["iqn.1998-01.com.vmware:*"]
 *         networks: [10.0.0.0/8]
 *         luns: {0: logs}
 * }</pre>
 *
 * A rule of {@code access} has what {@link AccessReader} reads, and {@code luns} of its own if
 * these initiators see others. Without {@code access} anyone may use the target.
 */
final class TargetReader {

  private static final Set<String> TARGET_KEYS = ConfigReader.keys("luns", "access");
  private static final Set<String> RULE_KEYS =
      ConfigReader.keys("initiators", "networks", "chap", "luns");

  private static final Pattern WHOLE_NAME = Pattern.compile("(iqn|eui|naa)\\.[a-z0-9.:-]{1,219}");

  private final ConfigReader reader;
  private final AccessReader access;

  TargetReader(ConfigReader reader, AccessReader access) {
    this.reader = reader;
    this.access = access;
  }

  /** The targets under {@code entry}. */
  List<TargetConfig> targets(YamlNode.@Nullable Entry entry) throws InvalidConfigException {
    List<TargetConfig> targets = new ArrayList<>();
    if (entry == null) {
      return targets;
    }
    if (!(entry.value() instanceof YamlNode.Mapping mapping)) {
      throw reader.error(
          entry.line(), "targets: expected names of targets, not " + entry.value().kind(), null);
    }
    for (var target : mapping.entries().entrySet()) {
      targets.add(target(target.getKey(), target.getValue()));
    }
    return targets;
  }

  private TargetConfig target(String written, YamlNode.Entry entry) throws InvalidConfigException {
    String name = reader.parsed(entry.line(), "targets", () -> name(written));
    YamlNode.Mapping mapping = reader.mapping(entry.value(), "a target", TARGET_KEYS);
    SortedMap<Integer, DiskName> luns = luns(mapping);
    if (luns == null) {
      throw reader.error(entry.line(), "the target " + written + " needs luns", null);
    }
    List<TargetConfig.Rule> rules = new ArrayList<>();
    YamlNode.Entry listed = mapping.entries().get("access");
    if (listed == null) {
      rules.add(new TargetConfig.Rule(Access.OPEN, null));
    } else {
      if (!(listed.value() instanceof YamlNode.Sequence sequence) || sequence.items().isEmpty()) {
        throw reader.error(listed.line(), "access: expected a list of at least one rule", null);
      }
      for (YamlNode item : sequence.items()) {
        YamlNode.Mapping rule = reader.mapping(item, "a rule of access", RULE_KEYS);
        rules.add(new TargetConfig.Rule(access.access(rule), luns(rule)));
      }
    }
    return new TargetConfig(name, luns, rules);
  }

  private static String name(String written) {
    return WHOLE_NAME.matcher(written).matches() ? written : new DiskName(written).iqn();
  }

  private @Nullable SortedMap<Integer, DiskName> luns(YamlNode.Mapping mapping)
      throws InvalidConfigException {
    YamlNode.Entry entry = mapping.entries().get("luns");
    if (entry == null) {
      return null;
    }
    if (!(entry.value() instanceof YamlNode.Mapping numbers) || numbers.entries().isEmpty()) {
      throw reader.error(
          entry.line(), "luns: expected numbers and disks, such as {0: disk0}", null);
    }
    SortedMap<Integer, DiskName> luns = new TreeMap<>();
    for (var lun : numbers.entries().entrySet()) {
      int line = lun.getValue().line();
      int number = reader.parsed(line, "luns", () -> lun(lun.getKey()));
      DiskName disk = reader.scalar(lun.getValue().value(), line, "luns", DiskName::new);
      if (luns.containsValue(disk) || luns.put(number, disk) != null) {
        throw reader.error(line, "luns: each LUN and each disk stands there once", null);
      }
    }
    return luns;
  }

  private static int lun(String text) {
    int number;
    try {
      number = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      number = -1;
    }
    if (number < 0 || number > LunMap.LUN_MAX) {
      throw new IllegalArgumentException(
          "a LUN is a number from 0 to " + LunMap.LUN_MAX + ", not '" + text + "'");
    }
    return number;
  }
}
