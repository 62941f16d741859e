package io.everwhen.journal.io;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A machine with some directories, that loses power or fails when it is told to.
 *
 * <p>The faults it knows: a crash before the n-th operation, after which every unsynced write,
 * change of a size and change of a name is kept or dropped, each for itself, and a write may be
 * torn at sector boundaries; the death of the process, after which everything written remains; an
 * operation that fails, also a reading one; a write that is done in part and fails; a volume that
 * is full; a sync that fails and has lost what it was to make durable, whatever later syncs say and
 * whether or not it can still be read.
 */
public final class SimulatedMachine {

  /** What changes something, and is counted as an operation. */
  public enum Io {
    WRITE,
    SYNC,
    CREATE,
    RENAME,
    DELETE,
    SET_SIZE,
    ALLOCATE,
    PUNCH_HOLE,
    SYNC_DIRECTORY
  }

  /** What changes nothing: counted for itself, and no moment for a crash. */
  enum Reading {
    OPEN,
    SIZE,
    LIST,
    READ
  }

  /** What can happen to an operation. */
  public enum Fault {
    CRASH,
    ERROR,
    SHORT_WRITE,
    NO_SPACE,
    FAILED_SYNC,
    FAILED_READ
  }

  /** Told of every operation before it is done. */
  @FunctionalInterface
  public interface Observer {
    void before(Io io);
  }

  private final RandomGenerator random;
  private final Map<String, SimulatedStorage> directories = new TreeMap<>();
  private long operations;
  private long readings;
  private long faultAt = -1;
  private Fault fault = Fault.CRASH;
  private @Nullable Enum<?> faulted;
  private boolean lost;
  private boolean crashed;
  private int incarnation;
  private @Nullable Observer observer;

  /**
   * A machine without directories.
   *
   * @param random decides what failed syncs lose
   */
  public SimulatedMachine(RandomGenerator random) {
    this.random = random;
  }

  /** A directory, made when it is first asked for; its volume is boundless until told otherwise. */
  public synchronized SimulatedStorage directory(String name) {
    return directories.computeIfAbsent(name, n -> new SimulatedStorage(this, n));
  }

  /** Operations begun so far. */
  public synchronized long operations() {
    return operations;
  }

  /**
   * Lets something happen to the operation after {@code more} others; {@link Fault#FAILED_READ} to
   * one that reads.
   */
  public synchronized void arm(long more, Fault what) {
    faultAt = (what == Fault.FAILED_READ ? readings : operations) + more;
    fault = what;
    faulted = null;
  }

  /** Takes back what {@link #arm} has prepared. */
  public synchronized void disarm() {
    faultAt = -1;
  }

  /** The operation that the fault has hit; null while it has not. */
  public synchronized @Nullable Enum<?> faulted() {
    return faulted;
  }

  /** Whether a failed sync has lost something so that it cannot even be read any more. */
  public synchronized boolean hasLost() {
    return lost;
  }

  void lost(boolean more) {
    lost |= more;
  }

  /** Whether the power has failed and has not come back. */
  public synchronized boolean isDown() {
    return crashed;
  }

  /** Puts somebody before every operation. */
  public synchronized void observe(@Nullable Observer next) {
    observer = next;
  }

  /** The process dies, nothing is lost: until somebody opens the directories again. */
  public synchronized void kill() {
    restart();
    directories.values().forEach(SimulatedStorage::releaseLocks);
  }

  /** The power fails and comes back. */
  public synchronized void crash(RandomGenerator how) {
    restart();
    lost = false;
    directories.values().forEach(directory -> directory.crash(how));
  }

  private void restart() {
    crashed = false;
    faultAt = -1;
    incarnation++;
  }

  /**
   * Another machine in the same state, with everything that is unsynced; nothing of it is locked or
   * open.
   */
  public synchronized SimulatedMachine fork(RandomGenerator forkRandom) {
    SimulatedMachine fork = new SimulatedMachine(forkRandom);
    fork.lost = lost;
    directories.forEach((name, directory) -> fork.directories.put(name, directory.copyTo(fork)));
    return fork;
  }

  int incarnation() {
    return incarnation;
  }

  RandomGenerator random() {
    return random;
  }

  void checkAlive(int since) {
    if (crashed || since != incarnation) {
      throw new SimulatedCrash("the machine is down");
    }
  }

  /** Counts an operation; returns the partial failure that it is to carry out itself, or null. */
  @Nullable Fault begin(Io io, int since) throws IOException {
    checkAlive(since);
    Observer told = observer;
    if (told != null) {
      told.before(io);
    }
    if (operations++ != faultAt || fault == Fault.FAILED_READ) {
      return null;
    }
    faulted = io;
    return switch (fault) {
      case CRASH -> {
        crashed = true;
        throw new SimulatedCrash("the power fails before " + io);
      }
      case ERROR -> {
        if (io == Io.SYNC) {
          yield Fault.FAILED_SYNC;
        }
        throw new IOException("simulated input/output error in " + io);
      }
      case NO_SPACE -> {
        if (io == Io.WRITE || io == Io.ALLOCATE || io == Io.CREATE) {
          throw new NoSpaceException("simulated lack of space in " + io);
        }
        throw new IOException("simulated input/output error in " + io);
      }
      case SHORT_WRITE, FAILED_SYNC, FAILED_READ -> fault;
    };
  }

  void beginReading(Reading reading, int since) throws IOException {
    checkAlive(since);
    if (readings++ == faultAt && fault == Fault.FAILED_READ) {
      faulted = reading;
      throw new IOException("simulated input/output error in " + reading);
    }
  }
}
