package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.OpenDisk;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** The past disks that are served. Any thread. */
final class PastDisks implements Closeable {

  private final List<ServedPast> open = new CopyOnWriteArrayList<>();

  /** All of them, in the order in which they were opened. */
  List<ServedPast> all() {
    return List.copyOf(open);
  }

  /** Those of a disk. */
  List<ServedPast> of(OpenDisk disk) {
    return open.stream().filter(past -> past.of() == disk).toList();
  }

  /** The one of this name. */
  Optional<ServedPast> find(DiskName name) {
    return open.stream().filter(past -> past.name().equals(name)).findFirst();
  }

  /** The one that a target of this name leads to. */
  Optional<ServedPast> findTarget(String target) {
    return open.stream().filter(past -> past.target().equals(target)).findFirst();
  }

  void add(ServedPast past) {
    open.add(past);
  }

  /**
   * Forgets one; whoever does closes it, when no target leads to it any more.
   *
   * @return whether it was there
   */
  boolean remove(ServedPast past) {
    return open.remove(past);
  }

  /** Closes all, and goes on after a failure. */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (ServedPast past : all()) {
      try {
        if (remove(past)) {
          past.close();
        }
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
