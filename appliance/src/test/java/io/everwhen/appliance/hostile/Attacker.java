package io.everwhen.appliance.hostile;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** A hostile client: one thread, from other addresses than the neighbour's. */
final class Attacker implements AutoCloseable {

  private static final int ADDRESSES = 12;
  private static final int REST_MILLIS = 5;

  private final int port;
  private final String target;
  private final Deque<RawClient> held = new ArrayDeque<>();
  private int turn;
  private int connections;

  /**
   * @param target the name of the target that it attacks, if it logs in
   */
  Attacker(int port, String target) {
    this.port = port;
    this.target = target;
  }

  /** Counts how often it was called: what an attack goes through one after the other. */
  int turn() {
    return turn++;
  }

  /** Connects, from one address after the other. */
  RawClient connect() throws IOException {
    return new RawClient("127.0.0." + (2 + connections++ % ADDRESSES), port);
  }

  /** Logs in as an initiator of its own. */
  RawClient logIn(String... keys) throws IOException {
    RawClient client = connect();
    try {
      return client.logIn("iqn.2026-11.test:hostile", target, connections, keys);
    } catch (IOException e) {
      client.close();
      throw e;
    }
  }

  String target() {
    return target;
  }

  /** Keeps a connection open; beyond {@code most}, closes the oldest. */
  void hold(RawClient client, int most) throws IOException {
    held.addLast(client);
    while (held.size() > most) {
      held.removeFirst().close();
    }
  }

  /** Connections that it keeps open. */
  int held() {
    return held.size();
  }

  /** Does nothing for a moment, with all that it holds. */
  void rest() {
    try {
      Thread.sleep(REST_MILLIS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    letGo();
  }

  /** Closes what it holds. */
  void letGo() throws IOException {
    while (!held.isEmpty()) {
      held.removeFirst().close();
    }
  }
}
