package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.appliance.store.StoredGroup;
import io.everwhen.journal.history.History.Point;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The branches among the disks that are served: writable disks that begin in the past of another.
 * One thing at a time; those that are to be disks of their own are copied by a thread each.
 */
final class Branches implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(Branches.class);

  private final DataDirectory data;
  private final ServedDisks disks;
  private final Map<String, Keeping> keeping = new ConcurrentSkipListMap<>();
  private volatile boolean ending;

  Branches(DataDirectory data, ServedDisks disks) {
    this.data = data;
    this.disks = disks;
  }

  /** All of them. */
  List<OpenDisk> all() {
    return disks.all().stream().filter(disk -> disk.disk().branch() != null).toList();
  }

  /** The one of this name. */
  Optional<OpenDisk> find(DiskName name) {
    return all().stream().filter(disk -> disk.disk().name().equals(name)).findFirst();
  }

  /**
   * Finishes what was interrupted: deletes what is left of branches that were ended, and lets
   * instants go that are held for branches that are not there.
   */
  void finishInterrupted() throws IOException {
    data.finishDeleting();
    for (OpenGroup group : disks.groups()) {
      for (DiskName name : group.snapshots().branches()) {
        if (find(name).isEmpty()) {
          group.snapshots().letGoOfBranch(name);
        }
      }
    }
  }

  /**
   * Makes one and opens it; no target leads to it yet.
   *
   * @param of the disk that it begins as
   * @param at as of when; nothing may be folded or thinned meanwhile
   * @param wanted the branch as a disk that is not there yet
   */
  OpenDisk make(OpenDisk of, Point at, StoredDisk wanted) throws IOException {
    StoredDisk branch =
        wanted
            .withBranch(new StoredDisk.Branch(of.disk().name(), at.sequence(), false))
            .withEncoding(of.disk().encoding())
            .withHistoryBytes(of.disk().historyBytes());
    // First of all: without it there is nothing to begin with.
    of.openGroup().snapshots().holdForBranch(branch.name(), at);
    try {
      return disks.open(new StoredGroup(List.of(branch))).disks().getFirst();
    } catch (IOException | RuntimeException e) {
      if (data.disk(branch.name()).isEmpty()) {
        of.openGroup().snapshots().letGoOfBranch(branch.name());
      }
      throw e;
    }
  }

  /** Ends one, and deletes it; no target may lead to it any more. */
  void end(OpenDisk branch) throws IOException {
    StoredDisk stored = branch.disk();
    disks.close(branch.openGroup());
    data.deleteBranch(stored);
    letGo(stored);
  }

  private void letGo(StoredDisk stored) throws IOException {
    StoredDisk.Branch branch = stored.branch();
    Optional<OpenDisk> of = branch == null ? Optional.empty() : disks.find(branch.of());
    if (of.isPresent()) {
      of.get().openGroup().snapshots().letGoOfBranch(stored.name());
    }
  }

  /**
   * Begins to make one a disk of its own; that goes on at the next start, if need be.
   *
   * @param done told when it is, by another thread
   */
  void keep(OpenDisk branch, Consumer<OpenDisk> done) throws IOException {
    branch.noteToKeep();
    Keeping before = keeping.get(branch.disk().name().value());
    if (before == null || before.problem != null) {
      Keeping one = new Keeping(branch, done);
      keeping.put(branch.disk().name().value(), one);
      one.thread.start();
    }
  }

  /** Goes on with those that were to be disks of their own. */
  void resume(Consumer<OpenDisk> done) throws IOException {
    for (OpenDisk branch : all()) {
      StoredDisk.Branch stored = branch.disk().branch();
      if (stored != null && stored.keep()) {
        keep(branch, done);
      }
    }
  }

  /** One is a disk of its own: remembers that, and lets the instant go. */
  void kept(OpenDisk branch) throws IOException {
    StoredDisk stored = branch.disk();
    branch.noteKept();
    letGo(stored);
    log.info("{} is a disk of its own", stored.name());
  }

  /** Whether one is being made a disk of its own. */
  boolean isBeingKept(OpenDisk branch) {
    Keeping one = keeping.get(branch.disk().name().value());
    return one != null && one.problem == null;
  }

  /** Why one could not be made a disk of its own; null when nothing failed. */
  @Nullable String problem(OpenDisk branch) {
    Keeping one = keeping.get(branch.disk().name().value());
    return one == null ? null : one.problem;
  }

  /** How much was copied of one that is being made a disk of its own. */
  long copiedBytes(OpenDisk branch) {
    Keeping one = keeping.get(branch.disk().name().value());
    return one == null ? 0 : one.copiedBytes.get();
  }

  /** One that is being copied. */
  private final class Keeping {

    private final OpenDisk branch;
    private final Consumer<OpenDisk> done;
    private final Thread thread;
    private volatile @Nullable String problem;
    private final AtomicLong copiedBytes = new AtomicLong();

    Keeping(OpenDisk branch, Consumer<OpenDisk> done) {
      this.branch = branch;
      this.done = done;
      this.thread = Thread.ofPlatform().name("keep " + branch.disk().name()).unstarted(this::run);
    }

    private void run() {
      DiskName name = branch.disk().name();
      try {
        branch.group().keep(bytes -> copied(bytes, name));
        done.accept(branch);
        keeping.remove(name.value(), this);
      } catch (InterruptedIOException e) {
        log.info("{}", e.getMessage());
      } catch (IOException | RuntimeException e) {
        problem =
            "it could not be made a disk of its own, and still is a branch: %s. 'everwhen close %s --keep' tries again"
                .formatted(e.getMessage(), name);
        log.error("{}: {}", name, problem, e);
      }
    }

    private void copied(long bytes, DiskName name) throws InterruptedIOException {
      copiedBytes.addAndGet(bytes);
      if (ending) {
        throw new InterruptedIOException(
            name + " is not a disk of its own yet; the next start goes on with that");
      }
    }
  }

  /** Ends what goes on, soon. */
  @Override
  public void close() {
    ending = true;
    for (Keeping one : keeping.values()) {
      try {
        one.thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
