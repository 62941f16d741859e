package io.everwhen.appliance.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.ConfigSource;
import io.everwhen.appliance.testing.Cli;
import io.everwhen.journal.Group;
import io.everwhen.journal.log.SystemClock;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** An appliance that makes snapshots by itself. */
class SnapshotScheduleTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;

  private Path data() {
    return directory.resolve("data");
  }

  private Path config(String snapshots) throws Exception {
    return Files.writeString(
        directory.resolve("everwhen.yaml"),
        """
        data: %s
        listen: 127.0.0.1:0
        admin: 127.0.0.1:0
        disks: {db: {size: 1MiB}, logs: {size: 1MiB}}
        %s
        """
            .formatted(data(), snapshots));
  }

  private static Appliance start(Path file) throws Exception {
    return Appliance.start(
        new ConfigSource(file, config -> config),
        Config.read(file),
        new SystemClock(),
        new SecureRandom());
  }

  private static void write(Appliance appliance, int disk) throws Exception {
    Group group = appliance.disks().get(disk).group();
    group.change(() -> group.volume(0).write(0, ByteBuffer.allocate(4096)));
    group.volume(0).settle();
  }

  private String everwhen(String... command) {
    String[] all = java.util.Arrays.copyOf(command, command.length + 2);
    all[command.length] = "--data";
    all[command.length + 1] = data().toString();
    return Cli.run(all).done().out();
  }

  private JsonNode await(Predicate<JsonNode> wanted) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    JsonNode last;
    do {
      Thread.sleep(50);
      last = tools.jackson.databind.json.JsonMapper.shared().readTree(everwhen("status", "--json"));
    } while (!wanted.test(last) && System.nanoTime() < deadline);
    assertThat(wanted.test(last)).as(last.toString()).isTrue();
    return last;
  }

  private static JsonNode snapshots(JsonNode status) {
    return status.path("disks").path(0).path("snapshots");
  }

  private static boolean hasAlarm(JsonNode status) {
    return status.path("snapshot_schedule").has("alarm");
  }

  @Test
  void aReloadSaysHowOftenAndTheLastOnesAreKept() throws Exception {
    try (Appliance appliance = start(config(""))) {
      write(appliance, 0);
      assertThat(await(status -> true).has("snapshot_schedule")).isFalse();
      config("snapshots: {every: 1s, keep: 2}");
      assertThat(everwhen("reload")).contains("snapshots: every 1s, the last 2 are kept");
      JsonNode first = await(status -> snapshots(status).path("count").asInt() == 1);
      assertThat(first.path("disks").path(1).path("snapshots").path("count").asInt())
          .as("nothing was written there")
          .isZero();
      String oldest = snapshots(first).path("oldest").path("name").asString();
      assertThat(oldest).matches("scheduled-20\\d{6}T\\d{6}Z");
      await(status -> {
        try {
          write(appliance, 0);
        } catch (Exception e) {
          throw new AssertionError(e);
        }
        return snapshots(status).path("count").asInt() == 2
            && !snapshots(status).path("oldest").path("name").asString().equals(oldest);
      });
      assertThat(everwhen("status"))
          .contains("snapshots are made every 1s, the last 2 are kept", "snapshots             2,");
      config("");
      assertThat(everwhen("reload")).contains("no snapshots are made by themselves");
      assertThat(await(status -> !status.has("snapshot_schedule")).path("disks")).hasSize(2);
      assertThat(everwhen("snapshot", "list", "db").lines()).hasSize(2);
    }
  }

  @Test
  void whatCannotBeMadeIsToldAndTriedAgainAndTheDiskKnowsNothingOfIt() throws Exception {
    try (Appliance appliance = start(config("snapshots: {every: 1s, keep: 2}"))) {
      Path inTheWay = Files.createDirectories(data().resolve("journal/db/pins.tmp/not-empty"));
      write(appliance, 0);
      write(appliance, 1);
      JsonNode status = await(SnapshotScheduleTest::hasAlarm);
      assertThat(status.path("snapshot_schedule").path("alarm").asString())
          .startsWith("the scheduled snapshot of db cannot be made: ");
      assertThat(everwhen("status")).contains("ALARM: the scheduled snapshot of db");
      await(now ->
          now.path("disks").path(1).path("snapshots").path("count").asInt() == 1 && hasAlarm(now));
      write(appliance, 0);
      assertThat(appliance.disks().getFirst().group().status().failure()).isNull();
      Files.delete(inTheWay);
      Files.delete(inTheWay.getParent());
      await(now -> snapshots(now).path("count").asInt() > 0 && !hasAlarm(now));
    }
  }

  @Test
  void stoppingDoesNotWaitForTheNextOne() throws Exception {
    try (Appliance before = start(config(""))) {
      write(before, 0);
    }
    Appliance appliance = start(config("snapshots: {every: 300d, keep: 2}"));
    await(status -> snapshots(status).path("count").asInt() == 1);
    long begun = System.nanoTime();
    appliance.close();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
  }
}
