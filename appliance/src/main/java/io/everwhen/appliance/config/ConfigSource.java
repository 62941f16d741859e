package io.everwhen.appliance.config;

import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration comes from, so that it can be read again.
 *
 * @param file the configuration file, or null if there is none
 * @param overrides what the command line says over it; throws an IllegalArgumentException where
 *     that makes no sense
 */
public record ConfigSource(@Nullable Path file, UnaryOperator<Config> overrides) {

  /**
   * Reads the configuration as it is now.
   *
   * @throws InvalidConfigException if the file cannot be read, or something makes no sense
   */
  public Config read() throws InvalidConfigException {
    Config base = file == null ? Config.DEFAULT : Config.read(file);
    try {
      return overrides.apply(base);
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigException(String.valueOf(e.getMessage()), e);
    }
  }

  /** How to call it. */
  public String describe() {
    return file == null ? "the command line of 'everwhen serve'" : file.toString();
  }
}
