package io.everwhen.journal;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
   * @param payload of a write or a mark; null of all others
   */
  public record Version(
      long sequence,
      EntryKind kind,
      boolean continues,
      int disk,
      long offset,
      long length,
      @Nullable ByteBuffer payload) {

    void applyTo(byte[] content) {
      int from = (int) offset;
      if (kind.zeroes()) {
        Arrays.fill(content, from, from + (int) length, (byte) 0);
      } else if (kind == EntryKind.WRITE && payload != null) {
        payload.get(0, content, from, payload.limit());
      }
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

  public Oracle(List<Manifest.Disk> disks) {
    this.disks = List.copyOf(disks);
    this.versions = new ArrayList<>();
    this.keys = new ArrayList<>();
    keys.add(disks.stream().map(disk -> new byte[(int) disk.sizeBytes()]).toArray(byte[][]::new));
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
    ByteBuffer kept = payload == null ? null : ByteBuffer.wrap(payload);
    versions.add(new Version(head() + 1, kind, continues, disk, offset, length, kept));
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
        version.applyTo(content);
      }
    }
    return content;
  }

  /** Whether this entry is the last of its change. */
  public boolean completeAt(long sequence) {
    return sequence == 0 || !version(sequence).continues;
  }
}
