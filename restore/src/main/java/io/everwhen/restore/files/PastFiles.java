package io.everwhen.restore.files;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History.Point;
import io.everwhen.restore.plan.UnavailableException;
import io.everwhen.restore.run.ScratchImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The file system on a disk as of one instant after the other, in a {@link ScratchImage}. Its
 * journal, if it is ext3 or ext4, is replayed there as a mount would do, and that is taken back
 * before the next instant. One thread.
 */
final class PastFiles {

  private static final String PACKAGES = "apt-get install e2fsprogs";

  /** From this exit code on e2fsck has not done what it was to do. */
  private static final int E2FSCK_FAILED = 4;

  private final Manifest.Disk disk;
  private final ScratchImage image;
  private final SleuthKit kit;
  private final @Nullable Integer wanted;
  private @Nullable Partition replayed;

  /**
   * @param wanted the number of the partition; null to find the only file system there is
   */
  PastFiles(Manifest.Disk disk, ScratchImage image, @Nullable Integer wanted) {
    this.disk = disk;
    this.image = image;
    this.kit = new SleuthKit(image.path(), disk.blockBytes());
    this.wanted = wanted;
  }

  SleuthKit kit() {
    return kit;
  }

  /**
   * Goes to an instant.
   *
   * @return where the file system is; empty when there is none that is known
   * @throws UnavailableException when there are several, or the wanted one is not there
   */
  Optional<Partition> goTo(Point at) throws IOException {
    takeBack();
    image.goTo(at);
    Optional<Partition> found = find();
    if (found.isPresent() && found.get().hasReplayableJournal()) {
      replay(found.get());
    }
    return found;
  }

  /** That there is none at any instant that was looked at. */
  UnavailableException noFileSystem() {
    return new UnavailableException(
        "no file system is on %s that The Sleuth Kit knows, which are ext2, ext3, ext4, NTFS, FAT, exFAT, HFS+ and ISO 9660; others, such as XFS, are looked into by mounting past disks: everwhen open"
            .formatted(disk.name()));
  }

  private Optional<Partition> find() throws IOException {
    if (wanted == null) {
      Partition whole = new Partition(0, 0, kit.fileSystem(0));
      if (whole.known()) {
        return Optional.of(whole);
      }
    }
    List<Partition> partitions = kit.partitions();
    if (wanted != null) {
      return partitions.stream().filter(p -> p.number() == wanted && p.known()).findFirst();
    }
    List<Partition> known = partitions.stream().filter(Partition::known).toList();
    if (known.size() > 1) {
      throw new UnavailableException(
          "%s has several file systems, choose one with --partition: %s"
              .formatted(
                  disk.name(),
                  known.stream().map(Partition::text).collect(Collectors.joining(", "))));
    }
    return known.stream().findFirst();
  }

  private Path undo() {
    return Path.of(image.path() + ".undo");
  }

  private void replay(Partition in) throws IOException {
    image.deleteBeside(".undo");
    replayed = in;
    Tool.End end =
        Tool.run(
            List.of(
                "e2fsck",
                "-E",
                "journal_only",
                "-y",
                "-z",
                undo().toString(),
                image.path() + "?offset=" + in.sector() * disk.blockBytes()),
            PACKAGES,
            Tool.text(line -> {}));
    if (end.code() >= E2FSCK_FAILED) {
      // As it is on the disk: better than nothing.
      takeBack();
    }
  }

  /** Makes the image what the disk was. */
  private void takeBack() throws IOException {
    Partition in = replayed;
    replayed = null;
    if (in == null || !image.isBeside(".undo")) {
      return;
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                "e2undo",
                "-o",
                Long.toString(in.sector() * disk.blockBytes()),
                undo().toString(),
                image.path().toString()));
    Tool.End end = Tool.run(command, PACKAGES, Tool.text(line -> {}));
    image.deleteBeside(".undo");
    if (end.code() != 0) {
      throw new Tool.Failed("e2undo", end);
    }
  }
}
