package io.everwhen.appliance.serve;

import io.everwhen.appliance.store.OpenGroup;
import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes disks side by side: each of them mostly waits for its volumes. */
final class Closing {

  private static final Logger log = LoggerFactory.getLogger(Closing.class);

  /** Enough that their syncs are shared by the volume; each needs memory for an index. */
  private static final int THREADS_MAX = 8;

  private final Queue<IOException> failures = new ConcurrentLinkedQueue<>();

  private Closing() {}

  /**
   * Brings disks in order and closes them; goes on after a failure, which is logged.
   *
   * @throws IOException one of the failures
   */
  static void all(List<OpenGroup> groups) throws IOException {
    // To all of them first: what one leaves undone, the others do not have to wait for.
    groups.forEach(OpenGroup::prepareToClose);
    Closing closing = new Closing();
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS_MAX)) {
      groups.forEach(group -> threads.execute(() -> closing.close(group)));
    }
    IOException failure = closing.failures.peek();
    if (failure != null) {
      throw failure;
    }
  }

  private void close(OpenGroup group) {
    try {
      group.close();
    } catch (IOException | RuntimeException | Error e) {
      log.error("closing {}: {}", group.name(), e.getMessage(), e);
      failures.add(e instanceof IOException io ? io : new IOException(e));
    }
  }
}
