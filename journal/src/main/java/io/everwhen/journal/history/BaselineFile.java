package io.everwhen.journal.history;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.io.Zeros;
import io.everwhen.journal.log.DamageException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import java.util.zip.CRC32C;

/**
 * The content of a disk at the baseline, in a sparse file, with a checksum for every chunk of 4096
 * bytes in another.
 *
 * <p>A checksum is the CRC32C of the chunk, exclusive-or that of a chunk of zeros: so a chunk of
 * zeros has the checksum zero, and both files may have holes. One thread.
 */
final class BaselineFile implements Closeable {

  static final int CHUNK_BYTES = 4096;

  /** What is read and checked together. */
  private static final int WINDOW_BYTES = 16 * CHUNK_BYTES;

  private static final int SUMS_OF_PAGE = CHUNK_BYTES / Integer.BYTES;

  private static final int ZERO_CRC = crc(ByteBuffer.allocate(CHUNK_BYTES));

  private final StorageFile content;
  private final StorageFile sums;
  // Of chunks that were changed: those whose checksums are known, and those that have to be read.
  private final TreeMap<Long, Integer> summed = new TreeMap<>();
  private final TreeSet<Long> unsummed = new TreeSet<>();
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
  private final ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES);
  private final ByteBuffer windowSums =
      ByteBuffer.allocateDirect(WINDOW_BYTES / CHUNK_BYTES * Integer.BYTES)
          .order(ByteOrder.LITTLE_ENDIAN);
  private final ByteBuffer page =
      ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private BaselineFile(StorageFile content, StorageFile sums) {
    this.content = content;
    this.sums = sums;
  }

  static boolean exists(Storage storage, int disk) throws IOException {
    return storage.exists(FileNames.baseline(disk)) && storage.exists(FileNames.baselineSums(disk));
  }

  /**
   * Opens the baseline for reading.
   *
   * @param incomplete whether it may be in the making: the files shorter than they will be, which
   *     reads as zeros, or longer
   */
  static BaselineFile openForReading(Storage storage, int disk, long sizeBytes, boolean incomplete)
      throws IOException {
    StorageFile content = storage.openForReading(FileNames.baseline(disk));
    StorageFile sums = null;
    boolean opened = false;
    try {
      sums = storage.openForReading(FileNames.baselineSums(disk));
      if (!incomplete) {
        checkSize(content, sizeBytes);
        checkSize(sums, sumsBytes(sizeBytes));
      }
      opened = true;
      return new BaselineFile(content, sums);
    } finally {
      if (!opened) {
        content.close();
        if (sums != null) {
          sums.close();
        }
      }
    }
  }

  private static void checkSize(StorageFile file, long bytes) throws IOException {
    if (file.size() != bytes) {
      throw new DamageException(
          "%s has %d bytes, not %d".formatted(file.describe(), file.size(), bytes));
    }
  }

  private static long sumsBytes(long sizeBytes) {
    return (sizeBytes + CHUNK_BYTES - 1) / CHUNK_BYTES * Integer.BYTES;
  }

  /** Makes the baseline anew, of zeros. */
  static BaselineFile create(Storage storage, int disk, long sizeBytes) throws IOException {
    delete(storage, disk);
    return openForFolding(storage, disk, sizeBytes);
  }

  /** Deletes what there is of a baseline; durable when it returns. */
  static void delete(Storage storage, int disk) throws IOException {
    boolean there = false;
    for (String name : List.of(FileNames.baseline(disk), FileNames.baselineSums(disk))) {
      there |= storage.exists(name);
      storage.delete(name);
    }
    if (there) {
      storage.syncDirectory();
    }
  }

  /** Opens the baseline for changing; made empty if it is not there. */
  static BaselineFile openForFolding(Storage storage, int disk, long sizeBytes) throws IOException {
    StorageFile content = openOrCreate(storage, FileNames.baseline(disk), sizeBytes);
    try {
      return new BaselineFile(
          content, openOrCreate(storage, FileNames.baselineSums(disk), sumsBytes(sizeBytes)));
    } catch (IOException e) {
      content.close();
      throw e;
    }
  }

  private static StorageFile openOrCreate(Storage storage, String name, long bytes)
      throws IOException {
    StorageFile file = storage.exists(name) ? storage.open(name) : storage.create(name);
    try {
      if (file.size() != bytes) {
        file.setSize(bytes);
      }
      return file;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  /**
   * Fills {@code into} from {@code offset} on, checking every chunk that is touched.
   *
   * @param unchecked chunks, by number, whose checksums need not match
   */
  void read(long offset, ByteBuffer into, LongPredicate unchecked) throws IOException {
    while (into.hasRemaining()) {
      long first = offset / CHUNK_BYTES;
      int within = (int) (offset % CHUNK_BYTES);
      int length = Math.min(WINDOW_BYTES - within, into.remaining());
      int count = (within + length + CHUNK_BYTES - 1) / CHUNK_BYTES;
      load(content, first * CHUNK_BYTES, window.clear().limit(count * CHUNK_BYTES));
      load(sums, first * Integer.BYTES, windowSums.clear().limit(count * Integer.BYTES));
      for (int i = 0; i < count; i++) {
        int sum = crc(window.slice(i * CHUNK_BYTES, CHUNK_BYTES)) ^ ZERO_CRC;
        if (windowSums.getInt(i * Integer.BYTES) != sum && !unchecked.test(first + i)) {
          throw new DamageException(
              "%s is damaged in the 4096 bytes from %d on"
                  .formatted(content.describe(), (first + i) * CHUNK_BYTES));
        }
      }
      into.put(window.slice(within, length));
      offset += length;
    }
  }

  /** Fills a buffer; what is behind the end of the file are zeros. */
  private static void load(StorageFile file, long position, ByteBuffer into) throws IOException {
    file.read(position, into);
    Zeros.fill(into);
  }

  /**
   * Where content that may not be zeros begins, at or after {@code offset}; the file's size when
   * there is none.
   */
  long nextData(long offset) throws IOException {
    // By both files: content that was lost to a hole is found by its checksum.
    long summed = sums.nextData(offset / CHUNK_BYTES * Integer.BYTES) / Integer.BYTES * CHUNK_BYTES;
    return Math.min(content.size(), Math.min(content.nextData(offset), Math.max(offset, summed)));
  }

  long size() throws IOException {
    return content.size();
  }

  /** Which chunks are holes, for whoever asks in their order. */
  @FunctionalInterface
  interface Holes {
    boolean at(long chunk) throws IOException;
  }

  /** Those of the content as it is. */
  Holes holes() throws IOException {
    long size = content.size();
    return new Holes() {
      private long data; // where data begins
      private long hole; // and ends, so far as that is known

      @Override
      public boolean at(long chunk) throws IOException {
        long start = chunk * CHUNK_BYTES;
        if (start >= hole) {
          data = start < size ? content.nextData(start) : size;
          hole = data < size ? content.nextHole(data) : Long.MAX_VALUE;
        }
        return data >= Math.min(start + CHUNK_BYTES, size);
      }
    };
  }

  /** Overwrites; the checksums follow in {@link #finish}. */
  void write(long offset, ByteBuffer data) throws IOException {
    int start = data.position();
    long end = offset + data.remaining();
    for (long number = offset / CHUNK_BYTES; number * CHUNK_BYTES < end; number++) {
      long at = number * CHUNK_BYTES;
      if (at >= offset && at + CHUNK_BYTES <= end) {
        ByteBuffer whole = data.slice(start + (int) (at - offset), CHUNK_BYTES);
        summed.put(number, crc(whole) ^ ZERO_CRC);
        unsummed.remove(number);
      } else {
        unsummed.add(number);
      }
    }
    content.write(offset, data);
  }

  /**
   * Overwrites chunks, with their checksums: however many there are, {@link #finish} has nothing to
   * remember.
   *
   * @param offset where a chunk begins
   * @param data whole chunks; the last may end where the disk does
   */
  void writeChunks(long offset, ByteBuffer data) throws IOException {
    int start = data.position();
    int end = data.limit();
    ByteBuffer all =
        ByteBuffer.allocate((int) sumsBytes(data.remaining())).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = start; at < end; at += CHUNK_BYTES) {
      chunk.clear().put(data.slice(at, Math.min(CHUNK_BYTES, end - at)));
      fillUpChunk();
      all.putInt(sumOfChunk());
    }
    content.write(offset, data);
    sums.write(offset / CHUNK_BYTES * Integer.BYTES, all.flip());
  }

  /** Zeroes; the checksums of chunks that are touched in part follow in {@link #finish}. */
  void zero(long offset, long length) throws IOException {
    content.punchHole(offset, length);
    long firstWhole = (offset + CHUNK_BYTES - 1) / CHUNK_BYTES;
    long endWhole = (offset + length) / CHUNK_BYTES;
    if (firstWhole < endWhole) {
      summed.subMap(firstWhole, endWhole).clear();
      unsummed.subSet(firstWhole, endWhole).clear();
      sums.punchHole(firstWhole * Integer.BYTES, (endWhole - firstWhole) * Integer.BYTES);
    }
    if (offset % CHUNK_BYTES != 0) {
      unsummed.add(offset / CHUNK_BYTES);
    }
    if ((offset + length) % CHUNK_BYTES != 0) {
      unsummed.add((offset + length) / CHUNK_BYTES);
    }
  }

  /** Gives the disk another size; what it loses is gone, what it gains is zeros. */
  void resize(long sizeBytes) throws IOException {
    content.setSize(sizeBytes);
    sums.setSize(sumsBytes(sizeBytes));
    long chunks = (sizeBytes + CHUNK_BYTES - 1) / CHUNK_BYTES;
    summed.tailMap(chunks, true).clear();
    unsummed.tailSet(chunks, true).clear();
    if (sizeBytes % CHUNK_BYTES != 0) {
      unsummed.add(sizeBytes / CHUNK_BYTES);
    }
  }

  /** Writes the checksums of everything changed, and makes all of it durable. */
  void finish() throws IOException {
    for (long number : unsummed) {
      loadChunk(number);
      summed.put(number, sumOfChunk());
    }
    unsummed.clear();
    for (Long first = summed.isEmpty() ? null : summed.firstKey(); first != null; ) {
      long end = (first / SUMS_OF_PAGE + 1) * SUMS_OF_PAGE;
      writeSums(summed.subMap(first, end));
      first = summed.ceilingKey(end);
    }
    summed.clear();
    content.sync();
    sums.sync();
    // Who reads the past is rarer than who folds: that is written to memory which was just in use.
    content.forgetCached();
  }

  /** Writes checksums that are in one page of their file, and between them what is there. */
  private void writeSums(SortedMap<Long, Integer> some) throws IOException {
    long first = some.firstKey();
    long position = first * Integer.BYTES;
    page.clear().limit((int) (some.lastKey() - first + 1) * Integer.BYTES);
    if (some.size() < page.limit() / Integer.BYTES) {
      load(sums, position, page);
      page.rewind();
    }
    for (Map.Entry<Long, Integer> one : some.entrySet()) {
      page.putInt((int) (one.getKey() - first) * Integer.BYTES, one.getValue());
    }
    sums.write(position, page);
  }

  private void loadChunk(long number) throws IOException {
    chunk.clear();
    content.read(number * CHUNK_BYTES, chunk);
    fillUpChunk();
  }

  private void fillUpChunk() {
    Zeros.fill(chunk);
    chunk.flip();
  }

  private int sumOfChunk() {
    return crc(chunk.duplicate()) ^ ZERO_CRC;
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  @Override
  public void close() throws IOException {
    try {
      content.close();
    } finally {
      sums.close();
    }
  }
}
