package io.everwhen.restore.run;

import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.io.Zeros;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What becomes of the windows of a restore: they are written in one way or another, and counted.
 */
abstract sealed class Output implements Windows.Sink {

  private static final int CHUNK_BYTES = Windows.CHUNK_BYTES;

  final StorageFile file;
  private long written;
  private long begun;

  private Output(StorageFile file) {
    this.file = file;
  }

  /** Bytes that were written. */
  final long written() {
    return written;
  }

  final void write(long at, ByteBuffer data) throws IOException {
    written += data.remaining();
    file.write(at, data);
  }

  final void punch(long at, long length) throws IOException {
    written += length;
    file.punchHole(at, length);
  }

  /** Has the system begin to write it to the medium: less is left to the sync at the end. */
  @Override
  public final void done(long at, long length) throws IOException {
    if (written > begun) {
      file.startWriting(at, length);
      begun = written;
    }
  }

  private static int chunkEnd(ByteBuffer window, int from) {
    return Math.min(window.limit(), from + CHUNK_BYTES);
  }

  /** To a new file, where zeros stay holes. */
  static final class Sparse extends Output {
    Sparse(StorageFile file) {
      super(file);
    }

    @Override
    public void zeros(long at, long length) {}

    @Override
    public void data(long at, ByteBuffer window) throws IOException {
      int limit = window.limit();
      for (int from = 0, to; from < limit; from = to) {
        boolean zero = Zeros.only(window, from, chunkEnd(window, from));
        to = chunkEnd(window, from);
        while (to < limit && Zeros.only(window, to, chunkEnd(window, to)) == zero) {
          to = chunkEnd(window, to);
        }
        if (!zero) {
          write(at + from, window.duplicate().limit(to).position(from));
        }
      }
    }
  }

  /** Over whatever a device holds. */
  static final class Whole extends Output {

    Whole(StorageFile file) {
      super(file);
    }

    @Override
    public void zeros(long at, long length) throws IOException {
      file.punchHole(at, length);
    }

    @Override
    public void data(long at, ByteBuffer window) throws IOException {
      write(at, window.duplicate());
    }
  }

  /** Over a file or device, but only what differs. */
  static final class InPlace extends Output {
    private final ByteBuffer there = Windows.buffer();
    private final ByteBuffer zeros = Windows.buffer();

    InPlace(StorageFile file) {
      super(file);
    }

    @Override
    public void zeros(long at, long length) throws IOException {
      long end = at + length;
      for (long from = file.nextData(at); from < end; ) {
        from -= from % CHUNK_BYTES;
        zeros.clear().limit((int) Math.min(Windows.MAX_BYTES, end - from));
        data(from, zeros);
        from = file.nextData(from + zeros.limit());
      }
    }

    @Override
    public void data(long at, ByteBuffer window) throws IOException {
      int limit = window.limit();
      file.readFully(at, there.clear().limit(limit));
      there.flip();
      if (there.mismatch(window.duplicate()) < 0) {
        return;
      }
      for (int from = 0, to; from < limit; from = to) {
        to = chunkEnd(window, from);
        if (differs(window, from, to)) {
          while (to < limit && differs(window, to, chunkEnd(window, to))) {
            to = chunkEnd(window, to);
          }
          if (Zeros.only(window, from, to)) {
            punch(at + from, to - from);
          } else {
            write(at + from, window.duplicate().limit(to).position(from));
          }
        }
      }
    }

    private boolean differs(ByteBuffer window, int from, int to) {
      return there.slice(from, to - from).mismatch(window.slice(from, to - from)) >= 0;
    }
  }

  /** Nowhere: compares what was written. */
  static final class Check extends Output {
    private final ByteBuffer there = Windows.buffer();
    private final ByteBuffer zeros = Windows.buffer();

    Check(StorageFile file) {
      super(file);
    }

    @Override
    public void zeros(long at, long length) throws IOException {
      long end = at + length;
      for (long from = file.nextData(at); from < end; from = file.nextData(from + zeros.limit())) {
        from -= from % CHUNK_BYTES;
        zeros.clear().limit((int) Math.min(Windows.MAX_BYTES, end - from));
        data(from, zeros);
      }
    }

    @Override
    public void data(long at, ByteBuffer window) throws IOException {
      file.readFully(at, there.clear().limit(window.limit()));
      int wrong = there.flip().mismatch(window.duplicate());
      if (wrong >= 0) {
        throw new IOException(
            "%s does not hold what was written: byte %d differs when it is read back. Do not trust its medium"
                .formatted(file.describe(), at + wrong));
      }
    }
  }
}
