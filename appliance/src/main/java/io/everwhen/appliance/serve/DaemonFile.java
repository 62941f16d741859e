package io.everwhen.appliance.serve;

import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The file in which a daemon says where it can be found. It counts only while the data directory is
 * locked.
 */
public final class DaemonFile implements Closeable {

  private static final String NAME = "daemon";

  private final DataDirectory data;

  public DaemonFile(DataDirectory data) {
    this.data = data;
  }

  void write(InetSocketAddress portal, InetSocketAddress admin) throws IOException {
    data.storage()
        .replaceText(
            NAME,
            Json.text(
                    Json.object()
                        .put("pid", ProcessHandle.current().pid())
                        .put("portal", text(portal))
                        .put("admin", text(admin)))
                + "\n");
  }

  /** An address as it can be typed. */
  public static String text(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  /** What a daemon has written here last; empty when it has ended in order. */
  public Optional<JsonNode> read() throws IOException {
    try {
      return Optional.of(Json.parse(data.storage().readText(NAME)));
    } catch (NoSuchFileException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  String describe() {
    try {
      return read().map(node -> " (process " + node.path("pid").asLong() + ")").orElse("");
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() throws IOException {
    data.storage().delete(NAME);
  }
}
