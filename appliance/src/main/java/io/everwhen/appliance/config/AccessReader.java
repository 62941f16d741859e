package io.everwhen.appliance.config;

import io.everwhen.target.iscsi.Access;
import io.everwhen.target.iscsi.Credentials;
import io.everwhen.target.iscsi.Network;
import io.everwhen.target.iscsi.Secret;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of a configuration file that says who may use what:
 *
 * <pre>{@code
 * initiators: [iqn.1993-08.org.debian:01:abc, "iqn.1991-05.com.microsoft:*"]
 * networks: [10.1.0.0/16, "fd00::/8"]
 * chap:
 *   user: alice
 *   secret_file: /etc/everwhen/alice.secret
 *   mutual_user: everwhen
 *   mutual_secret_file: /etc/everwhen/everwhen.secret
 * }</pre>
 */
final class AccessReader {

  private static final Logger log = LoggerFactory.getLogger(AccessReader.class);

  private static final Set<String> CHAP_KEYS =
      ConfigReader.keys(
          "user", "secret_file", "secret", "mutual_user", "mutual_secret_file", "mutual_secret");

  private final ConfigReader reader;
  private final Function<Path, String> secretFiles;

  /**
   * @param secretFiles reads a secret, or throws an IllegalArgumentException that says why not
   */
  AccessReader(ConfigReader reader, Function<Path, String> secretFiles) {
    this.reader = reader;
    this.secretFiles = secretFiles;
  }

  /** Who may use the disk that {@code mapping} describes. */
  Access access(YamlNode.Mapping mapping) throws InvalidConfigException {
    List<String> initiators =
        list(mapping, "initiators", text -> new Access(List.of(text), List.of(), null).initiators())
            .stream()
            .flatMap(List::stream)
            .toList();
    List<Network> networks = list(mapping, "networks", Network::parse);
    return new Access(initiators, networks, credentials(mapping, "chap"));
  }

  private <T> List<T> list(YamlNode.Mapping mapping, String key, Function<String, T> parse)
      throws InvalidConfigException {
    YamlNode.Entry entry = mapping.entries().get(key);
    if (entry == null) {
      return List.of();
    }
    if (!(entry.value() instanceof YamlNode.Sequence sequence) || sequence.items().isEmpty()) {
      throw reader.error(
          entry.line(),
          key + ": expected a list of at least one, not " + kind(entry.value()),
          null);
    }
    List<T> values = new ArrayList<>();
    for (YamlNode item : sequence.items()) {
      values.add(reader.scalar(item, item.line(), key, parse));
    }
    return values;
  }

  private static String kind(YamlNode node) {
    return node instanceof YamlNode.Sequence ? "an empty list" : node.kind();
  }

  /** The accounts under {@code key}, or null if it is not there. */
  @Nullable Credentials credentials(YamlNode.Mapping mapping, String key)
      throws InvalidConfigException {
    YamlNode.Entry entry = mapping.entries().get(key);
    if (entry == null) {
      return null;
    }
    if (!(entry.value() instanceof YamlNode.Mapping)) {
      // What stands there may be a secret, and is not shown.
      throw reader.error(entry.line(), key + ": expected the keys user and secret_file", null);
    }
    YamlNode.Mapping chap = reader.mapping(entry.value(), key, CHAP_KEYS);
    Credentials.Account initiator = account(chap, "");
    if (initiator == null) {
      throw reader.error(chap.line(), key + " needs a user and a secret_file", null);
    }
    try {
      return new Credentials(initiator, account(chap, "mutual_"));
    } catch (IllegalArgumentException e) {
      throw reader.error(chap.line(), key + ": " + e.getMessage(), e);
    }
  }

  private Credentials.@Nullable Account account(YamlNode.Mapping chap, String prefix)
      throws InvalidConfigException {
    String user = reader.value(chap, prefix + "user", text -> text);
    String inline = prefix + "secret";
    String inFile = prefix + "secret_file";
    Secret written = reader.value(chap, inline, Secret::of);
    Secret kept =
        reader.value(chap, inFile, text -> Secret.of(secretFiles.apply(ConfigReader.path(text))));
    if (written != null && kept != null) {
      throw reader.error(chap.line(), "give " + inline + " or " + inFile + ", not both", null);
    }
    Secret secret = kept == null ? written : kept;
    if (user == null && secret == null) {
      return null;
    }
    if (user == null || secret == null) {
      String missing = prefix + (user == null ? "user" : "secret_file");
      throw reader.error(chap.line(), "chap needs " + missing + " as well", null);
    }
    if (written != null) {
      log.warn(
          "{}: '{}' stands in the configuration file, and everyone who can read that knows it;"
              + " {} keeps it in a file of its own",
          reader.place(chap.line()),
          inline,
          inFile);
    }
    try {
      return new Credentials.Account(user, secret);
    } catch (IllegalArgumentException e) {
      throw reader.error(chap.line(), prefix + "user: " + e.getMessage(), e);
    }
  }
}
