package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the daemon notices of its own history while it serves. */
class VerificationIT {

  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  private static JsonNode verification(Daemon daemon) {
    Outcome outcome = Cli.run("status", "--json", "--data", daemon.data().toString());
    return JsonMapper.shared().readTree(outcome.out()).path("disks").path(0).path("verification");
  }

  private static JsonNode await(Daemon daemon, Predicate<JsonNode> wanted)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    JsonNode last = verification(daemon);
    while (!wanted.test(last) && System.nanoTime() < deadline) {
      Thread.sleep(500);
      last = verification(daemon);
    }
    assertThat(wanted.test(last)).as("%s%n%s", last, daemon.output()).isTrue();
    return last;
  }

  private static void flip(Path file, int at) throws IOException {
    byte[] content = Files.readAllBytes(file);
    content[at] ^= 1;
    Files.write(file, content);
  }

  @Test
  void aByteThatRotsUnderARunningDaemonIsReportedWithTheInstantsThatItCosts() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB")) {
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        byte[] content = new byte[64 << 10];
        new SplittableRandom(1).nextBytes(content);
        initiator.write(0, content, true);
      }
      // Closing seals.
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
      daemon.start();
      JsonNode sound = await(daemon, status -> status.path("last").path("segments").asLong() > 0);
      assertThat(sound.path("last").path("sound").asBoolean()).isTrue();
      assertThat(sound.path("findings")).isEmpty();
      Path segment = daemon.journal().resolve("disk0").resolve("segment-0000000001");
      flip(segment, 8192);
      JsonNode damaged = await(daemon, status -> !status.path("findings").isEmpty());
      JsonNode finding = damaged.path("findings").path(0);
      assertThat(finding.path("where").asString()).isEqualTo(segment.toString());
      assertThat(finding.path("cost").asString()).startsWith("cannot restore disk0");
      assertThat(finding.path("cannot_restore").path(0).path("disk").asString()).isEqualTo("disk0");
      Outcome text = Cli.run("status", "--data", daemon.data().toString());
      assertThat(text.out()).contains("DAMAGED: " + segment).contains("cannot restore disk0");
      assertThat(daemon.output()).contains("DAMAGED " + segment);
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
    }
  }

  @Test
  void whatTheDaemonHasWrittenIsSignedWithItsKeyAndNoOther() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB")) {
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        initiator.write(0, new byte[4096], true);
      }
      Outcome status = Cli.run("status", "--json", "--data", daemon.data().toString()).done();
      String key = JsonMapper.shared().readTree(status.out()).path("signing_key").asString();
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
      String journal = daemon.journal().resolve("disk0").toString();
      String published = daemon.data().resolve("signing.pub").toString();
      for (String given : new String[] {key, published}) {
        Outcome sound = Cli.run("verify", "--journal", journal, "--key", given, "--json").done();
        JsonNode signed = JsonMapper.shared().readTree(sound.out()).path("signed");
        assertThat(signed.path("key").asString()).isEqualTo(key);
        assertThat(signed.path("newer_entries").asLong(-1)).isZero();
      }
      assertThat(Cli.run("verify", "--journal", journal).done().out()).contains("by " + key);
      Outcome other = Cli.run("verify", "--journal", journal, "--key", "0".repeat(64)).failed();
      assertThat(other.out()).contains("it is signed by the key " + key);
      Cli.run("verify", "--journal", journal, "--key", "no such file").failed();
    }
  }
}
