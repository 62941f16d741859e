package io.everwhen.journal;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.payload.KeyException;
import io.everwhen.journal.payload.Keyring;
import io.everwhen.journal.payload.PayloadEncoder;
import io.everwhen.journal.payload.Secret;
import java.io.IOException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * In what form a group that is being opened holds what is written.
 *
 * @param manifest which says so, before the first such entry is written
 * @param encoder of what is written; null when it is stored as it is
 * @param keys of what is encrypted; null when nothing ever was
 */
record PayloadForm(Manifest manifest, @Nullable PayloadEncoder encoder, @Nullable Keyring keys) {

  private static final Logger log = LoggerFactory.getLogger(PayloadForm.class);

  /**
   * Brings the manifest and the keys into the form that is asked for.
   *
   * @throws KeyException when the group is encrypted, and the secret is not there or the wrong one
   */
  static PayloadForm of(JournalFiles files, GroupOptions options, RandomGenerator random)
      throws IOException {
    Manifest found = files.readManifest();
    Keyring keys = keysFor(files, found, options.secret(), random);
    Manifest manifest = found;
    if (keys != null && !found.encrypts()) {
      manifest = found.withEncryption();
      files.writeManifest(manifest);
    } else if (options.compressionLevel() > 0 && !found.encodes()) {
      manifest = compressing(files, found);
    }
    boolean encodes = manifest.encodes() && (options.compressionLevel() > 0 || keys != null);
    return new PayloadForm(
        manifest,
        encodes ? new PayloadEncoder(options.compressionLevel(), keys, random) : null,
        keys);
  }

  /** A full volume does not keep a group from being opened. */
  private static Manifest compressing(JournalFiles files, Manifest found) throws IOException {
    try {
      Manifest manifest = found.withEncoding();
      files.writeManifest(manifest);
      return manifest;
    } catch (NoSpaceException e) {
      log.warn(
          "{}: what is written is not compressed: {}", files.storage().describe(), e.getMessage());
      return found;
    }
  }

  private static @Nullable Keyring keysFor(
      JournalFiles files, Manifest found, @Nullable Secret secret, RandomGenerator random)
      throws IOException {
    if (found.encrypts()) {
      if (secret == null) {
        throw new KeyException(
            "the journal in %s is encrypted, and nothing says with what it is to be opened: name its key_file or passphrase_file under `encrypt`. Nothing is damaged"
                .formatted(files.storage().describe()));
      }
      return files.openKeys(found, secret);
    }
    if (secret == null) {
      return null;
    }
    // Keys that are there are those of an attempt that was interrupted: nothing uses them.
    Keyring keys = Keyring.create(found.id(), random);
    files.writeKeys(keys.wrap(secret, random));
    return keys;
  }
}
