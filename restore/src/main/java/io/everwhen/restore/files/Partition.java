package io.everwhen.restore.files;

/**
 * A place on a disk that may hold a file system.
 *
 * @param number as Linux counts partitions, from 1; 0 for the whole disk
 * @param sector where it begins, in blocks of the disk
 * @param fileSystem what The Sleuth Kit finds there, such as {@code ext4}; empty when it knows none
 */
public record Partition(int number, long sector, String fileSystem) {

  /** As it is called in messages. */
  String text() {
    String what = fileSystem.isEmpty() ? "no file system that is known" : fileSystem;
    return number == 0 ? what : "partition " + number + " (" + what + ")";
  }

  /** Whether a path is the one that people mean: where case does not count, it need not be. */
  boolean isNamed(String path, String meant) {
    boolean exact = fileSystem.startsWith("ext") || fileSystem.startsWith("ufs");
    return exact ? path.equals(meant) : path.equalsIgnoreCase(meant);
  }

  boolean known() {
    return !fileSystem.isEmpty();
  }

  /** Whether a journal has to be replayed, and can be, for the file system to be read. */
  boolean hasReplayableJournal() {
    return fileSystem.equals("ext3") || fileSystem.equals("ext4");
  }
}
