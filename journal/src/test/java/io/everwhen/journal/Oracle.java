package io.everwhen.journal;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.NewSize;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Knows what a group's disks contained after each of its entries, in the plainest way there is. One
 * thread.
 */
public final class Oracle {

  private static final int VERSIONS_PER_KEY = 32;

  /**
   * One entry as it should be.
   *
   * @param payload of a write, a mark or a resize; null of all others
   * @param sizes of all disks after it, in bytes
   */
  public record Version(
      long sequence,
      EntryKind kind,
      boolean continues,
      int disk,
      long offset,
      long length,
      @Nullable ByteBuffer payload,
      long[] sizes) {

    /** The content after it; {@code content} itself where the size stays. */
    byte[] applyTo(byte[] content) {
      int from = (int) offset;
      if (kind == EntryKind.RESIZE) {
        return Arrays.copyOf(content, (int) sizes[disk]);
      } else if (kind.zeroes()) {
        Arrays.fill(content, from, from + (int) length, (byte) 0);
      } else if (kind == EntryKind.WRITE && payload != null) {
        payload.get(0, content, from, payload.limit());
      }
      return content;
    }

    /** Whether the journal holds exactly this; what a step of the clock showed is not compared. */
    public boolean matches(EntryHeader entry, ByteBuffer found) {
      return entry.sequence() == sequence
          && entry.kind() == kind
          && entry.continues() == continues
          && entry.disk() == disk
          && entry.offset() == offset
          && entry.length() == length
          && (kind == EntryKind.CLOCK
              || found.equals(payload == null ? ByteBuffer.allocate(0) : payload));
    }
  }

  private final List<Manifest.Disk> disks;
  private final List<Version> versions;
  // The contents of all disks after every so many versions.
  private final List<byte[][]> keys;

  /** Of disks that are empty at the beginning. */
  public Oracle(List<Manifest.Disk> disks) {
    this(disks, Map.of());
  }

  /**
   * @param contents what disks hold at the beginning, by number; the others are empty
   */
  public Oracle(List<Manifest.Disk> disks, Map<Integer, byte[]> contents) {
    this.disks = List.copyOf(disks);
    this.versions = new ArrayList<>();
    this.keys = new ArrayList<>();
    keys.add(
        disks.stream()
            .map(disk -> contents.getOrDefault(disk.number(), new byte[(int) disk.sizeBytes()]))
            .toArray(byte[][]::new));
  }

  private Oracle(Oracle from, long upTo) {
    this.disks = from.disks;
    this.versions = new ArrayList<>(from.versions.subList(0, (int) upTo));
    this.keys = new ArrayList<>(from.keys.subList(0, (int) upTo / VERSIONS_PER_KEY + 1));
  }

  /** Another that knows the entries up to this one only. */
  public Oracle upTo(long sequence) {
    return new Oracle(this, sequence);
  }

  public List<Manifest.Disk> disks() {
    return disks;
  }

  /** The last entry. */
  public long head() {
    return versions.size();
  }

  public Version version(long sequence) {
    return versions.get((int) sequence - 1);
  }

  /** Adds what the next entry is going to be. */
  public void add(
      EntryKind kind,
      boolean continues,
      int disk,
      long offset,
      long length,
      byte @Nullable [] payload) {
    add(kind, continues, disk, offset, length, payload, sizesAt(head()));
  }

  private void add(
      EntryKind kind,
      boolean continues,
      int disk,
      long offset,
      long length,
      byte @Nullable [] payload,
      long[] sizes) {
    ByteBuffer kept = payload == null ? null : ByteBuffer.wrap(payload);
    versions.add(new Version(head() + 1, kind, continues, disk, offset, length, kept, sizes));
    if (versions.size() % VERSIONS_PER_KEY == 0) {
      byte[][] key = new byte[disks.size()][];
      for (int i = 0; i < key.length; i++) {
        key[i] = contentAt(i, head());
      }
      keys.add(key);
    }
  }

  /** Takes back the entries after this one: they were refused. */
  public void forgetAfter(long sequence) {
    versions.subList((int) sequence, versions.size()).clear();
    keys.subList((int) sequence / VERSIONS_PER_KEY + 1, keys.size()).clear();
  }

  /** What the disk contained right after this entry. */
  public byte[] contentAt(int disk, long sequence) {
    int key = (int) Math.min(sequence / VERSIONS_PER_KEY, keys.size() - 1);
    byte[] content = keys.get(key)[disk].clone();
    for (Version version : versions.subList(key * VERSIONS_PER_KEY, (int) sequence)) {
      if (version.disk == disk) {
        content = version.applyTo(content);
      }
    }
    return content;
  }

  /** All disks, to be looked at after one entry and then after later ones. */
  public Replay replay(long from) {
    return new Replay(from);
  }

  /** What all disks contained after an entry that moves forward. */
  public final class Replay {

    private final byte[][] contents;
    private long sequence;

    private Replay(long from) {
      this.sequence = from;
      this.contents = new byte[disks.size()][];
      for (int i = 0; i < contents.length; i++) {
        contents[i] = contentAt(i, from);
      }
    }

    /** Moves on to an entry that is not before the present one. */
    public void forwardTo(long to) {
      for (; sequence < to; sequence++) {
        Version next = version(sequence + 1);
        contents[next.disk] = next.applyTo(contents[next.disk]);
      }
    }

    /** What the disk contained; changes when this moves on. */
    public byte[] content(int disk) {
      return contents[disk];
    }
  }

  private long[] sizesAt(long sequence) {
    return sequence == 0
        ? disks.stream().mapToLong(Manifest.Disk::sizeBytes).toArray()
        : version(sequence).sizes;
  }

  /** How large the disk is now. */
  public long size(int disk) {
    return sizesAt(head())[disk];
  }

  /** Adds that a disk gets another size. */
  public void resize(int disk, long bytes) {
    long before = size(disk);
    byte[] payload = new byte[Long.BYTES];
    NewSize.encode(bytes).get(0, payload);
    long from = Math.min(before, bytes);
    long[] sizes = sizesAt(head()).clone();
    sizes[disk] = bytes;
    add(EntryKind.RESIZE, false, disk, from, Math.abs(bytes - before), payload, sizes);
  }

  /** Whether this entry is the last of its change. */
  public boolean completeAt(long sequence) {
    return sequence == 0 || !version(sequence).continues;
  }
}
