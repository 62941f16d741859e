package io.everwhen.target.block;

import java.io.IOException;

/**
 * A disk that could not do what was asked, with the reason that decides what the initiator is told.
 */
public final class DeviceException extends IOException {

  private static final long serialVersionUID = 1L;

  /** Why a disk could not do what was asked. */
  public enum Reason {
    /** The blocks cannot be read back: damaged, or an I/O error while reading. */
    UNREADABLE,
    /**
     * The change cannot be stored: an I/O error while writing, or an earlier one that has stopped
     * the disk.
     */
    UNWRITABLE,
    /** No room is left for the change; nothing was changed. */
    NO_SPACE,
    /** The disk takes no changes. */
    READ_ONLY,
    /** The disk is being opened or closed. */
    NOT_READY
  }

  private final Reason reason;

  public DeviceException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public DeviceException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
