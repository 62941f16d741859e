package io.everwhen.target.scsi;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** All nexuses with a logical unit that are there. Any thread may call it. */
final class Nexuses {

  private final List<Nexus> open = new CopyOnWriteArrayList<>();

  void add(Nexus nexus) {
    open.add(nexus);
  }

  void remove(Nexus nexus) {
    open.remove(nexus);
  }

  /** Raises a unit attention condition for everybody. */
  void raise(Sense condition) {
    open.forEach(nexus -> nexus.raise(condition));
  }

  /** Raises it for everybody else than the nexus that caused it. */
  void raiseExcept(Nexus cause, Sense condition) {
    open.stream().filter(nexus -> nexus != cause).forEach(nexus -> nexus.raise(condition));
  }

  /** Raises it for an initiator port, if it is there. */
  void raise(String port, Sense condition) {
    open.stream()
        .filter(nexus -> nexus.port().equals(port))
        .forEach(nexus -> nexus.raise(condition));
  }
}
