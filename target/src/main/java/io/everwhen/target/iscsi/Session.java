package io.everwhen.target.iscsi;

import io.everwhen.target.iscsi.LoginAnswer.Admission;
import io.everwhen.target.scsi.LogicalUnits;
import io.everwhen.target.scsi.TargetPort;
import io.everwhen.target.scsi.TargetPorts;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * A session: an initiator port's relation with a target, RFC 7143 section 4.4.2, over one or more
 * connections. Which ones, only {@link Sessions} changes.
 */
final class Session {

  private final Admission admission;
  private final int portalGroup;
  private final int tsih;
  private final CommandWindow window;
  private final @Nullable LogicalUnits units;

  /** By which its initiator is let in; null in a discovery session. */
  private @Nullable AccessRule rule;

  /** By connection id. */
  private final ConcurrentMap<Integer, Connection> connections = new ConcurrentHashMap<>();

  /** Connections that are about to be added, so that the session outlives those it has. */
  private int expected;

  private boolean ending;

  /**
   * @param portalGroup tag of the group that it comes over
   * @param groups tags of every group
   */
  Session(
      Admission admission,
      @Nullable AccessRule rule,
      int portalGroup,
      List<Integer> groups,
      int tsih,
      int firstCmdSn) {
    this.admission = admission;
    this.portalGroup = portalGroup;
    this.tsih = tsih;
    this.window = new CommandWindow(firstCmdSn);
    this.rule = rule;
    ServedTarget target = admission.target();
    this.units =
        target == null || rule == null
            ? null
            : new LogicalUnits(
                portName(admission), ports(target.name(), portalGroup, groups), rule.luns());
  }

  /** There are other portal groups now. */
  void groups(List<Integer> groups) {
    ServedTarget target = admission.target();
    if (units != null && target != null) {
      units.ports(ports(target.name(), portalGroup, groups));
    }
  }

  /** Each portal group is a port of the target, RFC 7143 section 4.4.1. */
  private static TargetPorts ports(String target, int own, List<Integer> groups) {
    return new TargetPorts(
        TargetPort.ofPortalGroup(target, own),
        groups.stream().map(tag -> TargetPort.ofPortalGroup(target, tag)).toList());
  }

  /** The name of the initiator port, RFC 7143 section 4.2.7.1. */
  private static String portName(Admission admission) {
    return "%s,i,0x%012x".formatted(admission.initiator(), admission.isid());
  }

  int tsih() {
    return tsih;
  }

  /** Tag of the portal group that all its connections come over. */
  int portalGroup() {
    return portalGroup;
  }

  String initiator() {
    return admission.initiator();
  }

  /** Null in a discovery session. */
  @Nullable ServedTarget target() {
    return admission.target();
  }

  /** Null in a discovery session. */
  @Nullable LogicalUnits units() {
    return units;
  }

  /** Null in a discovery session. */
  @Nullable AccessRule rule() {
    return rule;
  }

  /** Another rule counts from now on; returns whether the initiator sees other disks by it. */
  boolean follow(AccessRule another) {
    AccessRule before = rule;
    rule = another;
    if (units == null || before == null || before.luns().equals(another.luns())) {
      return false;
    }
    units.map(another.luns());
    return true;
  }

  SessionParameters parameters() {
    return admission.parameters();
  }

  CommandWindow window() {
    return window;
  }

  /** Those that are there now. */
  Collection<Connection> connections() {
    return connections.values();
  }

  @Nullable Connection connection(int id) {
    return connections.get(id);
  }

  /** Whether another connection is one too many. */
  boolean full() {
    return connections.size() + expected >= parameters().connectionsMax();
  }

  /** Whether it gets no more connections. */
  boolean ending() {
    return ending;
  }

  /** It gets no more connections. */
  void end() {
    ending = true;
  }

  /** Whether nothing is left of it. */
  boolean over() {
    return connections.isEmpty() && expected == 0;
  }

  /** A connection will be added. */
  void expect() {
    expected++;
  }

  /** The one that was expected is here, or will not come. */
  void expectNoLonger() {
    expected--;
  }

  void add(int id, Connection connection) {
    connections.put(id, connection);
  }

  void remove(Connection connection) {
    connections.values().remove(connection);
  }

  /** Whether a login is one of the same initiator port to the same target. */
  boolean isOf(Admission other) {
    return admission.initiator().equals(other.initiator())
        && admission.isid() == other.isid()
        && admission.target() == other.target();
  }

  /** Ends all its connections, without waiting. */
  void drop(String reason) {
    connections.values().forEach(connection -> connection.close(reason));
  }

  /** Ends the nexus with the logical units. */
  void close() {
    if (units != null) {
      units.close();
    }
  }

  /** Null if it has no connection left. */
  @Nullable SessionStatus status() {
    List<Connection> all = List.copyOf(connections.values());
    return all.isEmpty()
        ? null
        : new SessionStatus(initiator(), all.stream().map(Connection::peer).toList());
  }
}
