package io.everwhen.target.scsi;

/** The mode parameters of a logical unit as they are. Any thread may call it. */
final class UnitMode {

  private volatile ModeParameters parameters = ModeParameters.DEFAULT;

  ModeParameters parameters() {
    return parameters;
  }

  /** SWP of the control mode page. */
  boolean writeProtected() {
    return parameters.writeProtected();
  }

  /** D_SENSE of the control mode page. */
  boolean descriptorSense() {
    return parameters.descriptorSense();
  }

  /** Replaces them; returns whether anything is different now. */
  synchronized boolean parameters(ModeParameters wanted) {
    boolean different = !wanted.equals(parameters);
    parameters = wanted;
    return different;
  }
}
