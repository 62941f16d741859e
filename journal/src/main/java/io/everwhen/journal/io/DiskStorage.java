package io.everwhen.journal.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A directory of a real file system. */
public final class DiskStorage implements Storage {

  private final Path directory;

  private DiskStorage(Path directory) {
    this.directory = directory;
  }

  /** An existing directory; {@link NotDirectoryException} or {@link java.nio.file.NoSuchFileException} otherwise. */
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

  /** Opens any file or block device for writing, from its present content on; a file is created if it is not there. */
  public static StorageFile openOutput(Path path) throws IOException {
    return file(path, true, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
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
        resolve(name), true, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
  }

  private static StorageFile file(Path path, boolean writable, OpenOption... options) throws IOException {
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
      return paths.filter(p -> !Files.isDirectory(p)).map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @Override
  public void delete(String name) throws IOException {
    Files.deleteIfExists(resolve(name));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Files.move(resolve(from), resolve(to), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
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
