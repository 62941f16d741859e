package io.everwhen.journal.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A directory in RAM, of bounded size. Nothing of it survives the process. */
public final class MemoryStorage implements Storage {

  private static final int PAGE_BYTES = 64 << 10;

  private final long capacityBytes;
  private final Map<String, MemoryFile> files = new TreeMap<>();
  private final Map<String, Integer> locks = new HashMap<>();
  private long usedBytes;

  /**
   * An empty directory.
   *
   * @param capacityBytes what all files together may hold
   */
  public MemoryStorage(long capacityBytes) {
    this.capacityBytes = capacityBytes;
  }

  @Override
  public synchronized StorageFile open(String name) throws IOException {
    MemoryFile file = files.get(name);
    if (file == null) {
      throw new NoSuchFileException(name);
    }
    return file;
  }

  @Override
  public StorageFile openForReading(String name) throws IOException {
    return open(name);
  }

  @Override
  public synchronized StorageFile create(String name) throws IOException {
    if (files.containsKey(name)) {
      throw new FileAlreadyExistsException(name);
    }
    MemoryFile file = new MemoryFile(name);
    files.put(name, file);
    return file;
  }

  @Override
  public synchronized boolean exists(String name) {
    return files.containsKey(name);
  }

  @Override
  public long size(String name) throws IOException {
    return open(name).size();
  }

  @Override
  public synchronized List<String> list() {
    return List.copyOf(files.keySet());
  }

  /**
   * The pages of a deleted file count as free at once, though whoever has it open may go on reading
   * them.
   */
  @Override
  public synchronized void delete(String name) {
    MemoryFile file = files.remove(name);
    if (file != null) {
      usedBytes -= (long) file.pages.size() * PAGE_BYTES;
      file.deleted = true;
    }
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    MemoryFile file = files.get(from);
    if (file == null) {
      throw new NoSuchFileException(from);
    }
    delete(to);
    files.remove(from);
    files.put(to, file);
  }

  @Override
  public void syncDirectory() {}

  @Override
  public synchronized long usableBytes() {
    return capacityBytes - usedBytes;
  }

  @Override
  public synchronized Optional<Closeable> tryLock(String name, LockMode mode) {
    int holders = locks.getOrDefault(name, 0);
    if (mode == LockMode.EXCLUSIVE ? holders != 0 : holders < 0) {
      return Optional.empty();
    }
    locks.put(name, mode == LockMode.EXCLUSIVE ? -1 : holders + 1);
    return Optional.of(() -> unlock(name));
  }

  private synchronized void unlock(String name) {
    locks.merge(name, 0, (held, none) -> held < 0 ? 0 : held - 1);
  }

  @Override
  public Storage other(String where) throws IOException {
    throw new NoSuchFileException(where);
  }

  @Override
  public String describe() {
    return "RAM";
  }

  private final class MemoryFile implements StorageFile {

    private final String name;
    private final Map<Long, byte[]> pages = new HashMap<>();
    private long size;
    private boolean deleted;

    MemoryFile(String name) {
      this.name = name;
    }

    @Override
    public String describe() {
      return "RAM:" + name;
    }

    @Override
    public long size() {
      synchronized (MemoryStorage.this) {
        return size;
      }
    }

    @Override
    public int read(long position, ByteBuffer into) {
      synchronized (MemoryStorage.this) {
        int start = into.position();
        while (into.hasRemaining() && position < size) {
          int within = (int) (position % PAGE_BYTES);
          int length =
              (int) Math.min(Math.min(PAGE_BYTES - within, into.remaining()), size - position);
          byte[] page = pages.get(position / PAGE_BYTES);
          into.put(page == null ? new byte[length] : page, page == null ? 0 : within, length);
          position += length;
        }
        return into.position() - start;
      }
    }

    @Override
    public void write(long position, ByteBuffer data) throws IOException {
      synchronized (MemoryStorage.this) {
        while (data.hasRemaining()) {
          int within = (int) (position % PAGE_BYTES);
          int length = Math.min(PAGE_BYTES - within, data.remaining());
          data.get(page(position / PAGE_BYTES), within, length);
          position += length;
          size = Math.max(size, position);
        }
      }
    }

    @Override
    public void write(long position, ByteBuffer[] data, int count) throws IOException {
      for (int i = 0; i < count; i++) {
        int length = data[i].remaining();
        write(position, data[i]);
        position += length;
      }
    }

    private byte[] page(long number) throws IOException {
      byte[] page = pages.get(number);
      if (page == null) {
        if (!deleted && usedBytes + PAGE_BYTES > capacityBytes) {
          throw new NoSpaceException("the " + capacityBytes + " bytes of RAM are used up");
        }
        page = new byte[PAGE_BYTES];
        pages.put(number, page);
        usedBytes += deleted ? 0 : PAGE_BYTES;
      }
      return page;
    }

    @Override
    public void sync() {}

    @Override
    public void setSize(long bytes) throws IOException {
      synchronized (MemoryStorage.this) {
        if (bytes < size) {
          punchHole(bytes, size - bytes);
        }
        size = bytes;
      }
    }

    @Override
    public void allocate(long bytes) throws IOException {
      synchronized (MemoryStorage.this) {
        for (long number = 0; number * PAGE_BYTES < bytes; number++) {
          page(number);
        }
        size = Math.max(size, bytes);
      }
    }

    @Override
    public void punchHole(long position, long length) throws IOException {
      synchronized (MemoryStorage.this) {
        long end = Math.min(position + length, size);
        while (position < end) {
          int within = (int) (position % PAGE_BYTES);
          int run = (int) Math.min(PAGE_BYTES - within, end - position);
          if (run == PAGE_BYTES) {
            usedBytes -= pages.remove(position / PAGE_BYTES) != null && !deleted ? PAGE_BYTES : 0;
          } else {
            byte[] page = pages.get(position / PAGE_BYTES);
            if (page != null) {
              java.util.Arrays.fill(page, within, within + run, (byte) 0);
            }
          }
          position += run;
        }
      }
    }

    @Override
    public long nextData(long position) {
      synchronized (MemoryStorage.this) {
        long next = size;
        for (long number : pages.keySet()) {
          if ((number + 1) * PAGE_BYTES > position) {
            next = Math.min(next, Math.max(position, number * PAGE_BYTES));
          }
        }
        return next;
      }
    }

    @Override
    public long nextHole(long position) {
      synchronized (MemoryStorage.this) {
        long number = position / PAGE_BYTES;
        while (number * PAGE_BYTES < size && pages.containsKey(number)) {
          number++;
        }
        return Math.min(size, Math.max(position, number * PAGE_BYTES));
      }
    }

    @Override
    public void close() {}
  }
}
