package io.everwhen.journal;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.NewBaseline;
import io.everwhen.journal.image.Image;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.JournalFiles;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes what a {@link Group} is opened from: the manifest, and images of its disks. */
final class NewGroup {

  private NewGroup() {}

  /**
   * Makes one; durable when it returns, and can be done again when it was interrupted.
   *
   * @param homes where the disks' images go, by number
   * @param contents what disks hold at the beginning, by number; the others are empty
   * @param origin what it begins as, of another group; null for none
   * @throws DamageException when there is a group with history already, or an image with content
   */
  static void create(
      Storage journal,
      List<? extends Storage> homes,
      List<Manifest.Disk> disks,
      Map<Integer, ? extends StorageFile> contents,
      Manifest.@Nullable Origin origin,
      Clock clock,
      RandomGenerator random)
      throws IOException {
    JournalFiles files = new JournalFiles(journal);
    List<Manifest.Disk> wanted =
        disks.stream()
            .map(disk -> contents.containsKey(disk.number()) ? disk.withContent() : disk)
            .toList();
    Manifest manifest;
    if (files.hasManifest()) {
      manifest = files.readManifest();
      if (!manifest.disks().equals(wanted)
          || !Objects.equals(manifest.origin(), origin)
          || !files.segmentNumbers().isEmpty()) {
        throw new DamageException(
            "%s holds the history of other disks already; it is not touched"
                .formatted(journal.describe()));
      }
    } else {
      for (Manifest.Disk disk : wanted) {
        Storage home = homes.get(disk.number());
        Image.checkReplaceable(home);
        NewBaseline.clear(journal, disk.number());
        StorageFile content = contents.get(disk.number());
        if (content != null) {
          Adoption.copy(content, disk, journal, home);
        }
      }
      UUID id = new UUID(random.nextLong(), random.nextLong());
      manifest =
          new Manifest(id, wanted, Manifest.Baseline.empty(clock.wallNanos()), 0)
              .withOrigin(origin);
    }
    // Also one that was there: who wrote it may have died before it was durable.
    files.writeManifest(manifest);
    for (Manifest.Disk disk : wanted) {
      Storage home = homes.get(disk.number());
      if (disk.adopted()) {
        Image.take(home, manifest, disk, 0);
      } else {
        Image.create(home, manifest, disk, 0);
      }
    }
  }
}
