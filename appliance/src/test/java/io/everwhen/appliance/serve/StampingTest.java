package io.everwhen.appliance.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.OddTsa;
import io.everwhen.appliance.testing.OpensslTsa;
import io.everwhen.appliance.testing.TsaServer;
import io.everwhen.journal.Group;
import io.everwhen.journal.log.SystemClock;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An appliance that has its histories stamped by {@code openssl ts}, or by worse. */
class StampingTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    OpensslTsa.need();
  }

  private Path data() {
    return directory.resolve("data");
  }

  private Path config(String timestamp) throws Exception {
    return Files.writeString(
        directory.resolve("everwhen.yaml"),
        """
        data: %s
        listen: 127.0.0.1:0
        admin: 127.0.0.1:0
        disks: {db: {size: 1MiB}}
        %s
        """
            .formatted(data(), timestamp));
  }

  private static String stampedBy(TsaServer server, Path certificate) {
    return "timestamp: {url: '%s', certificate: '%s', every: 1s}"
        .formatted(server.url(), certificate);
  }

  private static Appliance start(Path config) throws Exception {
    return Appliance.start(Config.read(config), new SystemClock(), new SecureRandom());
  }

  private static void write(Appliance appliance) throws Exception {
    Group group = appliance.disks().getFirst().group();
    group.change(() -> group.volume(0).write(0, ByteBuffer.allocate(4096)));
    group.volume(0).settle();
  }

  private JsonNode await(Predicate<JsonNode> wanted) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    JsonNode last;
    do {
      Thread.sleep(50);
      last =
          JsonMapper.shared()
              .readTree(Cli.run("status", "--json", "--data", data().toString()).done().out())
              .path("timestamp");
    } while (!wanted.test(last) && System.nanoTime() < deadline);
    assertThat(wanted.test(last)).as(last.toString()).isTrue();
    return last;
  }

  private static boolean isWell(JsonNode timestamp) {
    return !timestamp.has("alarm") && !timestamp.path("stamped").isEmpty();
  }

  @Test
  void whatIsSignedIsStampedAndVerifiedWithoutTheAuthority() throws Exception {
    OpensslTsa openssl = new OpensslTsa(directory.resolve("tsa"));
    try (TsaServer server = new TsaServer(TsaServer.of(openssl))) {
      Path config = config(stampedBy(server, openssl.caCertificate()));
      try (Appliance appliance = start(config)) {
        write(appliance);
      }
      try (Appliance appliance = start(config)) {
        JsonNode first = await(StampingTest::isWell).path("stamped").path(0);
        assertThat(first.path("disk").asString()).isEqualTo("db");
        assertThat(first.path("sequence").asLong()).isEqualTo(1);
        write(appliance);
        int asked = server.asked();
        Thread.sleep(1500);
        assertThat(server.asked()).as("nothing new is signed").isEqualTo(asked);
      }
      try (Appliance appliance = start(config)) {
        await(timestamp -> timestamp.path("stamped").path(0).path("sequence").asLong() == 2);
        assertThat(Cli.run("status", "--data", data().toString()).done().out())
            .contains("time-stamped by " + server.url())
            .containsPattern("db +up to seq:2 at 20");
        write(appliance);
      }
    }
    String journal = data().resolve("journal/db").toString();
    String[] trusted = {
      openssl.caCertificate().toString(), openssl.certificate().toString(),
    };
    for (String certificate : trusted) {
      String[] verify = {"verify", "--journal", journal, "--tsa-cert", certificate};
      assertThat(Cli.run(verify).done().out())
          .contains("time-stamped: up to seq:2", "CN=Test TSA; 1 newer", "2 time stamps hold");
    }
    JsonNode stamped =
        JsonMapper.shared()
            .readTree(
                Cli.run("verify", "--journal", journal, "--tsa-cert", trusted[0], "--json")
                    .done()
                    .out())
            .path("stamped");
    assertThat(stamped).hasSize(2);
    assertThat(stamped.path(1).path("trusted").asBoolean()).isTrue();
    assertThat(Instant.parse(stamped.path(1).path("stamped_at").asString()))
        .isBetween(Instant.now().minusSeconds(600), Instant.now().plusSeconds(60));
    assertThat(Cli.run("verify", "--journal", journal).done().out()).contains("may be anybody");

    String other =
        Files.writeString(directory.resolve("other.pem"), OddTsa.good(Instant.now()).pem())
            .toString();
    assertThat(Cli.run("verify", "--journal", journal, "--tsa-cert", other).failed().out())
        .contains("leads to none of those that are trusted");
    for (String no : new String[] {data().resolve("signing.pub").toString(), "no such file"}) {
      assertThat(Cli.run("verify", "--journal", journal, "--tsa-cert", no).failed().err())
          .contains("certificate");
    }
  }

  @Test
  void anAuthorityThatFailsIsToldOfAndAskedAgainAndTheDiskKnowsNothingOfIt() throws Exception {
    OpensslTsa openssl = new OpensslTsa(directory.resolve("tsa"));
    OddTsa another = OddTsa.good(Instant.now());
    try (TsaServer server = new TsaServer(TsaServer.of(another))) {
      Path config = config(stampedBy(server, openssl.caCertificate()));
      try (Appliance appliance = start(config)) {
        write(appliance);
      }
      try (Appliance appliance = start(config)) {
        assertThat(await(timestamp -> timestamp.has("alarm")).path("alarm").asString())
            .contains(server.url().toString(), "CN=odd, whose certificate leads to none");
        server.behave((exchange, query) -> exchange.sendResponseHeaders(503, -1));
        await(timestamp -> timestamp.path("alarm").asString().contains("HTTP status 503"));
        assertThat(Cli.run("status", "--data", data().toString()).done().out())
            .contains("ALARM: nothing is time-stamped");
        write(appliance);
        assertThat(appliance.disks().getFirst().group().status().failure()).isNull();
        assertThat(appliance.disks().getFirst().group().status().alarm()).isNull();
        server.behave(TsaServer.of(openssl));
        await(StampingTest::isWell);
      }
    }
  }

  @Test
  void aReloadSaysWhoStampsFromNowOn() throws Exception {
    OpensslTsa openssl = new OpensslTsa(directory.resolve("tsa"));
    try (TsaServer server = new TsaServer(TsaServer.of(openssl))) {
      try (Appliance appliance = start(config(""))) {
        write(appliance);
      }
      Path file = config("");
      try (Appliance appliance =
          Appliance.start(
              new io.everwhen.appliance.config.ConfigSource(file, config -> config),
              Config.read(file),
              new SystemClock(),
              new SecureRandom())) {
        await(JsonNode::isMissingNode);
        config(stampedBy(server, openssl.certificate()));
        assertThat(Cli.run("reload", "--data", data().toString()).done().out())
            .contains("time-stamped by " + server.url());
        await(StampingTest::isWell);
        config("timestamp: {every: 1h}");
        assertThat(Cli.run("reload", "--data", data().toString()).failed().err())
            .contains("say the url");
        config("");
        assertThat(Cli.run("reload", "--data", data().toString()).done().out())
            .contains("not time-stamped");
        await(JsonNode::isMissingNode);
        assertThat(appliance.disks()).hasSize(1);
      }
    }
  }

  @Test
  void stoppingDoesNotWaitForAnAuthorityThatDoesNotAnswer() throws Exception {
    TsaServer.Behaviour silent =
        (exchange, query) -> {
          try {
            Thread.sleep(30_000);
          } catch (InterruptedException e) {
            exchange.close();
          }
        };
    try (TsaServer server = new TsaServer(silent)) {
      Path config = config("timestamp: {url: '%s', every: 1s}".formatted(server.url()));
      try (Appliance appliance = start(config)) {
        write(appliance);
      }
      Appliance appliance = start(config);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (server.asked() == 0 && System.nanoTime() < deadline) {
        Thread.sleep(20);
      }
      assertThat(server.asked()).isPositive();
      long begun = System.nanoTime();
      appliance.close();
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
    }
  }
}
