package io.everwhen.target.scsi;

/**
 * What can be chosen about how a disk is served.
 *
 * @param zeroLengthWriteSame whether WRITE SAME of 0 blocks reaches to the end of the disk (WSNZ
 *     0), rather than being refused (WSNZ 1)
 */
public record UnitOptions(boolean zeroLengthWriteSame) {

  /** What initiators get along with best. */
  public static final UnitOptions DEFAULT = new UnitOptions(false);
}
