package io.everwhen.appliance.config;

import io.everwhen.journal.payload.Secret;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file that holds what opens an encrypted journal; nobody but its owner may read it.
 *
 * @param kind what is in it
 * @param path where it is, absolute
 */
public record SecretFile(Kind kind, Path path) {

  /** What a file holds. */
  public enum Kind {
    /** 32 random bytes or more. */
    KEY_FILE,
    /** One line. */
    PASSPHRASE_FILE
  }

  public SecretFile {
    path = path.toAbsolutePath().normalize();
  }

  /**
   * The one of two files that was named; null when none was.
   *
   * @throws IllegalArgumentException when both were
   */
  public static @Nullable SecretFile of(@Nullable Path keyFile, @Nullable Path passphraseFile) {
    if (keyFile != null && passphraseFile != null) {
      throw new IllegalArgumentException("name a key file or a file with a passphrase, not both");
    }
    if (keyFile != null) {
      return new SecretFile(Kind.KEY_FILE, keyFile);
    }
    return passphraseFile == null ? null : new SecretFile(Kind.PASSPHRASE_FILE, passphraseFile);
  }

  /**
   * Reads it.
   *
   * @throws IOException when it is not there, others may read it, or it cannot be what it is to be
   */
  public Secret read() throws IOException {
    try {
      return switch (kind) {
        case KEY_FILE -> new Secret.KeyFile(Config.key(path));
        case PASSPHRASE_FILE -> new Secret.Passphrase(Config.secret(path));
      };
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "an encrypted journal cannot be opened without its %s: %s"
              .formatted(kind == Kind.KEY_FILE ? "key file" : "passphrase", e.getMessage()),
          e);
    }
  }
}
