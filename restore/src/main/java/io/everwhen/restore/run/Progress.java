package io.everwhen.restore.run;

/** Told how far a long piece of work has come. Called by the working thread. */
@FunctionalInterface
public interface Progress {

  /** Nobody is watching. */
  Progress NONE = (done, total) -> {};

  /** {@code done} of {@code total} bytes are done. */
  void at(long done, long total);
}
