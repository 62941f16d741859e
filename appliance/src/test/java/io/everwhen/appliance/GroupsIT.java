package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Two disks that share a journal, as a database has them: what the table holds was in the log
 * before. Whoever restores both at one instant must find it so.
 */
class GroupsIT {

  private static final int BLOCK = 512;
  private static final int MIB = 1 << 20;
  private static final int LOG_BLOCKS = 32;
  private static final int NUMBERS = 300;
  private static final int MARKS = 4;
  private static final int INSTANTS = 60;
  private static final int NUMBERS_AFTER_KILL = 50;

  private static final String DISKS = "disks: {log: {size: 1MiB}, table: {size: 1MiB}}\n";
  private static final String GROUP = "groups: {db: {disks: [log, table]}}\n";

  private final long seed = Long.getLong("everwhen.seed", new SplittableRandom().nextLong());
  private final SplittableRandom random = new SplittableRandom(seed);

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  private Path configure(String text) throws IOException {
    return Files.writeString(directory.resolve("everwhen.yaml"), text);
  }

  private Daemon serving(String text) throws Exception {
    return new Daemon(directory, "--config", configure(text).toString()).start();
  }

  @Test
  void atEveryInstantTheTableHoldsWhatTheLogHeldBefore() throws Exception {
    AtomicLong logged = new AtomicLong();
    AtomicLong carried = new AtomicLong();
    long head;
    try (Daemon daemon =
        new Daemon(
            directory, "--disk", "log=1MiB", "--disk", "table=1MiB", "--group", "db=log,table")) {
      daemon.start();
      Thread logger = logging(daemon, logged);
      Thread carrier = carrying(daemon, logged, carried);
      for (int mark = 1; mark <= MARKS; mark++) {
        awaitNumber(carrier, carried, (long) NUMBERS / MARKS * mark);
        // Which of its disks is named makes no difference.
        daemon.run("mark", mark % 2 == 0 ? "log" : "table", "mark-" + mark).done();
      }
      daemon.kill();
      logger.join();
      carrier.join();
      daemon.start();
      assertThat(live(daemon)).as("in the table").isGreaterThanOrEqualTo(carried.get());
      logger = logging(daemon, logged);
      carrier = carrying(daemon, logged, carried);
      awaitNumber(carrier, carried, carried.get() + NUMBERS_AFTER_KILL);
      for (int mark = 1; mark <= MARKS; mark++) {
        assertThat(restored(daemon, "mark:mark-" + mark))
            .as("the number in the table at mark " + mark)
            .isGreaterThanOrEqualTo((long) NUMBERS / MARKS * mark);
      }
      long least = carried.get();
      assertThat(restoredTogether(daemon)).isGreaterThanOrEqualTo(least);
      daemon.terminate();
      logger.join();
      carrier.join();
      JsonNode status =
          daemon
              .run("status", "--json", "--journal", daemon.journal().toString())
              .json()
              .getFirst();
      head = status.path("disks").path(0).path("last_sequence").asLong();
      long before = 0;
      for (long sequence : random.longs(INSTANTS, 1, head + 1).sorted().toArray()) {
        long number = restored(daemon, "seq:" + sequence);
        assertThat(number).as("at seq:" + sequence).isGreaterThanOrEqualTo(before);
        before = number;
      }
      assertThat(restored(daemon, "now")).isGreaterThanOrEqualTo(carried.get());
      daemon.run("verify").done();
    }
    // The journal alone is enough.
    try (Stream<Path> files = Files.walk(directory.resolve("data"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    assertThat(
            check(
                "seq:" + head,
                restore("log", "seq:" + head, "--journal", directory.resolve("journal/db")),
                restore("table", "seq:" + head, "--journal", directory.resolve("journal"))))
        .isGreaterThanOrEqualTo(carried.get());
  }

  private static void awaitNumber(Thread carrier, AtomicLong number, long least)
      throws InterruptedException {
    while (number.get() < least) {
      assertThat(carrier.isAlive()).isTrue();
      Thread.sleep(1);
    }
  }

  private static Thread logging(Daemon daemon, AtomicLong logged) throws InitiatorException {
    LibiscsiInitiator initiator = daemon.connect("log");
    return untilItFails(
        initiator,
        () -> {
          long next = logged.get() + 1;
          initiator.write(next % LOG_BLOCKS, block(next), false);
          logged.set(next);
        });
  }

  private static Thread carrying(Daemon daemon, AtomicLong logged, AtomicLong carried)
      throws InitiatorException {
    LibiscsiInitiator initiator = daemon.connect("table");
    return untilItFails(
        initiator,
        () -> {
          long number = logged.get();
          initiator.write(0, block(number), false);
          carried.set(number);
        });
  }

  private interface Step {
    void run() throws InitiatorException;
  }

  private static Thread untilItFails(LibiscsiInitiator initiator, Step step) {
    return Thread.ofPlatform()
        .start(() -> {
          try (initiator) {
            while (true) {
              step.run();
            }
          } catch (InitiatorException e) {
            // The daemon has ended: what this was doing may have happened, or not.
          }
        });
  }

  private static byte[] block(long number) {
    ByteBuffer data = ByteBuffer.allocate(BLOCK);
    while (data.hasRemaining()) {
      data.putLong(number);
    }
    return data.array();
  }

  private long live(Daemon daemon) throws InitiatorException {
    try (LibiscsiInitiator log = daemon.connect("log");
        LibiscsiInitiator table = daemon.connect("table")) {
      return check("live", log.read(0, LOG_BLOCKS), table.read(0, 1));
    }
  }

  /** Restores both disks, one after the other, and checks them; the number in the table. */
  private long restored(Daemon daemon, String instant) throws IOException {
    Path data = daemon.data();
    return check(
        instant,
        restore("log", instant, "--data", data),
        restore("table", instant, "--data", data));
  }

  /** Restores both disks by one command, while they are written, and checks them. */
  private long restoredTogether(Daemon daemon) throws IOException {
    Path to = Files.createDirectory(directory.resolve("together"));
    daemon.run("restore", "log", "table", "--at", "now", "--to", to.toString()).done();
    return check(
        "now, both together",
        Files.readAllBytes(to.resolve("log.img")),
        Files.readAllBytes(to.resolve("table.img")));
  }

  private byte[] restore(String disk, String instant, String option, Path where)
      throws IOException {
    Path image = directory.resolve(disk + ".img");
    Cli.run("restore", disk, "--at", instant, "--to", image.toString(), option, where.toString())
        .done();
    byte[] content = Files.readAllBytes(image);
    assertThat(content).hasSize(MIB);
    Files.delete(image);
    return content;
  }

  private long check(String instant, byte[] log, byte[] table) {
    long number = number(table, 0);
    for (long needed = Math.max(1, number - LOG_BLOCKS + 1); needed <= number; needed++) {
      int at = (int) (needed % LOG_BLOCKS);
      long there = number(log, at);
      assertThat(there % LOG_BLOCKS).as("the place of %d, seed %d", there, seed).isEqualTo(at);
      assertThat(there)
          .as("%s: the log has %d, which the table has; seed %d", instant, needed, seed)
          .isGreaterThanOrEqualTo(needed);
    }
    return number;
  }

  private static long number(byte[] disk, int block) {
    ByteBuffer data = ByteBuffer.wrap(disk, block * BLOCK, BLOCK);
    long number = data.getLong();
    while (data.hasRemaining()) {
      assertThat(data.getLong()).isEqualTo(number);
    }
    return number;
  }

  @Test
  void whatCanBeDoneToADiskCanBeDoneToOneOfAGroup() throws Exception {
    try (Daemon daemon = serving(DISKS + GROUP)) {
      JsonNode status = daemon.run("status", "--json").done().json().getFirst();
      assertThat(status.path("disks").valueStream().map(d -> d.path("group").asString()))
          .containsExactly("db", "db");
      assertThat(status.path("disks").valueStream().map(d -> d.path("journal").asString()))
          .containsOnly(daemon.journal().resolve("db").toString());
      assertThat(daemon.run("status").done().out()).contains("in the group db");
      try (LibiscsiInitiator log = daemon.connect("log");
          LibiscsiInitiator table = daemon.connect("table")) {
        log.write(3, block(3), true);
        table.write(5, block(5), true);
        daemon.run("mark", "table", "both").done();
        daemon.run("disk", "resize", "table", "2MiB").done();
        assertThat(table.blockCountNow()).isEqualTo(2 * MIB / BLOCK);
        assertThat(log.blockCountNow()).isEqualTo(MIB / BLOCK);
        daemon.run("disk", "set", "log", "--read-only").done();
        assertThatThrownBy(() -> log.write(3, block(4), false))
            .hasMessageContaining("MODE PARAMETERS CHANGED");
        assertThatThrownBy(() -> log.write(3, block(4), false))
            .hasMessageContaining("WRITE_PROTECTED");
        table.write(6, block(6), false);
      }
      assertThat(daemon.run("timeline", "log").done().out())
          .containsPattern("write +1 +1536 +512")
          .doesNotContainPattern("write +\\S+ +2560")
          .contains("both")
          .doesNotContain("now 2MiB");
      assertThat(daemon.run("timeline", "table").done().out())
          .containsPattern("write +\\S+ +2560 +512")
          .contains("both", "now 2MiB");
      assertThat(daemon.run("verify").done().out()).containsOnlyOnce("log, table: sound");
      assertThat(daemon.run("verify", "table").done().out()).contains("log, table: sound");
      assertThat(daemon.run("disk", "remove", "log").failed().err())
          .contains("log cannot be removed", "the group db (log, table)");
      assertThat(daemon.terminate()).isIn(0, 143);

      Outcome list = daemon.run("disk", "list").done();
      assertThat(list.out()).containsPattern("log +1MiB +read-only").containsPattern("table +2MiB");
      assertThat(daemon.run("status").failed().out()).contains("log", "table");
      daemon.run("mark", "log", "at-rest").done();
      daemon.run("disk", "resize", "log", "3MiB").done();
      daemon.run("disk", "set", "log", "--read-write").done();
      assertThat(daemon.run("disk", "remove", "table", "--delete-history").failed().err())
          .contains("table cannot be removed", "the group db (log, table)");
    }
    assertThat(number(restore("log", "mark:at-rest", "--data", directory.resolve("data")), 3))
        .isEqualTo(3);
  }

  @Test
  void theDataDirectoryRemembersAGroupThatTheConfigurationSaysNothingOf() throws Exception {
    try (Daemon daemon = serving(DISKS + GROUP);
        LibiscsiInitiator table = daemon.connect("table")) {
      table.write(1, block(1), true);
      configure(DISKS);
      assertThat(daemon.run("reload").done().out()).contains("nothing has changed");
      daemon.kill();
      daemon.start();
    }
    try (Daemon daemon = new Daemon(directory).start();
        LibiscsiInitiator table = daemon.connect("table");
        LibiscsiInitiator log = daemon.connect("log")) {
      assertThat(number(table.read(1, 1), 0)).isEqualTo(1);
      log.write(1, block(2), true);
      assertThat(daemon.run("disk", "remove", "log").failed().err())
          .contains("log cannot be removed", "the group db (log, table)");
      assertThat(daemon.run("disk", "add", "db=1MiB").failed().err())
          .contains("other disks already");
      daemon.run("disk", "add", "alone=1MiB").done();
      daemon.run("disk", "remove", "alone").done();
    }
  }

  @Test
  void aDiskIsInTheGroupThatItWasMadeIn() throws Exception {
    String more = DISKS.replace("}}", "}, a: {size: 1MiB}, b: {size: 1MiB}}");
    try (Daemon daemon = serving(DISKS + GROUP)) {
      String[][] refused = {
        {
          DISKS + "groups: {db: {disks: [log]}}\n",
          "table is in the group db (log, table), and cannot leave it; name it there"
        },
        {
          DISKS + "groups: {other: {disks: [log, table]}}\n",
          "log is in the group db (log, table), and cannot move to the group other"
        },
        {
          more + "groups: {db: {disks: [log, a]}, other: {disks: [table, b]}}\n",
          "table is in the group db (log, table), and cannot move to the group other"
        },
        {
          DISKS.replace("log: {size: 1MiB", "log: {size: 1MiB, journal_size: 1GiB"),
          "log is in the group db (log, table): say journal, journal_size, compress and encrypt under 'groups'"
        },
      };
      for (String[] each : refused) {
        configure(each[0]);
        assertThat(daemon.run("reload").failed().err())
            .as(each[0])
            .contains("nothing was changed", each[1]);
      }
      assertThat(Files.exists(daemon.data().resolve("disks/a"))).isFalse();

      // The order makes no difference; a new group can come.
      configure(
          more
              + "groups: {db: {disks: [table, log], journal_size: 1GiB}, pair: {disks: [a, b]}}\n");
      assertThat(daemon.run("reload").done().out())
          .contains("db keeps 1GiB of history", "disk a is served", "disk b is served");
      daemon.connect("b").close();
      configure(more + "groups: {db: {disks: [table, log]}, pair: {disks: [a, b]}}\n");
      daemon.terminate();
      daemon.start();
      JsonNode disks = daemon.run("disk", "list", "--json").done().json().getFirst().path("disks");
      assertThat(disks.valueStream().map(d -> d.path("journal_limit_bytes").asLong()))
          .containsExactly(1L << 30, 1L << 30, 16L << 30, 16L << 30);

      daemon.terminate();
      configure(more + "groups: {db: {disks: [table, log, a]}, pair: {disks: [b]}}\n");
      assertThat(daemon.runToEnd()).isNotZero();
      assertThat(daemon.output())
          .contains("a is in the group pair (a, b), and cannot move to the group db");
    }
  }

  @Test
  void aDiskJoinsAGroupWhileTheOthersAreUsed() throws Exception {
    String three = DISKS.replace("}}", "}, index: {size: 1MiB}}");
    String four = three.replace("}}", "}, late: {size: 2MiB}}");
    try (Daemon daemon = serving(DISKS + GROUP)) {
      try (LibiscsiInitiator table = daemon.connect("table")) {
        table.write(1, block(1), true);
        daemon.run("mark", "table", "before").done();
        configure(three + "groups: {db: {disks: [log, index, table], journal_size: 1GiB}}\n");
        assertThat(daemon.run("reload").done().out())
            .contains("disk index is served, in the group db", "db keeps 1GiB of history");
        try (LibiscsiInitiator index = daemon.connect("index")) {
          index.write(1, block(2), false);
          table.write(1, block(3), false);
          daemon.run("mark", "index", "after").done();
          index.write(1, block(4), true);
          table.write(1, block(5), true);
        }
      }
      daemon.kill();
      // And at a start.
      configure(four + "groups: {db: {disks: [log, table, index, late]}}\n");
      daemon.start();
      try (LibiscsiInitiator index = daemon.connect("index");
          LibiscsiInitiator late = daemon.connect("late")) {
        assertThat(number(index.read(1, 1), 0)).isEqualTo(4);
        late.write(0, block(6), true);
      }
      assertThat(daemon.run("verify").done().out()).contains("log, table, index, late: sound");
      daemon.terminate();
      assertThat(
              daemon
                  .run("disk", "list", "--json")
                  .done()
                  .json()
                  .getFirst()
                  .path("disks")
                  .valueStream()
                  .map(d -> d.path("journal_limit_bytes").asLong()))
          .containsOnly(1L << 30);
    }
    Path data = directory.resolve("data");
    assertThat(number(restore("table", "mark:before", "--data", data), 1)).isEqualTo(1);
    assertThat(number(restore("index", "mark:before", "--data", data), 1)).isZero();
    assertThat(number(restore("table", "mark:after", "--data", data), 1)).isEqualTo(3);
    assertThat(number(restore("index", "mark:after", "--data", data), 1)).isEqualTo(2);
    assertThat(number(restore("index", "now", "--data", data), 1)).isEqualTo(4);
  }

  @Test
  void aGroupIsNotServedWithoutOneOfItsDisks() throws Exception {
    try (Daemon daemon = serving(DISKS + GROUP)) {
      try (LibiscsiInitiator table = daemon.connect("table")) {
        table.write(1, block(1), true);
      }
      daemon.terminate();
      Path home = daemon.data().resolve("disks/table");
      Path away = Files.move(home, directory.resolve("table"));
      assertThat(daemon.runToEnd()).isNotZero();
      assertThat(daemon.output()).contains("holds the history of other disks already");
      configure("disks: {log: {size: 1MiB}}\n");
      assertThat(daemon.runToEnd()).isNotZero();
      assertThat(daemon.output()).contains("the group db (log) lacks its disk number 1, table");
      Files.move(away, home);
      daemon.start();
      daemon.connect("table").close();
    }
  }

  @Test
  void disksWithAJournalOfTheirOwnDoNotJoinAGroup() throws Exception {
    try (Daemon daemon = serving(DISKS)) {
      configure(DISKS + GROUP);
      assertThat(daemon.run("reload").failed().err())
          .contains("log has a journal of its own, and cannot move to the group db");
      daemon.connect("log").close();
    }
  }
}
