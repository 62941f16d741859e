package io.everwhen.appliance.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.config.TimestampConfig;
import io.everwhen.appliance.testing.OddTsa;
import io.everwhen.appliance.testing.OpensslTsa;
import io.everwhen.appliance.testing.TsaServer;
import io.everwhen.restore.stamp.StampException;
import io.everwhen.restore.stamp.StampToken;
import io.everwhen.restore.stamp.TrustedAuthorities;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.bouncycastle.tsp.TimeStampRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is made of the answers of time-stamp authorities. */
class StampAuthorityTest {

  private static final byte[] TEXT = "the end of a history\n".getBytes(UTF_8);
  private final Instant now = Instant.now();
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir private Path directory;

  private static byte[] ask(
      TsaServer server, TimestampConfig.Hash hash, @Nullable String trusted, Duration timeout)
      throws IOException, StampException {
    TimestampConfig config =
        new TimestampConfig(
            server.url(),
            Duration.ofHours(1),
            hash,
            trusted == null ? null : TrustedAuthorities.of(trusted));
    try (StampAuthority authority = new StampAuthority(config, timeout, new SecureRandom())) {
      return authority.stamp(TEXT);
    }
  }

  private void assertRefused(TsaServer.Behaviour behaviour, String why) throws IOException {
    try (TsaServer server = new TsaServer(behaviour)) {
      assertThatThrownBy(() -> ask(server, TimestampConfig.Hash.SHA256, null, PATIENCE))
          .as(why)
          .isInstanceOf(StampException.class)
          .hasMessageContaining(why);
    }
  }

  private void assertRefused(UnaryOperator<TimeStampRequest> misunderstanding, String why)
      throws IOException {
    assertRefused(TsaServer.of(OddTsa.misunderstanding(now, misunderstanding)), why);
  }

  @ParameterizedTest
  @EnumSource
  void whatOpensslStampsIsTakenAndOpensslTakesWhatIsKept(TimestampConfig.Hash hash)
      throws Exception {
    OpensslTsa.need();
    OpensslTsa openssl = new OpensslTsa(directory);
    try (TsaServer server = new TsaServer(TsaServer.of(openssl))) {
      for (Path trusted : new Path[] {openssl.caCertificate(), openssl.certificate()}) {
        byte[] token = ask(server, hash, Files.readString(trusted), PATIENCE);
        assertThat(openssl.verify(token, TEXT)).contains("Verification: OK");
        assertThat(StampToken.of(token).authority()).isEqualTo("CN=Test TSA");
        long seconds = StampToken.of(token).timeNanos() / 1_000_000_000;
        assertThat(Math.abs(seconds - Instant.now().getEpochSecond())).isLessThan(60);
      }
      assertThatThrownBy(() -> ask(server, hash, OddTsa.good(now).pem(), PATIENCE))
          .isInstanceOf(StampException.class)
          .hasMessageContaining("CN=Test TSA, whose certificate leads to none");
    }
  }

  @Test
  void answersToAnotherQuestionAreRefused() throws IOException {
    assertRefused(OddTsa::forAnotherText, "imprint");
    assertRefused(OddTsa::withAnotherNonce, "nonce");
    assertRefused(OddTsa::withoutNonce, "nonce");
    assertRefused(OddTsa::withoutCertificates, "does not bring the certificate along");
  }

  @Test
  void authoritiesThatAreNotWhatTheySayAreRefused() throws Exception {
    OddTsa good = OddTsa.good(now);
    try (TsaServer server = new TsaServer(TsaServer.of(good))) {
      assertThat(ask(server, TimestampConfig.Hash.SHA256, good.pem(), PATIENCE)).isNotEmpty();
    }
    assertRefused(TsaServer.of(good.withAnotherKey()), "signature");
    assertRefused(TsaServer.of(OddTsa.expired(now)), "not valid");
  }

