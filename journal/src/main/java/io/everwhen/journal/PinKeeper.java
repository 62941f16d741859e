package io.everwhen.journal;

import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.format.Pins.Pin;
import io.everwhen.journal.log.JournalFiles;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the list of a group's pinned instants. While nobody can tell which they are, all are held.
 * Synchronized by whoever maintains the group.
 */
final class PinKeeper {

  private final JournalFiles files;
  private volatile @Nullable Pins pins;
  private volatile @Nullable String problem;

  PinKeeper(JournalFiles files, Manifest group) throws IOException {
    this.files = files;
    try {
      this.pins = files.readPins(group);
    } catch (FormatException e) {
      this.problem =
          "which snapshots there are cannot be told, so nothing is thinned or folded: %s. Delete the file to go on without them"
              .formatted(e.getMessage());
    }
  }

  /** The pinned instants; null when nobody can tell. */
  @Nullable Pins pins() {
    return pins;
  }

  /** Why nobody can tell; null when all is well. */
  @Nullable String problem() {
    return problem;
  }

  /** Whether there may be one that is gone when all up to an entry is in the baseline. */
  boolean holdsBefore(long sequence) {
    Pins known = pins;
    return known == null || !known.before(sequence).isEmpty();
  }

  /** Refuses a name that there is, and one too many. */
  void checkCanPin(String name) throws IOException {
    Pins known = known();
    if (known.find(name).isPresent()) {
      throw new PinException("there is a snapshot '" + name + "' already");
    }
    if (known.pins().size() >= Pins.MAX_PINS) {
      throw new PinException(
          "there are " + Pins.MAX_PINS + " snapshots already, which is the most there can be");
    }
  }

  /** Holds an instant; durable when it returns. */
  void pin(Pin pin) throws IOException {
    checkCanPin(pin.name());
    replace(known().with(pin));
  }

  /** Lets an instant go; durable when it returns. */
  void unpin(String name) throws IOException {
    Pins known = known();
    if (known.find(name).isEmpty()) {
      throw new PinException("there is no snapshot '" + name + "'");
    }
    replace(known.without(name));
  }

  private Pins known() throws IOException {
    Pins known = pins;
    if (known == null) {
      throw new IOException(problem);
    }
    return known;
  }

  private void replace(Pins next) throws IOException {
    files.writePins(next);
    pins = next;
  }
}
