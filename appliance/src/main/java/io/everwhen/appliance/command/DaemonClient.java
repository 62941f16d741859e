package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.serve.AdminServer;
import io.everwhen.appliance.serve.DaemonFile;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** Talks to the daemon of a data directory. */
final class DaemonClient {

  private static final Logger log = LoggerFactory.getLogger(DaemonClient.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  // To remove a disk, its initiators are waited for and its image is brought up to date.
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(2);

  private static final long LOOK_MILLIS = 500;

  private final String base;
  private final String token;

  private DaemonClient(String base, String token) {
    this.base = base;
    this.token = token;
  }

  /** A client for the daemon that serves a data directory; empty when none does. */
  static Optional<DaemonClient> find(DataDirectory data) throws IOException {
    Optional<Closeable> lock = data.tryLock();
    if (lock.isPresent()) {
      lock.get().close();
      return Optional.empty();
    }
    Optional<JsonNode> daemon = new DaemonFile(data).read();
    if (daemon.isEmpty()) {
      throw new IOException(
          "the daemon of " + data.path() + " is starting or stopping; try again in a moment");
    }
    String token = data.storage().readText(AdminServer.TOKEN_FILE).strip();
    String admin = daemon.get().path("admin").asString("").replace("0.0.0.0:", "127.0.0.1:");
    return Optional.of(new DaemonClient("http://" + admin, token));
  }

  JsonNode get(String path) throws IOException, InterruptedException, CommandFailed {
    return send(HttpRequest.newBuilder(URI.create(base + path)).GET());
  }

  JsonNode post(String path, JsonNode body)
      throws IOException, InterruptedException, CommandFailed {
    return send(
        HttpRequest.newBuilder(URI.create(base + path))
            .POST(BodyPublishers.ofString(Json.text(body))));
  }

  /** Something to do while an answer is waited for. */
  @FunctionalInterface
  interface Meanwhile {
    void look() throws IOException, InterruptedException, CommandFailed;
  }

  /** Asks for something that takes as long as it takes. */
  JsonNode post(String path, JsonNode body, Meanwhile meanwhile)
      throws IOException, InterruptedException, CommandFailed {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .POST(BodyPublishers.ofString(Json.text(body)));
    try (HttpClient client = client()) {
      Future<HttpResponse<String>> response =
          client.sendAsync(authorized(request), BodyHandlers.ofString());
      while (true) {
        try {
          return answer(response.get(LOOK_MILLIS, TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
          look(meanwhile);
        }
      }
    } catch (ExecutionException e) {
      throw new IOException(
          "the daemon at %s has ended before it answered; what it had not finished is deleted when it starts again"
              .formatted(base),
          e);
    }
  }

  /** What cannot be found out now, the answer will tell. */
  private static void look(Meanwhile meanwhile) throws InterruptedException {
    try {
      meanwhile.look();
    } catch (IOException | CommandFailed e) {
      log.debug("how far it is cannot be told: {}", e.getMessage());
    }
  }

  private static HttpClient client() {
    return HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  }

  private HttpRequest authorized(HttpRequest.Builder request) {
    return request.header("Authorization", "Bearer " + token).build();
  }

  private JsonNode send(HttpRequest.Builder request)
      throws IOException, InterruptedException, CommandFailed {
    try (HttpClient client = client()) {
      return answer(
          client.send(authorized(request.timeout(ANSWER_TIMEOUT)), BodyHandlers.ofString()));
    }
  }

  private JsonNode answer(HttpResponse<String> response) throws IOException, CommandFailed {
    try {
      JsonNode answer = Json.parse(response.body());
      if (response.statusCode() != 200) {
        throw new CommandFailed(
            "the daemon at " + base + " refuses: " + answer.path("error").asString(""));
      }
      return answer;
    } catch (IllegalArgumentException e) {
      throw new IOException("what answers at " + base + " is not the daemon: " + e.getMessage(), e);
    }
  }
}
