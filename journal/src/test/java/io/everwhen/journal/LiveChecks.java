package io.everwhen.journal;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.DamageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Compares a group's live disks, and their images, with its oracle. */
final class LiveChecks {

  private static final int SECTOR_BYTES = 512;

  private LiveChecks() {}

  /** Compares all live disks with the oracle's head. */
  static void check(RandomHistory history) throws IOException {
    long head = history.oracle().head();
    for (Manifest.Disk disk : history.oracle().disks()) {
      byte[] found = new byte[(int) history.group().volume(disk.number()).sizeBytes()];
      history.group().volume(disk.number()).read(0, ByteBuffer.wrap(found));
      byte[] expected = history.oracle().contentAt(disk.number(), head);
      PastChecks.same("the live disk", disk, head, expected, found);
    }
  }

  /** Compares a random range of a random live disk. */
  static void checkPart(RandomHistory history, RandomGenerator random) throws IOException {
    Oracle oracle = history.oracle();
    Manifest.Disk disk = oracle.disks().get(random.nextInt(oracle.disks().size()));
    long sizeSectors = oracle.size(disk.number()) / SECTOR_BYTES;
    int sectors = (int) random.nextLong(1, sizeSectors + 1);
    int offset = (int) random.nextLong(sizeSectors - sectors + 1) * SECTOR_BYTES;
    byte[] found = new byte[sectors * SECTOR_BYTES];
    history.group().volume(disk.number()).read(offset, ByteBuffer.wrap(found));
    byte[] content = oracle.contentAt(disk.number(), oracle.head());
    byte[] expected = Arrays.copyOfRange(content, offset, offset + found.length);
    PastChecks.same("a part of the live disk", disk, oracle.head(), expected, found);
  }

  /**
   * Compares, sector by sector, what no unsettled change touches, after the journal has stopped.
   *
   * @param mayBeLost whether a sector may be refused: what it held was acknowledged and not
   *     flushed, and the system has lost it
   */
  static void checkUpToSettled(RandomHistory history, boolean mayBeLost) throws IOException {
    Oracle oracle = history.oracle();
    for (Manifest.Disk disk : oracle.disks()) {
      byte[] found = new byte[(int) history.group().volume(disk.number()).sizeBytes()];
      byte[] expected =
          Arrays.copyOf(oracle.contentAt(disk.number(), history.settled()), found.length);
      for (int at = 0; at < found.length; at += SECTOR_BYTES) {
        try {
          ByteBuffer into = ByteBuffer.wrap(found, at, SECTOR_BYTES);
          history.group().volume(disk.number()).read(at, into);
        } catch (DamageException e) {
          if (!mayBeLost) {
            throw e;
          }
          System.arraycopy(expected, at, found, at, SECTOR_BYTES);
        }
      }
      for (long s = history.settled() + 1; s <= oracle.head(); s++) {
        Oracle.Version version = oracle.version(s);
        if (version.disk() == disk.number()) {
          int from = (int) Math.min(version.offset(), found.length);
          int to = (int) Math.min(version.offset() + version.length(), found.length);
          System.arraycopy(found, from, expected, from, to - from);
        }
      }
      PastChecks.same("the live disk", disk, history.settled(), expected, found);
    }
  }

  /** Compares all images with the oracle's head; after the group was closed they are complete. */
  static void checkImages(RandomHistory history) throws IOException {
    long head = history.oracle().head();
    for (Manifest.Disk disk : history.oracle().disks()) {
      ByteBuffer found;
      try (StorageFile image =
          history.machine().directory(disk.name()).openForReading(FileNames.IMAGE)) {
        found = ByteBuffer.allocate((int) image.size());
        image.readFully(0, found);
      }
      byte[] expected = history.oracle().contentAt(disk.number(), head);
      PastChecks.same("the image", disk, head, expected, found.array());
    }
  }
}
