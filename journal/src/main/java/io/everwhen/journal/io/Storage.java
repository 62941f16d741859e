package io.everwhen.journal.io;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * One flat directory of files.
 *
 * <p>Creating, renaming and deleting take effect at once, and survive a power cut after {@link
 * #syncDirectory}. Any thread may call any method. Names are plain file names, without a separator.
 */
public interface Storage {

  /**
   * Opens a file for reading and writing; {@link java.nio.file.NoSuchFileException} if it is not
   * there.
   */
  StorageFile open(String name) throws IOException;

  /**
   * Opens a file for reading only; {@link java.nio.file.NoSuchFileException} if it is not there.
   */
  StorageFile openForReading(String name) throws IOException;

  /** Creates an empty file; {@link java.nio.file.FileAlreadyExistsException} if it is there. */
  StorageFile create(String name) throws IOException;

  boolean exists(String name) throws IOException;

  /** Bytes in a file; {@link java.nio.file.NoSuchFileException} if it is not there. */
  long size(String name) throws IOException;

  /** The names of all files, sorted. */
  List<String> list() throws IOException;

  /** Deletes a file; does nothing if it is not there. Whoever has it open may go on reading. */
  void delete(String name) throws IOException;

  /** Renames a file, replacing {@code to} atomically. */
  void rename(String from, String to) throws IOException;

  /** Makes creations, renames and deletions durable. */
  void syncDirectory() throws IOException;

  /** Bytes that can still be written here. */
  long usableBytes() throws IOException;

  /**
   * Takes a lock that other processes see, held until it is closed or the process ends.
   *
   * @return empty when somebody else holds it in the way
   */
  Optional<Closeable> tryLock(String name, LockMode mode) throws IOException;

  /**
   * Another directory of the same kind.
   *
   * @param where it is, seen from here
   * @throws java.nio.file.NoSuchFileException when it is not there
   */
  Storage other(String where) throws IOException;

  /** Where this is, for messages to people. */
  String describe();

  /** How a lock is shared. */
  enum LockMode {
    SHARED,
    EXCLUSIVE
  }
}
