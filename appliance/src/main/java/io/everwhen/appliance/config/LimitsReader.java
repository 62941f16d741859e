package io.everwhen.appliance.config;

import io.everwhen.target.iscsi.PortalOptions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The part of a configuration file that says what initiators may take:
 *
 * <pre>{@code
 * limits:
 *   sessions: 4096                  # with all targets together
 *   connections_per_address: 1024   # with one portal
 *   login_seconds: 15
 *   ping_after_seconds: 30          # of silence
 *   dead_after_seconds: 60
 *   transfer_memory: 32MiB          # of one connection, for write data
 *   write_memory: 320MiB            # the same of all connections together
 *   verify_rate: 8MiB               # a second, of all histories together; 0 for not at all
 *   past_disks: 16                  # open at once; 0 for none
 *   cpu_latency: auto               # or system
 * }</pre>
 */
final class LimitsReader {

  private static final Set<String> KEYS =
      ConfigReader.keys(
          "sessions",
          "connections_per_address",
          "login_seconds",
          "ping_after_seconds",
          "dead_after_seconds",
          "transfer_memory",
          "write_memory",
          "verify_rate",
          "past_disks",
          "cpu_latency");

  private final ConfigReader reader;

  LimitsReader(ConfigReader reader) {
    this.reader = reader;
  }

  /** The limits under {@code entry}; what is not said is as in {@link LimitsConfig#DEFAULT}. */
  LimitsConfig limits(YamlNode.@Nullable Entry entry) throws InvalidConfigException {
    if (entry == null) {
      return LimitsConfig.DEFAULT;
    }
    YamlNode.Mapping mapping = reader.mapping(entry.value(), "limits", KEYS);
    PortalOptions usual = PortalOptions.DEFAULTS;
    int sessions = number(mapping, "sessions", LimitsConfig.DEFAULT.sessions());
    int connections = number(mapping, "connections_per_address", usual.connectionsPerAddressMax());
    int login = number(mapping, "login_seconds", usual.loginSecondsMax());
    int ping = number(mapping, "ping_after_seconds", usual.pingAfterSeconds());
    int dead = number(mapping, "dead_after_seconds", usual.deadAfterSeconds());
    long transfer = bytes(mapping, "transfer_memory", usual.transferBytesMax());
    long write = bytes(mapping, "write_memory", LimitsConfig.DEFAULT.writeBytes());
    int pastDisks = number(mapping, "past_disks", LimitsConfig.DEFAULT.pastDisks());
    Long verify = reader.value(mapping, "verify_rate", LimitsReader::rate);
    Boolean awake = reader.value(mapping, "cpu_latency", LimitsReader::keepsAwake);
    return reader.parsed(
        mapping.line(),
        "limits",
        () ->
            new LimitsConfig(
                sessions,
                write,
                verify == null ? LimitsConfig.DEFAULT.verifyBytesPerSecond() : verify,
                pastDisks,
                awake == null ? LimitsConfig.DEFAULT.keepsAwake() : awake,
                new PortalOptions(
                    usual.group(),
                    usual.advertised(),
                    connections,
                    login,
                    ping,
                    dead,
                    Math.toIntExact(transfer),
                    usual.congestionControl())));
  }

  /** Bytes a second, with or without saying so. */
  private static long rate(String text) {
    String size = text.endsWith("/s") ? text.substring(0, text.length() - 2) : text;
    return size.equals("0") ? 0 : ByteSize.parse(size).bytes();
  }

  private static boolean keepsAwake(String text) {
    return switch (text) {
      case "auto" -> true;
      case "system" -> false;
      default -> throw new IllegalArgumentException("write auto or system, not '" + text + "'");
    };
  }

  private int number(YamlNode.Mapping mapping, String key, int usual)
      throws InvalidConfigException {
    Integer said = reader.value(mapping, key, LimitsReader::number);
    return said == null ? usual : said;
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a number: '" + text + "'", e);
    }
  }

  private long bytes(YamlNode.Mapping mapping, String key, long usual)
      throws InvalidConfigException {
    ByteSize said = reader.value(mapping, key, ByteSize::parse);
    return said == null ? usual : said.bytes();
  }
}
