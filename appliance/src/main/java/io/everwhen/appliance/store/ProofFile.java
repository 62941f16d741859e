package io.everwhen.appliance.store;

import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.restore.plan.Times;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which instant of a disk was proven last, in a file beside its image: a check of the disk as it
 * was then was passed.
 */
public final class ProofFile {

  private static final String NAME = "proven";

  private final DiskStorage home;

  /**
   * @param home the directory of the disk's image
   */
  public ProofFile(DiskStorage home) {
    this.home = home;
  }

  /**
   * Notes that an instant was proven.
   *
   * @param provenNanos when, by the wall clock
   * @param tookMillis how long the disk as it was took to open and to check
   */
  public void save(Point instant, long provenNanos, long tookMillis) throws IOException {
    ObjectNode proof =
        Json.object()
            .put("sequence", instant.sequence())
            .put("time", Times.text(instant.timeNanos()))
            .put("proven", Times.text(provenNanos))
            .put("took_millis", tookMillis);
    home.replaceText(NAME, Json.text(proof) + "\n");
  }

  /** What was proven last; empty when nothing was, or when nobody can read it. */
  public Optional<JsonNode> read() throws IOException {
    try {
      return Optional.of(Json.parse(home.readText(NAME)));
    } catch (NoSuchFileException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
