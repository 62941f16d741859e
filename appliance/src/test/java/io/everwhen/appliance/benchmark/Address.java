package io.everwhen.appliance.benchmark;

/**
 * A LUN on this machine.
 *
 * @param port where it is served on 127.0.0.1
 * @param target the target's name; {@link #ECHO} where there is no iSCSI, but only its message
 *     sizes
 * @param lun its number
 */
record Address(int port, String target, int lun) {

  static final String ECHO = "echo";

  boolean echoes() {
    return target.equals(ECHO);
  }

  /** How libiscsi finds it. */
  String url() {
    return "iscsi://127.0.0.1:" + port + "/" + target + "/" + lun;
  }
}
