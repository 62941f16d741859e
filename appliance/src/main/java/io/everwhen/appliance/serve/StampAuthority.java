package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.TimestampConfig;
import io.everwhen.journal.format.StampedHead;
import io.everwhen.restore.stamp.Digests;
import io.everwhen.restore.stamp.StampException;
import io.everwhen.restore.stamp.StampToken;
import io.everwhen.restore.stamp.TrustedAuthorities;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.math.BigInteger;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.jspecify.annotations.Nullable;

/**
 * Asks a time-stamp authority by HTTP (RFC 3161, section 3.4). One thread asks; any may close.
 *
 * <p>What it answers is believed no further than it can be checked, and neither its length nor its
 * time is unbounded.
 */
final class StampAuthority implements Closeable {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private final TimestampConfig config;
  private final Duration timeout;
  private final RandomGenerator random;
  private final HttpClient client;

  // Guarded by this.
  private boolean closed;
  private @Nullable CompletableFuture<?> asking;

  /**
   * @param timeout how long one answer may take altogether
   */
  StampAuthority(TimestampConfig config, Duration timeout, RandomGenerator random) {
    this.config = config;
    this.timeout = timeout;
    this.random = random;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
  }

  /**
   * Has a text stamped.
   *
   * @return the token, which is one of this text, and by an authority that is trusted
   * @throws IOException when there is no answer
   * @throws InterruptedIOException when this is closed
   * @throws StampException when the answer is of no use
   */
  byte[] stamp(byte[] text) throws IOException, StampException {
    TimeStampRequestGenerator generator = new TimeStampRequestGenerator();
    generator.setCertReq(true);
    TimeStampRequest request =
        generator.generate(
            digestId(),
            Digests.of(config.hash().algorithm(), text),
            new BigInteger(Long.toUnsignedString(random.nextLong())));
    byte[] answer = ask(request.getEncoded());
    try {
      TimeStampResponse response = new TimeStampResponse(answer);
      response.validate(request);
      if (response.getTimeStampToken() == null) {
        throw new StampException(
            "it refuses: status %d %s"
                .formatted(
                    response.getStatus(),
                    response.getStatusString() == null ? "" : response.getStatusString()));
      }
      byte[] token = response.getTimeStampToken().getEncoded();
      if (token.length > StampedHead.MAX_TOKEN_BYTES) {
        throw new StampException("its token has %d bytes".formatted(token.length));
      }
      StampToken read = StampToken.of(token);
      read.checkStamps(text);
      TrustedAuthorities trusted = config.trusted();
      if (trusted != null) {
        trusted.check(read);
      }
      return token;
    } catch (TSPException | IOException | RuntimeException e) {
      // Bouncy Castle throws what it likes at malformed structures.
      throw new StampException("its answer is no time stamp: " + e.getMessage(), e);
    }
  }

  private ASN1ObjectIdentifier digestId() {
    return switch (config.hash()) {
      case SHA256 -> NISTObjectIdentifiers.id_sha256;
      case SHA384 -> NISTObjectIdentifiers.id_sha384;
      case SHA512 -> NISTObjectIdentifiers.id_sha512;
    };
  }

  private byte[] ask(byte[] query) throws IOException, StampException {
    HttpRequest request =
        HttpRequest.newBuilder(config.url())
            .header("Content-Type", "application/timestamp-query")
            .header("Accept", "application/timestamp-reply")
            .timeout(timeout)
            .POST(HttpRequest.BodyPublishers.ofByteArray(query))
            .build();
    CompletableFuture<HttpResponse<byte[]>> answer;
    synchronized (this) {
      checkOpen();
      answer =
          client.sendAsync(
              request,
              BodyHandlers.limiting(BodyHandlers.ofByteArray(), 2L * StampedHead.MAX_TOKEN_BYTES));
      asking = answer;
    }
    try {
      // The request's own time-out ends when the answer begins.
      HttpResponse<byte[]> response = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      if (response.statusCode() != 200) {
        throw new StampException("it answers with HTTP status " + response.statusCode());
      }
      return response.body();
    } catch (ExecutionException e) {
      checkOpen();
      Throwable cause = e.getCause();
      String why = cause == null ? null : cause.getMessage();
      throw new IOException(
          why != null ? why : cause == null ? "no answer" : cause.getClass().getSimpleName(), e);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new IOException("no whole answer in " + timeout.toSeconds() + " seconds", e);
    } catch (CancellationException e) {
      checkOpen();
      throw new IOException("no answer", e);
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("asking for a time stamp was interrupted");
    }
  }

  private synchronized void checkOpen() throws InterruptedIOException {
    if (closed) {
      throw new InterruptedIOException("time-stamping is being closed");
    }
  }

  /** Lets go whoever waits for an answer. */
  @Override
  public synchronized void close() {
    closed = true;
    if (asking != null) {
      asking.cancel(true);
    }
    client.shutdownNow();
  }
}
