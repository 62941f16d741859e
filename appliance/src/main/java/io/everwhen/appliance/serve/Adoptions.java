package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.Json;
import io.everwhen.journal.io.Pace;
import java.io.Closeable;
import java.io.InterruptedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.node.ArrayNode;

/** How far the disks are that are being made of content. Any thread. */
final class Adoptions implements Closeable {

  private final Map<String, Copying> copying = new ConcurrentSkipListMap<>();
  private volatile boolean ending;

  /** One that goes on, as its reading is told of. */
  final class Copying implements Pace, Closeable {

    private final String name;
    private final long bytes;
    private final AtomicLong copied = new AtomicLong();

    private Copying(String name, long bytes) {
      this.name = name;
      this.bytes = bytes;
    }

    @Override
    public void spend(long read) throws InterruptedIOException {
      if (ending) {
        throw new InterruptedIOException(
            "the daemon was stopped before all of %s was copied; nothing of it was kept"
                .formatted(name));
      }
      copied.addAndGet(read);
    }

    @Override
    public void close() {
      copying.remove(name);
    }
  }

  /**
   * Begins to tell of one.
   *
   * @param bytes that are going to be copied
   */
  Copying begin(DiskName name, long bytes) {
    Copying one = new Copying(name.value(), bytes);
    copying.put(name.value(), one);
    return one;
  }

  /** Whether a disk of this name is being made. */
  boolean has(DiskName name) {
    return copying.containsKey(name.value());
  }

  /** How far they are. */
  ArrayNode report() {
    ArrayNode report = Json.object().putArray("adopting");
    copying
        .values()
        .forEach(one ->
            report
                .addObject()
                .put("name", one.name)
                .put("copied_bytes", one.copied.get())
                .put("data_bytes", one.bytes));
    return report;
  }

  /** Ends all of them, soon. */
  @Override
  public void close() {
    ending = true;
  }
}
