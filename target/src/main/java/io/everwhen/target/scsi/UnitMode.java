package io.everwhen.target.scsi;

/** The mode parameters of a logical unit that can be changed. Any thread may call it. */
final class UnitMode {

  private volatile boolean writeProtected;

  /** SWP of the control mode page. */
  boolean writeProtected() {
    return writeProtected;
  }

  void writeProtected(boolean value) {
    writeProtected = value;
  }
}
