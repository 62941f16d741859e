package io.everwhen.appliance.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Time-stamp authorities over HTTP (RFC 3161, section 3.4), good ones and others. */
public final class TsaServer implements Closeable {

  /** What one does with a request. */
  @FunctionalInterface
  public interface Behaviour {
    void answer(HttpExchange exchange, byte[] query) throws IOException;
  }

  /** Makes a time-stamp response of a query. */
  @FunctionalInterface
  public interface Authority {
    byte[] respond(byte[] query) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile Behaviour behaviour;

  public TsaServer(Behaviour behaviour) throws IOException {
    this.behaviour = behaviour;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/tsr",
        exchange -> {
          try (exchange) {
            asked.incrementAndGet();
            byte[] query = exchange.getRequestBody().readAllBytes();
            this.behaviour.answer(exchange, query);
          }
        });
    server.start();
  }

  /** One that answers as it should, with what an authority says. */
  public static Behaviour of(Authority authority) {
    return (exchange, query) -> {
      if (!"application/timestamp-query"
          .equals(exchange.getRequestHeaders().getFirst("Content-Type"))) {
        exchange.sendResponseHeaders(415, -1);
        return;
      }
      byte[] response = authority.respond(query);
      exchange.getResponseHeaders().set("Content-Type", "application/timestamp-reply");
      exchange.sendResponseHeaders(200, response.length);
      exchange.getResponseBody().write(response);
    };
  }

  /** Behaves otherwise from now on. */
  public void behave(Behaviour other) {
    behaviour = other;
  }

  /** Where it is. */
  public URI url() {
    return URI.create("http://127.0.0.1:%d/tsr".formatted(server.getAddress().getPort()));
  }

  /** How often it was asked. */
  public int asked() {
    return asked.get();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
