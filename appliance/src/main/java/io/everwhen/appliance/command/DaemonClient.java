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
import tools.jackson.databind.JsonNode;

/** Talks to the daemon of a data directory. */
final class DaemonClient {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  // To remove a disk, its initiators are waited for and its image is brought up to date.
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(2);

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

  private JsonNode send(HttpRequest.Builder request)
      throws IOException, InterruptedException, CommandFailed {
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      HttpResponse<String> response =
          client.send(
              request.timeout(ANSWER_TIMEOUT).header("Authorization", "Bearer " + token).build(),
              BodyHandlers.ofString());
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
