package io.everwhen.appliance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Marks that an initiator sets among its writes, by the command that the manual shows. */
class MarkIT {

  private static final int BLOCK = 512;
  private static final int ROUNDS = 8;
  private static final int WRITES_BETWEEN = 50;

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  private static void mark(LibiscsiInitiator initiator, byte[] name) throws InitiatorException {
    initiator.send(HexFormat.of().parseHex("c0000000000000%04x00".formatted(name.length)), name);
  }

  private static void mark(LibiscsiInitiator initiator, String name) throws InitiatorException {
    mark(initiator, name.getBytes(UTF_8));
  }

  private static byte[] block(long number) {
    return ByteBuffer.allocate(BLOCK).putLong(number).array();
  }

  /** The number in the first block of the disk at an instant. */
  private long first(Daemon daemon, String at) throws IOException {
    return ByteBuffer.wrap(restored(daemon, at)).getLong();
  }

  private byte[] restored(Daemon daemon, String at) throws IOException {
    Path file = directory.resolve("restored.img");
    Files.deleteIfExists(file);
    Cli.run(
            "restore",
            "disk0",
            "--data",
            daemon.data().toString(),
            "--at",
            at,
            "--to",
            file.toString())
        .done();
    return Files.readAllBytes(file);
  }

  @Test
  void aMarkStandsExactlyWhereItWasSent() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=4MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        for (long round = 1; round <= ROUNDS; round++) {
          initiator.write(0, block(2 * round), false);
          initiator.write(round, block(2 * round), false);
          mark(initiator, "round " + round + " – ja");
          initiator.write(0, block(2 * round + 1), false);
        }
        // The newest of a name counts.
        mark(initiator, "again");
        initiator.write(0, block(99), false);
        mark(initiator, "again");
      }
      daemon.kill();
      for (long round = 1; round <= ROUNDS; round++) {
        ByteBuffer image = ByteBuffer.wrap(restored(daemon, "mark:round " + round + " – ja"));
        assertThat(image.getLong(0)).as("round %d", round).isEqualTo(2 * round);
        assertThat(image.getLong((int) round * BLOCK)).isEqualTo(2 * round);
        assertThat(image.getLong((int) (round + 1) * BLOCK)).isZero();
      }
      assertThat(first(daemon, "mark:again")).isEqualTo(99);
    }
  }

  @Test
  void theTimelineTellsWhatWasNotFlushed() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=4MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        initiator.write(0, block(1), false);
        initiator.write(1, block(2), false);
        mark(initiator, "in between");
        initiator.flush();
        mark(initiator, "clean");
        initiator.unmap(0, 8);
      }
      String data = daemon.data().toString();
      assertThat(
              Cli.run("timeline", "disk0", "--json", "--data", data).done().json().stream()
                  .map(e -> e.path("kind").asString() + " " + e.path("unflushed").asInt()))
          .containsExactly("write 1", "write 2", "mark 2", "flush 0", "mark 0", "unmap 1");
      assertThat(Cli.run("timeline", "disk0", "--events", "--data", data).done().out())
          .containsPattern("mark +2 +in between")
          .containsPattern("flush +clean\n")
          .doesNotContain("unmap", "write");
      assertThat(Cli.run("timeline", "disk0", "--from", "mark:clean", "--data", data).done().out())
          .containsPattern("unmap +1 +0 +4096\n");
    }
  }

  /** Numbers ascending in one block, by a session of its own. */
  private static final class Writer implements AutoCloseable {

    private final LibiscsiInitiator initiator;
    private final CompletableFuture<@Nullable Void> end;
    private volatile long begun;
    private volatile long done;
    private volatile boolean stopped;

    Writer(Daemon daemon) throws InitiatorException {
      initiator = daemon.connect("disk0");
      end = CompletableFuture.runAsync(this::run, task -> Thread.ofPlatform().start(task));
    }

    private void run() {
      try {
        for (long next = 1; !stopped; next++) {
          begun = next;
          initiator.write(0, block(next), false);
          done = next;
        }
      } catch (InitiatorException e) {
        throw new IllegalStateException(e);
      }
    }

    long begun() {
      return begun;
    }

    /** What was acknowledged last; waits until that is a certain one. */
    long done(long least) {
      while (done < least && !end.isDone()) {
        Thread.onSpinWait();
      }
      return done;
    }

    @Override
    public void close() {
      stopped = true;
      end.join();
      initiator.close();
    }
  }

  @Test
  void whatOthersWereAcknowledgedIsBeforeItAndWhatTheySendLaterIsBehind() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=4MiB").start()) {
      long[] least = new long[ROUNDS];
      long[] most = new long[ROUNDS];
      try (LibiscsiInitiator marker = daemon.connect("disk0");
          Writer writer = new Writer(daemon)) {
        for (int i = 0; i < ROUNDS; i++) {
          least[i] = writer.done((long) i * WRITES_BETWEEN);
          mark(marker, "m" + i);
          most[i] = writer.begun();
        }
      }
      for (int i = 0; i < ROUNDS; i++) {
        assertThat(first(daemon, "mark:m" + i)).isBetween(least[i], most[i]);
      }
    }
  }

  @Test
  void whatCannotBeANameOrIsNotAllowedLeavesNoMark() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=4MiB").start();
        LibiscsiInitiator initiator = daemon.connect("disk0")) {
      for (String wrong : new String[] {" ", "two\nlines", "x".repeat(256)}) {
        assertThatThrownBy(() -> mark(initiator, wrong))
            .isInstanceOf(InitiatorException.class)
            .hasMessageContaining("INVALID_FIELD_IN_PARAMETER_LIST");
      }
      assertThatThrownBy(() -> mark(initiator, HexFormat.of().parseHex("c328")))
          .hasMessageContaining("INVALID_FIELD_IN_PARAMETER_LIST");
      assertThatThrownBy(() -> mark(initiator, ""))
          .hasMessageContaining("PARAMETER_LIST_LENGTH_ERROR");
      String data = daemon.data().toString();
      Cli.run("disk", "set", "disk0", "--read-only", "--data", data).done();
      assertThatThrownBy(() -> mark(initiator, "told first"))
          .hasMessageContaining(LibiscsiInitiator.ATTENTION);
      assertThatThrownBy(() -> mark(initiator, "read-only"))
          .hasMessageContaining("WRITE_PROTECTED");
      assertThat(Cli.run("timeline", "disk0", "--json", "--data", data).done().out())
          .doesNotContain("mark");
      Cli.run("open", "disk0", "--at", "now", "--as", "past", "--data", data).done();
      try (LibiscsiInitiator past = daemon.connect("past")) {
        assertThatThrownBy(() -> mark(past, "past")).hasMessageContaining("INVALID_OPERATION_CODE");
      }
    }
  }
}
