package io.everwhen.restore.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.restore.run.TestDisk.Version;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk's past that is handed on by several threads, in small stripes. */
class WindowsTest {

  private static final long PLENTY = 64L << 20;
  private static final int THREADS = 3;

  @TempDir private Path directory;
  private final SplittableRandom random = new SplittableRandom();

  /** Fills a part of an array that holds something else, and notes what it was told is done. */
  private record Filling(byte[] content, AtomicInteger done) implements Windows.Sink {

    @Override
    public void zeros(long at, long length) {
      Arrays.fill(content, (int) at, (int) (at + length), (byte) 0);
    }

    @Override
    public void data(long at, ByteBuffer window) {
      window.get(window.position(), content, (int) at, window.remaining());
    }

    @Override
    public void done(long at, long length) {
      done.addAndGet((int) length);
    }
  }

  private static PastView view(History history, Version version) throws IOException {
    Manifest.Disk disk = history.manifest().disks().getFirst();
    return new PastView(history, disk, version.sequence());
  }

  @Test
  void everyByteIsHandedOnOnceWhicheverThreadTakesIt() throws IOException {
    try (TestDisk disk = new TestDisk(directory, random.nextInt(), PLENTY)) {
      disk.changes(60);
      try (History history = disk.history()) {
        for (Version version : disk.versions()) {
          byte[] content = new byte[version.content().length];
          Arrays.fill(content, (byte) 0x55);
          AtomicInteger done = new AtomicInteger();
          List<Long> told = new ArrayList<>();
          AtomicInteger sinks = new AtomicInteger();
          Windows.copy(
              () -> view(history, version),
              () -> {
                sinks.incrementAndGet();
                return new Filling(content, done);
              },
              (at, total) -> told.add(at),
              4096L * random.nextInt(1, 10),
              THREADS);
          assertThat(content).isEqualTo(version.content());
          assertThat(done).hasValue(content.length);
          assertThat(sinks).hasValue(THREADS);
          assertThat(told).isSorted().endsWith((long) content.length);
        }
      }
    }
  }

  @Test
  void whenOneThreadFailsTheOthersEndSoonAndItsErrorIsTold() throws IOException {
    try (TestDisk disk = new TestDisk(directory, random.nextInt(), PLENTY)) {
      disk.changes(200);
      Version version = disk.versions().getLast();
      try (History history = disk.history()) {
        AtomicInteger windows = new AtomicInteger();
        for (int failing = 0; failing < THREADS; failing++) {
          int which = failing;
          AtomicInteger sinks = new AtomicInteger();
          windows.set(0);
          assertThatThrownBy(() ->
                  Windows.copy(
                      () -> view(history, version),
                      () -> new Failing(sinks.getAndIncrement() == which, windows),
                      Progress.NONE,
                      4096,
                      THREADS))
              .isInstanceOf(IOException.class)
              .hasMessage("the volume is gone");
          assertThat(windows).hasValueLessThan(version.content().length / 4096);
        }
      }
    }
  }

  /** Fails, or waits for the one that does. */
  private record Failing(boolean fails, AtomicInteger windows) implements Windows.Sink {

    @Override
    public void zeros(long at, long length) {}

    @Override
    public void data(long at, ByteBuffer window) throws IOException {
      windows.incrementAndGet();
      if (fails) {
        throw new IOException("the volume is gone");
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
  }
}
