package io.everwhen.appliance.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The management interface: JSON over HTTP, for the commands of this program. {@link AdminApi} says
 * what can be asked.
 *
 * <p>Every request carries the token from the file {@code admin.token} in the data directory, which
 * its owner alone can read: so no web page and no other user of the machine can ask for anything.
 */
public final class AdminServer implements Closeable {

  /** The file with the token. */
  public static final String TOKEN_FILE = "admin.token";

  private static final Logger log = LoggerFactory.getLogger(AdminServer.class);
  private static final int TOKEN_BYTES = 32;
  private static final int MAX_BODY_BYTES = 64 << 10;

  private final InetSocketAddress listen;
  private final AdminApi api;
  private final byte[] token;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  AdminServer(
      InetSocketAddress listen, Appliance appliance, DataDirectory data, RandomGenerator random)
      throws IOException {
    this.listen = listen;
    this.api = new AdminApi(appliance);
    byte[] secret = new byte[TOKEN_BYTES];
    random.nextBytes(secret);
    String text = HexFormat.of().formatHex(secret);
    this.token = ("Bearer " + text).getBytes(StandardCharsets.US_ASCII);
    this.server = HttpServer.create();
    data.storage().replaceText(TOKEN_FILE, text + "\n");
  }

  InetSocketAddress start() throws IOException {
    try {
      server.bind(listen, 0);
    } catch (IOException e) {
      BindException unavailable =
          new BindException(
              "cannot listen on " + DaemonFile.text(listen) + " for management: " + e.getMessage());
      unavailable.initCause(e);
      throw unavailable;
    }
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
    return server.getAddress();
  }

  /** An answer with its HTTP status. */
  private record Answer(int status, ObjectNode body) {

    static Answer error(int status, String message) {
      return new Answer(status, Json.object().put("error", message));
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer;
      try {
        answer = answer(exchange);
      } catch (IOException | RuntimeException e) {
        log.warn(
            "{} {} failed: {}",
            exchange.getRequestMethod(),
            exchange.getRequestURI(),
            e.getMessage());
        log.debug("management request failed", e);
        answer = Answer.error(500, String.valueOf(e.getMessage()));
      } catch (Error e) {
        log.error("{} {} failed", exchange.getRequestMethod(), exchange.getRequestURI(), e);
        answer = Answer.error(500, "a defect in Everwhen, which the daemon has logged: " + e);
      }
      byte[] body = Json.text(answer.body).getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(answer.status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private Answer answer(HttpExchange exchange) throws IOException {
    String given =
        Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")).orElse("");
    if (!MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token)) {
      return Answer.error(401, "the token in " + TOKEN_FILE + " of the data directory is needed");
    }
    try {
      byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY_BYTES + 1);
      if (body.length > MAX_BODY_BYTES) {
        throw Refusal.tooLarge("a request has at most " + MAX_BODY_BYTES + " bytes");
      }
      return new Answer(
          200, api.answer(exchange.getRequestMethod(), exchange.getRequestURI().getPath(), body));
    } catch (Refusal e) {
      return Answer.error(e.status(), String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
