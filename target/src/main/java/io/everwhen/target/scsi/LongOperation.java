package io.everwhen.target.scsi;

import io.everwhen.target.block.DeviceException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a logical unit is busy with: FORMAT UNIT or SANITIZE, on a thread of its own and so whatever
 * becomes of who has asked for it. Meanwhile the unit is not ready for other commands. Any thread
 * may call it.
 */
final class LongOperation {

  private static final int PROGRESS_ALL = 0xffff;

  /** Does the work. */
  @FunctionalInterface
  interface Work {
    void run(Progress progress) throws IOException;
  }

  /** Is told how much of the work is done. */
  @FunctionalInterface
  interface Progress {
    /** May throw to end the work. */
    void done(long of, long all) throws IOException;
  }

  /** What other commands are told, with the progress; null if there is nothing in their way. */
  private volatile @Nullable Sense inTheWay;

  private boolean running;
  private volatile boolean ending;

  /** Why a command cannot be carried out now, or null. */
  @Nullable Sense keepsOut(Cdb cdb) {
    Sense sense = inTheWay;
    boolean admitted =
        sense == null || cdb.alwaysAnswered() || cdb instanceof Cdb.ReportOperationCodes;
    boolean retried = !admitted && !isRunning() && cdb instanceof Cdb.Sanitize;
    return admitted || retried ? null : sense;
  }

  /** What REQUEST SENSE tells of it, or null. */
  @Nullable Sense state() {
    return inTheWay;
  }

  private synchronized boolean isRunning() {
    return running;
  }

  /**
   * Begins. The caller has made sure that nothing else runs.
   *
   * @param meanwhile what other commands are told
   * @param afterFailure what they are told if it fails, until it is done again; null if nothing
   * @return its outcome, which has nothing left to be settled
   */
  CompletableFuture<Outcome> start(Sense meanwhile, @Nullable Sense afterFailure, Work work) {
    synchronized (this) {
      running = true;
      inTheWay = meanwhile.at65536ths(0);
    }
    CompletableFuture<Outcome> end = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("long operation")
        .start(() -> end.complete(run(meanwhile, afterFailure, work)));
    return end;
  }

  private Outcome run(Sense meanwhile, @Nullable Sense afterFailure, Work work) {
    Outcome outcome;
    try {
      work.run((done, all) -> {
        if (ending) {
          throw new DeviceException(DeviceException.Reason.NOT_READY, "the disk is being closed");
        }
        inTheWay = meanwhile.at65536ths((int) (PROGRESS_ALL * ((double) done / all)));
      });
      outcome = Outcome.Done.GOOD;
    } catch (IOException | RuntimeException e) {
      outcome =
          new Outcome.CheckCondition(DeviceFailure.sense("long operation", e, Sense.WRITE_ERROR));
    } catch (OutOfMemoryError e) {
      // Whoever asked is still answered, and the unit does not stay busy.
      RuntimeException failure = new IllegalStateException("out of memory", e);
      outcome =
          new Outcome.CheckCondition(
              DeviceFailure.sense("long operation", failure, Sense.INTERNAL_TARGET_FAILURE));
    }
    synchronized (this) {
      running = false;
      inTheWay = outcome instanceof Outcome.Done ? null : afterFailure;
      notifyAll();
    }
    return outcome;
  }

  /**
   * Ends what goes on, as failed unless that is one change of the disk; and waits for it. The
   * caller has made sure that nothing begins any more.
   */
  synchronized void end() {
    ending = true;
    boolean interrupted = false;
    while (running) {
      try {
        wait();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Forgets a failure. */
  synchronized void recover() {
    if (!running) {
      inTheWay = null;
    }
  }
}
