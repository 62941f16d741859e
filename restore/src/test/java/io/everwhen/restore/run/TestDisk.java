package io.everwhen.restore.run;

import io.everwhen.journal.Group;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.HeadSigner;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.format.StampedHead;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.image.Volume;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.JournalOptions;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A small real disk with its journal in a directory, a clock that ticks by itself, and every
 * version it has had.
 */
public final class TestDisk implements Closeable {

  /** When its clock begins. */
  public static final long BEGIN_NANOS = 1_795_000_000_000_000_000L;

  private static final int SIZE = 256 << 10;
  private static final long TICK_NANOS = 1_000_000;
  private static final JournalOptions SEGMENTS = new JournalOptions(64 << 10, 1 << 20);

  /** A state of the disk: after which entry, when, and what was on it. */
  public record Version(long sequence, long timeNanos, byte[] content) {}

  private static final class TickingClock implements Clock {
    private long nanos = BEGIN_NANOS;

    @Override
    public long wallNanos() {
      nanos += TICK_NANOS;
      return nanos;
    }

    @Override
    public long monotonicNanos() {
      return nanos;
    }
  }

  private final Path directory;
  private final TickingClock clock = new TickingClock();
  private final Random random;
  private final Group group;
  private byte[] content = new byte[SIZE];
  private final List<Version> versions = new ArrayList<>();

  /** Makes an empty disk called {@code disk0} below a directory; nobody signs its journal. */
  public TestDisk(Path directory, long seed, long historyBytes) throws IOException {
    this(directory, seed, historyBytes, null);
  }

  /** The same with a journal whose head is signed. */
  TestDisk(Path directory, long seed, long historyBytes, @Nullable HeadSigner signer)
      throws IOException {
    this(directory, seed, historyBytes, signer, null);
  }

  /** The same with a history that is thinned. */
  TestDisk(
      Path directory,
      long seed,
      long historyBytes,
      @Nullable HeadSigner signer,
      @Nullable Retention retention)
      throws IOException {
    this.directory = directory;
    this.random = new Random(seed);
    DiskStorage journal = DiskStorage.create(journal());
    List<DiskStorage> homes = List.of(DiskStorage.create(directory.resolve("data")));
    Group.create(journal, homes, List.of(new Manifest.Disk(0, "disk0", SIZE, 512)), clock, random);
    GroupOptions options =
        new GroupOptions(SEGMENTS, historyBytes, 32 << 10, 1 << 20, Duration.ofSeconds(1), false);
    GroupOptions signed = signer == null ? options : options.withSigner(signer);
    this.group = Group.open(journal, homes, signed.withRetention(retention), clock, random);
    remember();
  }

  /** The journal's directory. */
  public Path journal() {
    return directory.resolve("journal");
  }

  /** Writes something somewhere, or zeroes it. */
  public void change() throws IOException {
    int length = 512 * (1 + random.nextInt(20));
    int offset = 512 * random.nextInt((content.length - length) / 512 + 1);
    Volume volume = group.volume(0);
    if (random.nextInt(5) == 0) {
      java.util.Arrays.fill(content, offset, offset + length, (byte) 0);
      group.change(
          () -> volume.zero(new long[] {offset}, new long[] {length}, random.nextBoolean()));
    } else {
      byte[] data = new byte[length];
      random.nextBytes(data);
      System.arraycopy(data, 0, content, offset, length);
      group.change(() -> volume.write(offset, ByteBuffer.wrap(data)));
      volume.settle();
    }
    volume.settle();
    remember();
  }

  /** Writes something to a place. */
  void write(int offset, byte[] data) throws IOException {
    Volume volume = group.volume(0);
    System.arraycopy(data, 0, content, offset, data.length);
    group.change(() -> volume.write(offset, ByteBuffer.wrap(data)));
    volume.settle();
    remember();
  }

  /** Discards several places in one change. */
  void discard(long[] offsets, long[] lengths) throws IOException {
    Volume volume = group.volume(0);
    for (int i = 0; i < offsets.length; i++) {
      java.util.Arrays.fill(content, (int) offsets[i], (int) (offsets[i] + lengths[i]), (byte) 0);
    }
    group.change(() -> volume.zero(offsets, lengths, true));
    volume.settle();
    remember();
  }

  /** Gives it another size, of at least 64 KiB. */
  void resize(int bytes) throws IOException {
    group.resize(0, bytes);
    content = java.util.Arrays.copyOf(content, bytes);
    remember();
  }

  /** Makes everything durable, as an initiator asks for it. */
  void flush() throws IOException {
    group.volume(0).flush();
    remember();
  }

  /** Lets it be as it was in one of its versions, of the same size or another. */
  void rewind(int version) throws IOException {
    Version past = versions.get(version);
    group.rewind(0, past.sequence());
    content = past.content().clone();
    remember();
  }

  /** Lets it do what it does in the background. */
  void maintain() throws IOException {
    group.maintain();
  }

  /** Makes many changes, with maintenance between them. */
  public void changes(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      change();
      if (i % 10 == 9) {
        group.maintain();
      }
    }
  }

  /** Names the present instant. */
  public void mark(String name) throws IOException {
    group.mark(name);
    remember();
  }

  /** Holds the present instant by a name, without a mark. */
  void pin(String name) throws IOException {
    group.volume(0).sync();
    try (History history = history()) {
      Point head = history.head();
      group.pin(new Pins.Pin(name, head.sequence(), head.timeNanos()));
    }
    remember();
  }

  /** Lets it go. */
  void unpin(String name) throws IOException {
    group.unpin(name);
  }

  /** Has the signed head stamped, if it is not yet. */
  void stamp(TestAuthority authority, long timeNanos) throws IOException {
    Optional<SignedHead> head = group.headToStamp();
    if (head.isPresent()) {
      byte[] token =
          authority.stamp(new StampedHead(head.get(), new byte[0]).stampedBytes(), timeNanos);
      group.keepStamp(new StampedHead(head.get(), token));
    }
  }

  private void remember() throws IOException {
    versions.add(new Version(group.status().lastSequence(), clock.nanos, content.clone()));
  }

  /** Every state so far, oldest first. */
  public List<Version> versions() {
    return List.copyOf(versions);
  }

  /** The present time, as the disk's clock has it. */
  public long nowNanos() {
    return clock.nanos;
  }

  /** Opens its history. */
  public History history() throws IOException {
    return History.open(DiskStorage.open(journal()));
  }

  @Override
  public void close() throws IOException {
    group.close();
  }
}
