package io.everwhen.journal;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Work that a thread of its own does while whoever began it does something else. It uses what its
 * beginner guards, so that one must not leave before it has ended: {@link #close} waits for that.
 * For one thread, which began it.
 */
final class Beside<T> implements AutoCloseable {

  /** The work. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  /** What is done again and again while the end is waited for. */
  @FunctionalInterface
  interface Meanwhile {
    void run() throws IOException;
  }

  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final FutureTask<T> task;
  private boolean interrupted; // and not told before the end
  private boolean asked; // what became of it

  private Beside(FutureTask<T> task) {
    this.task = task;
  }

  /**
   * Begins it.
   *
   * @param name of its thread
   * @throws IOException when there can be no more threads; then it was not begun
   */
  static <T> Beside<T> start(String name, Work<T> work) throws IOException {
    FutureTask<T> task = new FutureTask<>(work::run);
    try {
      Thread.ofPlatform().name(name).start(task);
    } catch (OutOfMemoryError e) {
      throw new IOException("there is no thread for '" + name + "': " + e.getMessage(), e);
    }
    return new Beside<>(task);
  }

  /**
   * Waits until it has ended.
   *
   * @param pause how often {@code meanwhile} is done
   * @return what it gave
   * @throws IOException what it threw; as it does any other exception
   */
  T end(Duration pause, Meanwhile meanwhile) throws IOException {
    while (!await(pause)) {
      meanwhile.run();
    }
    asked = true;
    return switch (task.state()) {
      case SUCCESS -> task.resultNow();
      default -> throw rethrown(task.exceptionNow());
    };
  }

  /** Whether it has ended, or does so in this time. */
  private boolean await(Duration pause) {
    try {
      task.get(pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException _) {
      // Asked for below.
    } catch (InterruptedException _) {
      interrupted = true;
    }
    return task.isDone();
  }

  private static IOException rethrown(Throwable cause) {
    return switch (cause) {
      case IOException e -> e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> new IOException(cause);
    };
  }

  /**
   * Waits until it has ended.
   *
   * @throws IOException what it threw, unless {@link #end} has told; as it does any other exception
   */
  @Override
  public void close() throws IOException {
    boolean ended = false;
    while (!ended) {
      ended = await(PAUSE);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!asked && task.state() == Future.State.FAILED) {
      throw rethrown(task.exceptionNow());
    }
  }
}
