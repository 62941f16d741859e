package io.everwhen.target.scsi;

/**
 * The mode parameters of a logical unit that MODE SELECT can change, SPC-4 section 7.5.8.
 *
 * @param writeProtected SWP: no writes until it is cleared
 * @param descriptorSense D_SENSE: sense data has descriptor format
 */
record ModeParameters(boolean writeProtected, boolean descriptorSense) {

  static final ModeParameters DEFAULT = new ModeParameters(false, false);
}
