package io.everwhen.journal.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The file locks of this process.
 *
 * <p>POSIX locks belong to the process: closing any descriptor of a locked file gives the lock up.
 * So each lock file is opened once, and holders within the process are counted here.
 */
final class ProcessLocks {

  private static final Map<Path, Held> HELD = new HashMap<>();

  private record Held(FileChannel channel, Storage.LockMode mode, int holders) {}

  private ProcessLocks() {}

  static Optional<Closeable> tryLock(Path file, Storage.LockMode mode, boolean writable)
      throws IOException {
    Path path = file.toAbsolutePath().normalize();
    synchronized (HELD) {
      Held held = HELD.get(path);
      if (held != null) {
        if (held.mode != Storage.LockMode.SHARED || mode != Storage.LockMode.SHARED) {
          return Optional.empty();
        }
        HELD.put(path, new Held(held.channel, held.mode, held.holders + 1));
        return Optional.of(new Release(path));
      }
      FileChannel channel =
          writable
              ? FileChannel.open(
                  path,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE,
                  StandardOpenOption.CREATE)
              : FileChannel.open(path, StandardOpenOption.READ);
      boolean locked = false;
      try {
        locked = channel.tryLock(0, Long.MAX_VALUE, mode == Storage.LockMode.SHARED) != null;
      } finally {
        if (!locked) {
          channel.close();
        }
      }
      if (!locked) {
        return Optional.empty();
      }
      HELD.put(path, new Held(channel, mode, 1));
      return Optional.of(new Release(path));
    }
  }

  private static final class Release implements Closeable {

    private final Path path;
    private boolean closed;

    Release(Path path) {
      this.path = path;
    }

    @Override
    public void close() throws IOException {
      synchronized (HELD) {
        Held held = HELD.get(path);
        if (closed || held == null) {
          return;
        }
        closed = true;
        if (held.holders > 1) {
          HELD.put(path, new Held(held.channel, held.mode, held.holders - 1));
        } else {
          HELD.remove(path);
          held.channel.close();
        }
      }
    }
  }
}
