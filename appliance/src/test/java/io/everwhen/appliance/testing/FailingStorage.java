package io.everwhen.appliance.testing;

import io.everwhen.journal.io.MemoryStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Storage in RAM whose operations fail as a broken disk's do, from when it is told so. */
public final class FailingStorage implements Storage {

  /** What can fail. */
  public enum Operation {
    READ,
    WRITE,
    SYNC
  }

  private final Storage storage;
  private volatile Set<Operation> failing = Set.of();

  /**
   * @param capacityBytes how much it takes
   */
  public FailingStorage(long capacityBytes) {
    storage = new MemoryStorage(capacityBytes);
  }

  /** These operations fail from now on, on every file; none heals it. */
  public void fail(Operation... operations) {
    failing = Set.of(operations);
  }

  private void check(Operation operation) throws IOException {
    if (failing.contains(operation)) {
      throw new IOException("Input/output error (" + operation + ", on purpose)");
    }
  }

  @Override
  public StorageFile open(String name) throws IOException {
    return new FailingFile(storage.open(name));
  }

  @Override
  public StorageFile openForReading(String name) throws IOException {
    return new FailingFile(storage.openForReading(name));
  }

  @Override
  public StorageFile create(String name) throws IOException {
    check(Operation.WRITE);
    return new FailingFile(storage.create(name));
  }

  @Override
  public boolean exists(String name) throws IOException {
    return storage.exists(name);
  }

  @Override
  public long size(String name) throws IOException {
    return storage.size(name);
  }

  @Override
  public List<String> list() throws IOException {
    return storage.list();
  }

  @Override
  public void delete(String name) throws IOException {
    check(Operation.WRITE);
    storage.delete(name);
  }

  @Override
  public void rename(String from, String to) throws IOException {
    check(Operation.WRITE);
    storage.rename(from, to);
  }

  @Override
  public void syncDirectory() throws IOException {
    check(Operation.SYNC);
    storage.syncDirectory();
  }

  @Override
  public long usableBytes() throws IOException {
    return storage.usableBytes();
  }

  @Override
  public Optional<Closeable> tryLock(String name, LockMode mode) throws IOException {
    return storage.tryLock(name, mode);
  }

  @Override
  public Storage other(String where) throws IOException {
    return storage.other(where);
  }

  @Override
  public String describe() {
    return storage.describe();
  }

  private final class FailingFile implements StorageFile {

    private final StorageFile file;

    FailingFile(StorageFile file) {
      this.file = file;
    }

    @Override
    public String describe() {
      return file.describe();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public int read(long position, ByteBuffer into) throws IOException {
      check(Operation.READ);
      return file.read(position, into);
    }

    @Override
    public void write(long position, ByteBuffer data) throws IOException {
      check(Operation.WRITE);
      file.write(position, data);
    }

    @Override
    public void write(long position, ByteBuffer[] data, int count) throws IOException {
      check(Operation.WRITE);
      file.write(position, data, count);
    }

    @Override
    public void sync() throws IOException {
      check(Operation.SYNC);
      file.sync();
    }

    @Override
    public void setSize(long bytes) throws IOException {
      check(Operation.WRITE);
      file.setSize(bytes);
    }

    @Override
    public void allocate(long bytes) throws IOException {
      check(Operation.WRITE);
      file.allocate(bytes);
    }

    @Override
    public void punchHole(long position, long length) throws IOException {
      check(Operation.WRITE);
      file.punchHole(position, length);
    }

    @Override
    public long nextData(long position) throws IOException {
      return file.nextData(position);
    }

    @Override
    public long nextHole(long position) throws IOException {
      return file.nextHole(position);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
