package io.everwhen.appliance.store;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.journal.format.Manifest;
import java.io.IOException;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A disk as the data directory remembers it.
 *
 * @param name its name
 * @param sizeBytes its size
 * @param blockBytes its logical block
 * @param journal the directory of its journal, absolute
 */
public record StoredDisk(DiskName name, long sizeBytes, int blockBytes, Path journal) {

  private static final int VERSION = 1;

  /** The disk as the only one of its group. */
  Manifest.Disk inGroup() {
    return new Manifest.Disk(0, name.value(), sizeBytes, blockBytes);
  }

  /**
   * The record as JSON; a journal below {@code data} is written relative to it, so that both can be
   * moved together.
   */
  String encode(Path data) {
    Path written = journal.startsWith(data) ? data.relativize(journal) : journal;
    ObjectNode node =
        Json.object()
            .put("version", VERSION)
            .put("name", name.value())
            .put("size", sizeBytes)
            .put("block_size", blockBytes)
            .put("journal", written.toString());
    return Json.text(node) + "\n";
  }

  static StoredDisk decode(String text, Path data, String where) throws IOException {
    try {
      JsonNode node = Json.parse(text);
      if (node.path("version").asInt() != VERSION) {
        throw new IOException(
            where
                + " was written by another version of Everwhen; this one reads version "
                + VERSION);
      }
      return new StoredDisk(
          new DiskName(node.required("name").asString()),
          node.required("size").asLong(),
          node.required("block_size").asInt(),
          data.resolve(node.required("journal").asString()).normalize());
    } catch (RuntimeException e) {
      throw new IOException(where + " is damaged: " + e.getMessage(), e);
    }
  }
}
