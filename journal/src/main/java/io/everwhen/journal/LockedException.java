package io.everwhen.journal;

import java.io.IOException;

/** A group that another process has open. */
public final class LockedException extends IOException {

  private static final long serialVersionUID = 1L;

  LockedException(String where) {
    super(
        where
            + " is in use by another Everwhen. Stop that one first, or give this one a directory of its own");
  }
}
