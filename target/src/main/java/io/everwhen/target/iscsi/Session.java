package io.everwhen.target.iscsi;

import io.everwhen.target.iscsi.LoginAnswer.Admission;
import io.everwhen.target.scsi.LogicalUnits;
import org.jspecify.annotations.Nullable;

/**
 * A session: an initiator port's relation with a target, RFC 7143 section 4.4.2. Today over one
 * connection.
 */
final class Session {

  private final Admission admission;
  private final int tsih;
  private final CommandWindow window;
  private final Connection connection;
  private final @Nullable LogicalUnits units;

  Session(Admission admission, int tsih, int firstCmdSn, Connection connection) {
    this.admission = admission;
    this.tsih = tsih;
    this.window = new CommandWindow(firstCmdSn);
    this.connection = connection;
    ServedTarget target = admission.target();
    this.units = target == null ? null : new LogicalUnits(portName(admission), target.luns());
  }

  /** The name of the initiator port, RFC 7143 section 4.2.7.1. */
  private static String portName(Admission admission) {
    return "%s,i,0x%012x".formatted(admission.initiator(), admission.isid());
  }

  int tsih() {
    return tsih;
  }

  String initiator() {
    return admission.initiator();
  }

  /** Null in a discovery session. */
  @Nullable ServedTarget target() {
    return admission.target();
  }

  int connectionId() {
    return admission.connectionId();
  }

  /** Null in a discovery session. */
  @Nullable LogicalUnits units() {
    return units;
  }

  SessionParameters parameters() {
    return admission.parameters();
  }

  CommandWindow window() {
    return window;
  }

  Connection connection() {
    return connection;
  }

  /** Whether a login as {@code other} takes this one's place, RFC 7143 section 6.3.5. */
  boolean isReplacedBy(Admission other) {
    return admission.initiator().equals(other.initiator())
        && admission.isid() == other.isid()
        && admission.target() == other.target();
  }

  /** Ends the nexus with the logical units. */
  void close() {
    if (units != null) {
      units.close();
    }
  }

  SessionStatus status() {
    return new SessionStatus(initiator(), connection.peer());
  }
}
