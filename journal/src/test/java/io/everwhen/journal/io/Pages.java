package io.everwhen.journal.io;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** The bytes of a simulated file, in pages that copies share until one of them is written to. */
final class Pages {

  static final int PAGE_BYTES = 4096;

  private static final byte[] ZEROS = new byte[PAGE_BYTES];

  // A page that is null reads as zeros and takes no space.
  private byte[][] pages = new byte[0][];
  private boolean[] owned = new boolean[0];
  private long size;

  Pages copy() {
    Pages copy = new Pages();
    copy.pages = pages.clone();
    copy.owned = new boolean[pages.length];
    copy.size = size;
    Arrays.fill(owned, false);
    return copy;
  }

  long size() {
    return size;
  }

  long usedBytes() {
    long used = 0;
    for (byte[] page : pages) {
      used += page == null ? 0 : PAGE_BYTES;
    }
    return used;
  }

  /** What {@link #usedBytes} grows by when this range is written. */
  long missingBytes(long position, long length) {
    long missing = 0;
    for (long n = position / PAGE_BYTES; n * PAGE_BYTES < position + length; n++) {
      missing += n < pages.length && pages[(int) n] != null ? 0 : PAGE_BYTES;
    }
    return missing;
  }

  int read(long position, ByteBuffer into) {
    int start = into.position();
    while (into.hasRemaining() && position < size) {
      int within = (int) (position % PAGE_BYTES);
      int length = (int) Math.min(Math.min(PAGE_BYTES - within, into.remaining()), size - position);
      byte[] page = pages[(int) (position / PAGE_BYTES)];
      into.put(page == null ? ZEROS : page, within, length);
      position += length;
    }
    return into.position() - start;
  }

  void write(long position, ByteBuffer data, int from, int length) {
    extend(position + length);
    while (length > 0) {
      int within = (int) (position % PAGE_BYTES);
      int run = Math.min(PAGE_BYTES - within, length);
      data.get(from, ownPage((int) (position / PAGE_BYTES)), within, run);
      position += run;
      from += run;
      length -= run;
    }
  }

  private byte[] ownPage(int number) {
    byte[] page = pages[number];
    if (page == null) {
      page = new byte[PAGE_BYTES];
    } else if (!owned[number]) {
      page = page.clone();
    }
    pages[number] = page;
    owned[number] = true;
    return page;
  }

  void extend(long bytes) {
    if (bytes > size) {
      setSize(bytes);
    }
  }

  void setSize(long bytes) {
    if (bytes < size) {
      zero(bytes, size - bytes);
    }
    int count = Math.toIntExact((bytes + PAGE_BYTES - 1) / PAGE_BYTES);
    if (count != pages.length) {
      pages = Arrays.copyOf(pages, count);
      owned = Arrays.copyOf(owned, count);
    }
    size = bytes;
  }

  void allocate(long bytes) {
    extend(bytes);
    for (int n = 0; (long) n * PAGE_BYTES < bytes; n++) {
      if (pages[n] == null) {
        ownPage(n);
      }
    }
  }

  void zero(long position, long length) {
    long end = Math.min(position + length, size);
    while (position < end) {
      int number = (int) (position / PAGE_BYTES);
      int within = (int) (position % PAGE_BYTES);
      int run = (int) Math.min(PAGE_BYTES - within, end - position);
      if (run == PAGE_BYTES) {
        pages[number] = null;
      } else if (pages[number] != null) {
        Arrays.fill(ownPage(number), within, within + run, (byte) 0);
      }
      position += run;
    }
  }

  long nextData(long position) {
    for (long n = position / PAGE_BYTES; n < pages.length; n++) {
      if (pages[(int) n] != null) {
        return Math.min(size, Math.max(position, n * PAGE_BYTES));
      }
    }
    return size;
  }

  long nextHole(long position) {
    long n = position / PAGE_BYTES;
    while (n < pages.length && pages[(int) n] != null) {
      n++;
    }
    return Math.min(size, Math.max(position, n * PAGE_BYTES));
  }
}
