package io.everwhen.journal.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A file on a file system, or a block device. */
final class DiskStorageFile implements StorageFile {

  private static final int ZEROS_BYTES = 64 << 10;

  private final Path path;
  private final FileChannel channel;
  private final boolean writable;
  private final Object nativeLock = new Object();
  private @Nullable LinuxFile linuxFile;

  /** Where the last gathered write has left the channel; -1 when that is not known. */
  private long channelAt = -1;

  DiskStorageFile(Path path, FileChannel channel, boolean writable) {
    this.path = path;
    this.channel = channel;
    this.writable = writable;
  }

  @Override
  public String describe() {
    return path.toString();
  }

  @Override
  public long size() throws IOException {
    long size = channel.size();
    if (size == 0 && !java.nio.file.Files.isRegularFile(path)) {
      // A block device: its end is where a seek to the end arrives.
      try (java.io.RandomAccessFile device = new java.io.RandomAccessFile(path.toFile(), "r")) {
        return device.length();
      }
    }
    return size;
  }

  @Override
  public int read(long position, ByteBuffer into) throws IOException {
    int start = into.position();
    while (into.hasRemaining()) {
      if (channel.read(into, position + into.position() - start) < 0) {
        break;
      }
    }
    return into.position() - start;
  }

  @Override
  public ByteBuffer map(Arena arena) throws IOException {
    return channel.map(FileChannel.MapMode.READ_ONLY, 0, size(), arena).asByteBuffer();
  }

  @Override
  public @Nullable ResidentPages residentPages() throws IOException {
    long size = channel.size(); // 0 of a block device
    return size == 0 ? null : ResidentPages.of(channel, size);
  }

  @Override
  public void write(long position, ByteBuffer data) throws IOException {
    try {
      int start = data.position();
      while (data.hasRemaining()) {
        channel.write(data, position + data.position() - start);
      }
    } catch (IOException e) {
      throw translated(e);
    }
  }

  /**
   * Gathered writes use the channel's own position: they come from one thread at a time, as {@link
   * StorageFile} asks.
   */
  @Override
  public void write(long position, ByteBuffer[] data, int count) throws IOException {
    try {
      long end = position;
      for (int i = 0; i < count; i++) {
        end += data[i].remaining();
      }
      if (channelAt != position) {
        channel.position(position);
      }
      channelAt = -1;
      int first = 0;
      while (position < end) {
        if (first == count) {
          throw new IOException(
              "the buffers for %s were changed while they were written".formatted(describe()));
        }
        position += channel.write(data, first, count - first);
        while (first < count && !data[first].hasRemaining()) {
          first++;
        }
      }
      channelAt = end;
    } catch (IOException e) {
      throw translated(e);
    }
  }

  @Override
  public void sync() throws IOException {
    channel.force(false);
  }

  @Override
  public void startWriting(long position, long length) throws IOException {
    nativeFile().startWriting(position, length);
  }

  @Override
  public void forgetCached() {
    try {
      nativeFile().forgetCached();
    } catch (IOException _) {
      // It has no name any more; its memory goes when it is closed.
    }
  }

  @Override
  public void setSize(long bytes) throws IOException {
    long size = channel.size();
    if (bytes < size) {
      channelAt = -1;
      channel.truncate(bytes);
    } else if (bytes > size) {
      // A single zero byte at the end extends the file; the rest stays a hole.
      write(bytes - 1, ByteBuffer.allocate(1));
    }
  }

  @Override
  public void allocate(long bytes) throws IOException {
    if (channel.size() >= bytes && nativeFile().allocate(bytes)) {
      return;
    }
    if (!nativeFile().allocate(bytes)) {
      for (long at = channel.size(); at < bytes; at += ZEROS_BYTES) {
        write(at, ByteBuffer.allocate((int) Math.min(ZEROS_BYTES, bytes - at)));
      }
    }
  }

  @Override
  public void punchHole(long position, long length) throws IOException {
    if (length <= 0 || nativeFile().punchHole(position, length)) {
      return;
    }
    long end = position + length;
    for (long at = position; at < end; at += ZEROS_BYTES) {
      write(at, ByteBuffer.allocate((int) Math.min(ZEROS_BYTES, end - at)));
    }
  }

  @Override
  public long nextData(long position) throws IOException {
    long size = size();
    return position >= size ? size : nativeFile().nextData(position, size);
  }

  @Override
  public long nextHole(long position) throws IOException {
    long size = size();
    return position >= size ? size : nativeFile().nextHole(position, size);
  }

  @Override
  public void close() throws IOException {
    synchronized (nativeLock) {
      if (linuxFile != null) {
        linuxFile.close();
        linuxFile = null;
      }
    }
    channel.close();
  }

  private LinuxFile nativeFile() throws IOException {
    synchronized (nativeLock) {
      if (linuxFile == null) {
        linuxFile = LinuxFile.open(path, writable);
      }
      return linuxFile;
    }
  }

  private IOException translated(IOException e) {
    String message = e.getMessage();
    boolean noSpace =
        message != null
            && (message.contains("No space left on device") || message.contains("quota exceeded"));
    return noSpace ? new NoSpaceException("no space left on the volume of " + path, e) : e;
  }
}
