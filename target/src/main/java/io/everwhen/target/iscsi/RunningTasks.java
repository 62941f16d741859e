package io.everwhen.target.iscsi;

import io.everwhen.target.scsi.LogicalUnits;
import java.util.List;

/**
 * The commands that run for others than one connection, at the disks that it sees. For its thread.
 */
final class RunningTasks {

  private final Sessions sessions;
  private final Connection own;
  private final LogicalUnits units;

  RunningTasks(Sessions sessions, Connection own, LogicalUnits units) {
    this.sessions = sessions;
    this.own = own;
    this.units = units;
  }

  /**
   * Returns when every change that was being carried out has been. Those who wait run nothing
   * themselves, and so do not wait for each other.
   */
  void awaitEnds() {
    List<Connection> others =
        sessions.seeing(units).stream()
            .flatMap(session -> session.connections().stream())
            .filter(connection -> connection != own)
            .toList();
    Running.awaitEnds(others, false);
  }
}
