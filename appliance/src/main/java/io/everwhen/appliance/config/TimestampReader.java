package io.everwhen.appliance.config;

import io.everwhen.restore.stamp.TrustedAuthorities;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The part of a configuration file that says who time-stamps the histories:
 *
 * <pre>{@code
 * timestamp:
 *   url: http://tsa.example.org/tsr
 *   certificate: /etc/everwhen/tsa.pem  # who has to have signed
 *   every: 1h                       # at most, and only what is new
 *   hash: sha256                    # or sha384, sha512
 * }</pre>
 */
final class TimestampReader {

  private static final Set<String> KEYS = ConfigReader.keys("url", "certificate", "every", "hash");

  private final ConfigReader reader;
  private final Function<Path, String> files;

  /**
   * @param files reads a text, or throws an IllegalArgumentException that says why not
   */
  TimestampReader(ConfigReader reader, Function<Path, String> files) {
    this.reader = reader;
    this.files = files;
  }

  /** What is under {@code entry}; null when nothing is. */
  @Nullable TimestampConfig timestamp(YamlNode.@Nullable Entry entry)
      throws InvalidConfigException {
    if (entry == null) {
      return null;
    }
    YamlNode.Mapping mapping = reader.mapping(entry.value(), "timestamp", KEYS);
    URI url = reader.value(mapping, "url", URI::create);
    Duration every = reader.value(mapping, "every", Durations::parse);
    TrustedAuthorities trusted = reader.value(mapping, "certificate", this::authorities);
    TimestampConfig.Hash hash = reader.value(mapping, "hash", TimestampConfig.Hash::parse);
    return reader.parsed(
        mapping.line(),
        "timestamp",
        () -> {
          if (url == null) {
            throw new IllegalArgumentException("say the url of the time-stamp authority");
          }
          return new TimestampConfig(
              url,
              every == null ? TimestampConfig.EVERY_USUAL : every,
              hash == null ? TimestampConfig.Hash.SHA256 : hash,
              trusted);
        });
  }

  private TrustedAuthorities authorities(String path) {
    String text = files.apply(ConfigReader.path(path));
    try {
      return TrustedAuthorities.of(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "%s is no certificate in PEM: %s".formatted(path, e.getMessage()), e);
    }
  }
}
