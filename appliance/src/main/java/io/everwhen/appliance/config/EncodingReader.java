package io.everwhen.appliance.config;

import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The part of a configuration file that says in what form a journal holds what is written. */
final class EncodingReader {

  private static final Set<String> ENCRYPT_KEYS = ConfigReader.keys("key_file", "passphrase_file");

  private final ConfigReader reader;

  EncodingReader(ConfigReader reader) {
    this.reader = reader;
  }

  /** What {@code compress} and {@code encrypt} in a disk or a group say. */
  EncodingConfig encoding(YamlNode.Mapping mapping) throws InvalidConfigException {
    Integer level = reader.value(mapping, "compress", EncodingConfig::level);
    return new EncodingConfig(level == null ? 0 : level, secret(mapping));
  }

  private @Nullable SecretFile secret(YamlNode.Mapping mapping) throws InvalidConfigException {
    YamlNode.Entry entry = mapping.entries().get("encrypt");
    if (entry == null) {
      return null;
    }
    YamlNode.Mapping encrypt = reader.mapping(entry.value(), "encrypt", ENCRYPT_KEYS);
    Path keyFile = reader.value(encrypt, "key_file", ConfigReader::path);
    Path passphraseFile = reader.value(encrypt, "passphrase_file", ConfigReader::path);
    if ((keyFile == null) == (passphraseFile == null)) {
      throw reader.error(
          entry.line(), "encrypt: name either a key_file or a passphrase_file", null);
    }
    return SecretFile.of(keyFile, passphraseFile);
  }
}
