package io.everwhen.journal;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.log.JournalFiles;
import java.io.IOException;

/**
 * The manifest of a group in use, as it was written last. Synchronized by whoever maintains the
 * group.
 */
final class ManifestKeeper {

  private final JournalFiles files;
  private Manifest manifest;

  ManifestKeeper(JournalFiles files, Manifest manifest) {
    this.files = files;
    this.manifest = manifest;
  }

  /** As it is. */
  Manifest current() {
    return manifest;
  }

  /** Makes it another; durable when it returns. */
  void write(Manifest next) throws IOException {
    files.writeManifest(next);
    manifest = next;
  }

  /** Another was written, as a step of something larger. */
  void written(Manifest next) {
    manifest = next;
  }
}
