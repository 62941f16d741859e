package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.ChangeGenerator;
import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Oracle;
import io.everwhen.appliance.testing.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promise: for every instant, restore gives the bytes of an oracle that keeps every version,
 * whatever happened to the daemon on the way.
 */
class EveryInstantIT {

  private static final int CHANGES = 2_000;
  private static final int INSTANTS = 200;
  private static final int KILLS = 3;
  private static final int WRITERS_WHEN_KILLED = 4;
  private static final int WRITES_BEFORE_KILL = 10;
  private static final int MARK_EVERY = 100;
  private static final int DISK_BYTES = 32 << 20;

  private final long seed = Long.getLong("everwhen.seed", new SplittableRandom().nextLong());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final ChangeGenerator changes = new ChangeGenerator(random.split(), DISK_BYTES);
  private final Oracle oracle = new Oracle(DISK_BYTES);
  private final List<Question> questions = new ArrayList<>();

  /** An instant to ask for, and a time between acknowledgements that means the same. */
  private record Question(String instant, Instant time) {}

  /** An instant to ask for, and the last entry that belongs to it. */
  private record Answer(String instant, long sequence) {}

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
    System.err.println("EveryInstantIT: repeat with -Deverwhen.seed=" + seed);
  }

  @Test
  void isRestoredByteForByteThoughTheDaemonWasKilledThreeTimes() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=" + DISK_BYTES)) {
      daemon.start();
      for (int kill = 0; kill <= KILLS; kill++) {
        write(daemon, CHANGES / (KILLS + 1));
        if (kill < KILLS) {
          killWithWritesInFlight(daemon);
          daemon.start();
        }
      }
      assertThat(oracle.acknowledged()).isGreaterThanOrEqualTo(CHANGES);
      oracle.learn(everwhen(daemon, "timeline", "disk0", "--json").json());
      assertThatTheLiveDiskIsTheLatestVersion(daemon);

      List<Answer> answers = answers();
      restoreAndCompare(daemon, answers.subList(0, INSTANTS / 2));
      assertThat(daemon.terminate())
          .as("exit code after SIGTERM: %s", daemon.output())
          .isIn(0, 143);
      restoreAndCompare(daemon, answers.subList(INSTANTS / 2, INSTANTS));
      everwhen(daemon, "verify");
    }
  }

  private void write(Daemon daemon, int count) throws Exception {
    try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
      for (int i = 0; i < count; i++) {
        oracle.send(changes.next(), initiator);
        if (random.nextInt(20) == 0) {
          initiator.flush();
        }
        if (i % MARK_EVERY == 0) {
          String name = "mark-" + questions.size();
          everwhen(daemon, "mark", "disk0", name);
          questions.add(new Question("mark:" + name, quietMoment()));
        } else if (random.nextInt(10) == 0) {
          Instant moment = quietMoment();
          questions.add(new Question(moment.toString(), moment));
        }
      }
    }
  }

  /** A time after everything that was acknowledged, and before everything that comes. */
  private static Instant quietMoment() {
    Instant moment = Instant.now();
    while (!Instant.now().isAfter(moment.plusNanos(1_000))) {
      Thread.onSpinWait();
    }
    return moment;
  }

  private void killWithWritesInFlight(Daemon daemon)
      throws InterruptedException, InitiatorException {
    AtomicLong acknowledged = new AtomicLong();
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS_WHEN_KILLED; i++) {
      LibiscsiInitiator initiator =
          LibiscsiInitiator.connect(daemon.url("disk0"), "iqn.2026-11.io.everwhen.test:writer" + i);
      writers.add(Thread.ofPlatform().start(() -> writeUntilItFails(initiator, acknowledged)));
    }
    while (acknowledged.get() < WRITES_BEFORE_KILL && daemon.running()) {
      Thread.onSpinWait();
    }
    daemon.kill();
    for (Thread writer : writers) {
      writer.join();
    }
  }

  private void writeUntilItFails(LibiscsiInitiator initiator, AtomicLong acknowledged) {
    try (initiator) {
      while (true) {
        oracle.send(changes.next(), initiator);
        acknowledged.incrementAndGet();
      }
    } catch (InitiatorException e) {
      // The daemon was killed: what this was doing may have happened, or not.
    }
  }

  private void assertThatTheLiveDiskIsTheLatestVersion(Daemon daemon) throws InitiatorException {
    byte[] expected = oracle.replay().forwardTo(Long.MAX_VALUE);
    try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
      int blocks = (1 << 20) / initiator.blockSize();
      for (int offset = 0; offset < DISK_BYTES; offset += 1 << 20) {
        byte[] read = initiator.read(offset / initiator.blockSize(), blocks);
        assertThat(Arrays.equals(read, 0, read.length, expected, offset, offset + read.length))
            .as("the live disk has its latest content at %d; seed %d", offset, seed)
            .isTrue();
      }
    }
  }

  /** Random instants of every kind, in random order. */
  private List<Answer> answers() {
    List<Answer> answers = new ArrayList<>();
    for (Question question : questions) {
      answers.add(new Answer(question.instant(), oracle.sequenceAt(question.time())));
    }
    answers.add(new Answer("now", Long.MAX_VALUE));
    while (answers.size() < INSTANTS) {
      long sequence = oracle.versions().get(random.nextInt(oracle.versions().size())).sequence();
      answers.add(new Answer("seq:" + sequence, sequence));
    }
    for (int i = answers.size() - 1; i > 0; i--) {
      answers.set(i, answers.set(random.nextInt(i + 1), answers.get(i)));
    }
    // A quarter at least by number: those are the instants between the entries of a burst.
    for (int i = 0; i < INSTANTS; i += 4) {
      long sequence = oracle.versions().get(random.nextInt(oracle.versions().size())).sequence();
      answers.set(i, new Answer("seq:" + sequence, sequence));
    }
    return answers.subList(0, INSTANTS);
  }

  private void restoreAndCompare(Daemon daemon, List<Answer> answers) throws IOException {
    Oracle.Replay replay = oracle.replay();
    for (Answer answer :
        answers.stream().sorted(Comparator.comparingLong(Answer::sequence)).toList()) {
      Path image = directory.resolve("restored.img");
      everwhen(daemon, "restore", "disk0", "--at", answer.instant(), "--to", image.toString());
      byte[] expected = replay.forwardTo(answer.sequence());
      assertThat(Files.size(image)).isEqualTo(DISK_BYTES);
      assertThat(Arrays.mismatch(Files.readAllBytes(image), expected))
          .as(
              "first byte of the restore at %s that differs from version %d; seed %d",
              answer.instant(), answer.sequence(), seed)
          .isEqualTo(-1);
      Files.delete(image);
    }
  }

  private static Outcome everwhen(Daemon daemon, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--data", daemon.data().toString()));
    return Cli.run(all.toArray(String[]::new)).done();
  }
}
