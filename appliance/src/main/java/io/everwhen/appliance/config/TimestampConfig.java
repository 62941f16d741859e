package io.everwhen.appliance.config;

import io.everwhen.restore.stamp.TrustedAuthorities;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * By whom the signed ends of the histories are time-stamped.
 *
 * @param url the time-stamp authority (RFC 3161, over HTTP)
 * @param every how often at most it is asked to stamp one history
 * @param hash by what digest it is told what to stamp
 * @param trusted whose stamps are taken; null for anybody's
 */
public record TimestampConfig(
    URI url, Duration every, Hash hash, @Nullable TrustedAuthorities trusted) {

  /** What is usual. */
  public static final Duration EVERY_USUAL = Duration.ofHours(1);

  private static final Duration EVERY_LEAST = Duration.ofSeconds(1);
  private static final Duration EVERY_MOST = Duration.ofDays(365);

  /** A message digest. */
  public enum Hash {
    SHA256("SHA-256"),
    SHA384("SHA-384"),
    SHA512("SHA-512");

    private final String algorithm;

    Hash(String algorithm) {
      this.algorithm = algorithm;
    }

    /** How the Java platform calls it. */
    public String algorithm() {
      return algorithm;
    }

    static Hash parse(String text) {
      for (Hash hash : values()) {
        if (hash.name().equalsIgnoreCase(text.replace("-", ""))) {
          return hash;
        }
      }
      throw new IllegalArgumentException("sha256, sha384 or sha512, not '" + text + "'");
    }
  }

  public TimestampConfig {
    String scheme = url.getScheme();
    if (scheme == null || !scheme.matches("https?") || url.getHost() == null) {
      throw new IllegalArgumentException(
          "expected http://HOST[:PORT][/PATH], or https, not '" + url + "'");
    }
    if (every.compareTo(EVERY_LEAST) < 0 || every.compareTo(EVERY_MOST) > 0) {
      throw new IllegalArgumentException("every: from a second to a year");
    }
  }
}
