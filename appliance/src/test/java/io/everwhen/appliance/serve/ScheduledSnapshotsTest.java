package io.everwhen.appliance.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.EncodingConfig;
import io.everwhen.appliance.config.SnapshotConfig;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.appliance.store.StoredGroup;
import io.everwhen.journal.Group;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.PinException;
import io.everwhen.journal.format.Pins.Pin;
import io.everwhen.journal.log.Clock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When snapshots are made that nobody asks for, and which of them stay. */
class ScheduledSnapshotsTest {

  private static final Duration EVERY = Duration.ofHours(6);
  private static final SnapshotConfig THREE = new SnapshotConfig(EVERY, 3);

  @TempDir private Path directory;

  private final AtomicLong wall =
      new AtomicLong(Instant.parse("2026-11-27T10:00:00Z").getEpochSecond() * 1_000_000_000L);
  private final Clock clock =
      new Clock() {
        @Override
        public long wallNanos() {
          return wall.get();
        }

        @Override
        public long monotonicNanos() {
          return System.nanoTime();
        }
      };

  private OpenGroup open;
  private ScheduledSnapshots scheduled;

  @BeforeEach
  void start() throws IOException {
    DataDirectory data = DataDirectory.create(directory.resolve("data"));
    StoredDisk stored =
        new StoredDisk(
            new DiskName("db"),
            1 << 20,
            512,
            directory.resolve("journal"),
            GroupOptions.DEFAULT.historyBytes(),
            false,
            EncodingConfig.PLAIN);
    open = OpenGroup.open(data, new StoredGroup(List.of(stored)), clock, new SecureRandom());
    scheduled = new ScheduledSnapshots(open, clock);
  }

  @AfterEach
  void end() throws IOException {
    open.close();
  }

  private void write() throws IOException {
    Group group = open.group();
    group.change(() -> group.volume(0).write(0, ByteBuffer.allocate(512)));
    group.volume(0).settle();
  }

  private List<String> names() {
    return open.group().pins().stream().map(Pin::name).toList();
  }

  private List<String> namesAfter(Duration time) throws IOException {
    wall.addAndGet(time.toNanos());
    scheduled.step(THREE);
    return names();
  }

  @Test
  void oneIsMadeWhenTheLastIsOldEnoughAndSomethingWasChanged() throws IOException {
    assertThat(namesAfter(Duration.ZERO)).as("nothing was ever written").isEmpty();
    write();
    assertThat(namesAfter(Duration.ZERO)).containsExactly("scheduled-20261127T100000Z");
    write();
    assertThat(namesAfter(EVERY.minusMinutes(1))).hasSize(1);
    assertThat(namesAfter(Duration.ofMinutes(2)))
        .containsExactly("scheduled-20261127T100000Z", "scheduled-20261127T160100Z");
    assertThat(namesAfter(EVERY.multipliedBy(5))).as("nothing was changed").hasSize(2);
    open.group().mark("a mark");
    open.group().volume(0).sync();
    assertThat(namesAfter(EVERY)).as("a mark is no change").hasSize(2);
    scheduled = new ScheduledSnapshots(open, clock);
    assertThat(namesAfter(EVERY)).as("after a restart").hasSize(2);
    write();
    assertThat(namesAfter(Duration.ZERO)).hasSize(3);
  }

  @Test
  void theOldestScheduledOnesGoAndThoseOfOthersStay() throws IOException {
    write();
    open.snapshots().create("mine");
    open.snapshots().create("scheduled-by-me");
    for (int i = 0; i < 5; i++) {
      write();
      namesAfter(EVERY.plusSeconds(1));
    }
    assertThat(names())
        .containsExactly(
            "mine",
            "scheduled-by-me",
            "scheduled-20261128T040003Z",
            "scheduled-20261128T100004Z",
            "scheduled-20261128T160005Z");
    scheduled.step(new SnapshotConfig(EVERY, 1));
    assertThat(names()).containsExactly("mine", "scheduled-by-me", "scheduled-20261128T160005Z");
    open.snapshots().delete("scheduled-20261128T160005Z");
    write();
    assertThat(namesAfter(Duration.ZERO)).as("made anew").hasSize(3);
  }

  @Test
  void aClockThatWasSetBackMakesNoneUntilItHasCaughtUp() throws IOException {
    write();
    assertThat(namesAfter(Duration.ZERO)).hasSize(1);
    write();
    assertThat(namesAfter(EVERY.negated())).hasSize(1);
    assertThat(namesAfter(EVERY)).hasSize(1);
    assertThat(namesAfter(EVERY.plusSeconds(1))).hasSize(2);
  }

  @Test
  void oneTooManyIsAProblem() throws IOException {
    write();
    open.group().volume(0).sync();
    for (int i = 0; i < 1000; i++) {
      open.group().pin(new Pin("hourly-" + i, 1, 1));
    }
    assertThatThrownBy(() -> namesAfter(EVERY))
        .isInstanceOf(PinException.class)
        .hasMessageContaining("1000 snapshots already");
  }
}
