package io.everwhen.appliance.config;

import io.everwhen.target.iscsi.CongestionControl;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The part of a configuration file that says where iSCSI is served:
 *
 * <pre>{@code
 * portals:
 *   - 10.0.0.1:3260
 *   - {address: "[fd00::1]:3260", group: 2, advertise: "san.example.org:3260"}
 * }</pre>
 *
 * or, shorter, {@code listen: 10.0.0.1:3260}.
 */
final class PortalReader {

  private static final Set<String> PORTAL_KEYS =
      ConfigReader.keys("address", "group", "advertise", "congestion_control");

  private final ConfigReader reader;

  PortalReader(ConfigReader reader) {
    this.reader = reader;
  }

  /** The portals that the file names; empty when it names none. */
  List<PortalConfig> portals(YamlNode.Mapping file) throws InvalidConfigException {
    HostPort listen = reader.value(file, "listen", HostPort::parse);
    YamlNode.Entry entry = file.entries().get("portals");
    if (entry == null) {
      return listen == null ? List.of() : List.of(new PortalConfig(listen));
    }
    if (listen != null) {
      throw reader.error(entry.line(), "give listen or portals, not both", null);
    }
    if (!(entry.value() instanceof YamlNode.Sequence sequence) || sequence.items().isEmpty()) {
      throw reader.error(entry.line(), "portals: expected a list of at least one address", null);
    }
    List<PortalConfig> portals = new ArrayList<>();
    for (YamlNode item : sequence.items()) {
      portals.add(
          item instanceof YamlNode.Scalar
              ? new PortalConfig(reader.scalar(item, item.line(), "portals", HostPort::parse))
              : portal(reader.mapping(item, "a portal", PORTAL_KEYS)));
    }
    return portals;
  }

  private PortalConfig portal(YamlNode.Mapping mapping) throws InvalidConfigException {
    HostPort address = reader.value(mapping, "address", HostPort::parse);
    if (address == null) {
      throw reader.error(mapping.line(), "a portal needs an address", null);
    }
    Integer group = reader.value(mapping, "group", PortalReader::group);
    @Nullable HostPort advertise = reader.value(mapping, "advertise", HostPort::parse);
    CongestionControl congestion =
        reader.value(mapping, "congestion_control", PortalReader::congestionControl);
    return reader.parsed(
        mapping.line(),
        "portals",
        () ->
            new PortalConfig(
                address,
                group == null ? PortalConfig.DEFAULT_GROUP : group,
                advertise,
                congestion == null ? CongestionControl.AUTO : congestion));
  }

  private static CongestionControl congestionControl(String text) {
    return switch (text) {
      case "auto" -> CongestionControl.AUTO;
      case "system" -> CongestionControl.SYSTEM;
      default -> throw new IllegalArgumentException("write auto or system, not '" + text + "'");
    };
  }

  private static int group(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a number: '" + text + "'", e);
    }
  }
}
