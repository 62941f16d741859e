package io.everwhen.restore.files;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A name in a file system, as The Sleuth Kit tells of it; a directory is one too.
 *
 * @param path from the root of the file system, which is {@code /}
 * @param inode by what the file system knows it; in NTFS with attribute, in FAT by its place
 * @param mode kind and permissions, such as {@code rrw-r--r--}
 * @param uid owner, as it is stored
 * @param gid group, as it is stored
 * @param size in bytes
 * @param modified when the content was changed, in seconds since the epoch; 0 if that is not kept
 * @param changed when the rest was
 * @param created when it was made
 * @param md5 of the content, or 0 when that was not read
 */
public record FileEntry(
    String path,
    String inode,
    String mode,
    String uid,
    String gid,
    long size,
    long modified,
    long changed,
    long created,
    String md5) {

  /** Besides the name, a line has so many fields. */
  private static final int FIELDS = 10;

  private static final List<String> NOT_THERE = List.of(" (deleted)", " (deleted-realloc)");

  /** An attribute of NTFS that repeats the name. */
  private static final String NAME_ATTRIBUTE = " ($FILE_NAME)";

  /**
   * Understands a line of a body file: {@code
   * MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime}. Names may have bars in them. Empty
   * for what is no file: titles, what was deleted, and what The Sleuth Kit makes up.
   */
  static Optional<FileEntry> parse(String line) {
    String[] parts = line.split("\\|", -1);
    int fields = parts.length - FIELDS + 1;
    if (fields < 2 || !isNumbers(parts, fields + 4)) {
      return Optional.empty();
    }
    String path = String.join("|", Arrays.copyOfRange(parts, 1, fields));
    String mode = parts[fields + 1];
    boolean virtual = mode.isEmpty() || Character.toLowerCase(mode.charAt(0)) == 'v';
    if (virtual
        || NOT_THERE.stream().anyMatch(path::endsWith)
        || path.endsWith(NAME_ATTRIBUTE)
        || path.contains("/$OrphanFiles/")) {
      return Optional.empty();
    }
    return Optional.of(
        new FileEntry(
            path,
            parts[fields],
            mode.substring(mode.indexOf('/') + 1),
            parts[fields + 2],
            parts[fields + 3],
            Long.parseLong(parts[fields + 4]),
            Long.parseLong(parts[fields + 6]),
            Long.parseLong(parts[fields + 7]),
            Long.parseLong(parts[fields + 8]),
            parts[0]));
  }

  /**
   * What a line of a body file says of a directory: the name and its inode, whatever becomes of
   * that; of one that was deleted also its times, but not when it was read.
   */
  static String name(String line) {
    boolean deleted = NOT_THERE.stream().anyMatch(text -> line.contains(text + "|"));
    return deleted
        ? line.replaceFirst("\\|[^|]*((\\|[^|]*){3})$", "$1")
        : line.replaceFirst("(\\|[^|]*){8}$", "");
  }

  private static boolean isNumbers(String[] parts, int from) {
    for (int i = from; i < parts.length; i++) {
      if (!parts[i].matches("-?\\d{1,18}")) {
        return false;
      }
    }
    return true;
  }

  /** All but the path. */
  String state() {
    return String.join(
        "|",
        inode,
        mode,
        uid,
        gid,
        Long.toString(size),
        Long.toString(modified),
        Long.toString(changed),
        Long.toString(created),
        md5);
  }
}
