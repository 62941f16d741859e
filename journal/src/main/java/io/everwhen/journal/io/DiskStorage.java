package io.everwhen.journal.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A directory of a real file system. */
public final class DiskStorage implements Storage {

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final Path directory;

  private DiskStorage(Path directory) {
    this.directory = directory;
  }

  /**
   * An existing directory; {@link NotDirectoryException} or {@link
   * java.nio.file.NoSuchFileException} otherwise.
   */
  public static DiskStorage open(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      throw new java.nio.file.NoSuchFileException(directory.toString());
    }
    if (!Files.isDirectory(directory)) {
      throw new NotDirectoryException(directory.toString());
    }
    return new DiskStorage(directory);
  }

  /** A directory that is made, with its parents, if it is not there. */
  public static DiskStorage create(Path directory) throws IOException {
    for (Path p = directory; p != null; p = p.getParent()) {
      if (Files.exists(p)) {
        if (!Files.isDirectory(p)) {
          throw new NotDirectoryException(p.toString());
        }
        break;
      }
    }
    Files.createDirectories(directory);
    return new DiskStorage(directory);
  }

  /**
   * Opens any file or block device for writing, from its present content on; a file is created if
   * it is not there.
   */
  public static StorageFile openOutput(Path path) throws IOException {
    return file(
        path, true, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
  }

  /**
   * Claims a block device, so that nobody mounts it until this is closed.
   *
   * @return empty when the system uses it: it is mounted, or a part of something
   */
  public static Optional<Closeable> tryClaim(Path device) throws IOException {
    return LinuxFile.claim(device).map(claim -> claim);
  }

  /** What there is at a path. */
  public enum Kind {
    NOTHING,
    FILE,
    DIRECTORY,
    DEVICE
  }

  /** What there is at {@code path}, links followed. */
  public static Kind kindOf(Path path) {
    if (!Files.exists(path)) {
      return Kind.NOTHING;
    }
    if (Files.isDirectory(path)) {
      return Kind.DIRECTORY;
    }
    return Files.isRegularFile(path) ? Kind.FILE : Kind.DEVICE;
  }

  /** The names of the directories in this one, sorted. */
  public List<String> subdirectories() throws IOException {
    try (Stream<Path> paths = Files.list(directory)) {
      return paths
          .filter(Files::isDirectory)
          .map(p -> p.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  /**
   * Gives a directory another path on the same volume; durable when this returns.
   *
   * @throws IOException when it cannot be moved, for example because a volume is mounted there;
   *     nothing was changed
   */
  public static void move(Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    for (Path parent : new Path[] {to.getParent(), from.getParent()}) {
      if (parent != null) {
        open(parent).syncDirectory();
      }
    }
  }

  /** Deletes this directory with all its files; it has no directories in it. */
  public void deleteWhole() throws IOException {
    for (String name : list()) {
      delete(name);
    }
    Files.delete(directory);
  }

  /** The nearest directory that is there: this one, or one that it will be in. */
  public static DiskStorage nearest(Path directory) throws IOException {
    Path there = directory;
    for (Path up = there; !Files.isDirectory(there) && up != null; up = up.getParent()) {
      there = up;
    }
    return open(there);
  }

  /** Reads a small file; {@link java.nio.file.NoSuchFileException} if it is not there. */
  public byte[] readBytes(String name) throws IOException {
    return Files.readAllBytes(resolve(name));
  }

  /** Reads a small text file; {@link java.nio.file.NoSuchFileException} if it is not there. */
  public String readText(String name) throws IOException {
    return Files.readString(resolve(name));
  }

  /** Writes a small text file as a whole, readable by its owner only; durable when this returns. */
  public void replaceText(String name, String text) throws IOException {
    replaceBytes(name, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a small file as a whole, readable by its owner only; durable when this returns. */
  public void replaceBytes(String name, byte[] content) throws IOException {
    String temporary = name + ".tmp";
    delete(temporary);
    Files.createFile(resolve(temporary), PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    try (StorageFile file = open(temporary)) {
      file.write(0, ByteBuffer.wrap(content));
      file.sync();
    }
    rename(temporary, name);
    syncDirectory();
  }

  @Override
  public Storage other(String where) throws IOException {
    return open(directory.resolve(where).normalize());
  }

  /** The directory. */
  public Path directory() {
    return directory;
  }

  /** Whether both directories are on the same file system. */
  public boolean sharesVolumeWith(DiskStorage other) throws IOException {
    return Files.getFileStore(directory).equals(Files.getFileStore(other.directory));
  }

  @Override
  public StorageFile open(String name) throws IOException {
    return file(resolve(name), true, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  @Override
  public StorageFile openForReading(String name) throws IOException {
    return file(resolve(name), false, StandardOpenOption.READ);
  }

  @Override
  public StorageFile create(String name) throws IOException {
    return file(
        resolve(name),
        true,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        StandardOpenOption.CREATE_NEW);
  }

  static StorageFile file(Path path, boolean writable, OpenOption... options) throws IOException {
    return new DiskStorageFile(path, FileChannel.open(path, options), writable);
  }

  @Override
  public boolean exists(String name) {
    return Files.exists(resolve(name));
  }

  @Override
  public long size(String name) throws IOException {
    return Files.size(resolve(name));
  }

  @Override
  public List<String> list() throws IOException {
    try (Stream<Path> paths = Files.list(directory)) {
      return paths
          .filter(p -> !Files.isDirectory(p))
          .map(p -> p.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @Override
  public void delete(String name) throws IOException {
    Files.deleteIfExists(resolve(name));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Files.move(
        resolve(from),
        resolve(to),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void syncDirectory() throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public long usableBytes() throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  @Override
  public Optional<Closeable> tryLock(String name, LockMode mode) throws IOException {
    // Whoever may only read the directory can still hold a shared lock.
    boolean writable = mode == LockMode.EXCLUSIVE || Files.isWritable(directory);
    return ProcessLocks.tryLock(resolve(name), mode, writable);
  }

  @Override
  public String describe() {
    return directory.toString();
  }

  private Path resolve(String name) {
    if (name.isEmpty() || name.contains("/") || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException("not a file name: " + name);
    }
    return directory.resolve(name);
  }
}