  @Test
  void nonsenseIsRefused() throws IOException {
    assertRefused(TsaServer.of(query -> new byte[0]), "no time stamp");
    assertRefused(TsaServer.of(query -> query), "no time stamp");
    assertRefused(TsaServer.of(query -> "<html>log in first</html>".getBytes(UTF_8)), "no time");
    OddTsa good = OddTsa.good(now);
    assertRefused(
        TsaServer.of(query -> {
          byte[] whole = good.respond(query);
          return Arrays.copyOf(whole, whole.length - 1);
        }),
        "no time stamp");
    // PKIStatusInfo: rejection, and no token.
    assertRefused(TsaServer.of(query -> new byte[] {0x30, 5, 0x30, 3, 2, 1, 2}), "status 2");
    assertRefused((exchange, query) -> exchange.sendResponseHeaders(503, -1), "HTTP status 503");
  }

  @Test
  void nobodyIsFollowedElsewhere() throws IOException {
    OddTsa good = OddTsa.good(now);
    try (TsaServer elsewhere = new TsaServer(TsaServer.of(good))) {
      assertRefused(
          (exchange, query) -> {
            exchange.getResponseHeaders().set("Location", elsewhere.url().toString());
            exchange.sendResponseHeaders(307, -1);
          },
          "HTTP status 307");
      assertThat(elsewhere.asked()).isZero();
    }
  }

  @Test
  void anAnswerWithoutEndIsNotReadToTheEnd() throws IOException {
    long[] sent = new long[1];
    TsaServer.Behaviour endless =
        (exchange, query) -> {
          exchange.sendResponseHeaders(200, 0);
          while (sent[0] < 1L << 30) {
            exchange.getResponseBody().write(new byte[1 << 16]);
            sent[0] += 1 << 16;
          }
        };
    try (TsaServer server = new TsaServer(endless)) {
      assertThatThrownBy(() -> ask(server, TimestampConfig.Hash.SHA256, null, PATIENCE))
          .isInstanceOf(IOException.class);
    }
    assertThat(sent[0]).isLessThan(64 << 20);
  }

  @Test
  void whoAnswersTooSlowlyOrNotAtAllIsNotWaitedFor() throws IOException {
    CountDownLatch over = new CountDownLatch(1);
    TsaServer.Behaviour silent = (exchange, query) -> await(over, 60_000);
    TsaServer.Behaviour trickling =
        (exchange, query) -> {
          exchange.sendResponseHeaders(200, 1000);
          for (int i = 0; i < 1000 && !await(over, 50); i++) {
            exchange.getResponseBody().write(0x30);
            exchange.getResponseBody().flush();
          }
        };
    for (TsaServer.Behaviour slow : new TsaServer.Behaviour[] {silent, trickling}) {
      try (TsaServer server = new TsaServer(slow)) {
        long begun = System.nanoTime();
        assertThatThrownBy(
                () -> ask(server, TimestampConfig.Hash.SHA256, null, Duration.ofMillis(700)))
            .isInstanceOf(IOException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
      }
    }
    over.countDown();
  }

  @Test
  void whoIsNotThereIsAnError() throws IOException {
    TsaServer server = new TsaServer(TsaServer.of(query -> query));
    server.close();
    assertThatThrownBy(() -> ask(server, TimestampConfig.Hash.SHA256, null, PATIENCE))
        .isInstanceOf(IOException.class)
        .message()
        .isNotBlank();
  }

  @Test
  void closingLetsGoWhoWaitsForAnAnswer() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    TsaServer.Behaviour silent =
        (exchange, query) -> {
          asked.countDown();
          await(over, 60_000);
        };
    try (TsaServer server = new TsaServer(silent)) {
      StampAuthority authority =
          new StampAuthority(
              new TimestampConfig(
                  server.url(), Duration.ofHours(1), TimestampConfig.Hash.SHA256, null),
              Duration.ofMinutes(5),
              new SecureRandom());
      CompletableFuture<byte[]> answer =
          CompletableFuture.supplyAsync(() -> {
            try {
              return authority.stamp(TEXT);
            } catch (IOException | StampException e) {
              throw new IllegalStateException(e);
            }
          });
      assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
      authority.close();
      assertThatThrownBy(() -> answer.get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseInstanceOf(InterruptedIOException.class);
      over.countDown();
    }
  }

  private static boolean await(CountDownLatch latch, long millis) {
    try {
      return latch.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      return true;
    }
  }
}
