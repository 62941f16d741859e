package io.everwhen.target.scsi;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** All nexuses with a logical unit that are there. Any thread may call it. */
final class Nexuses {

  private final List<UnitNexus> open = new CopyOnWriteArrayList<>();

  void add(UnitNexus nexus) {
    open.add(nexus);
  }

  void remove(UnitNexus nexus) {
    open.remove(nexus);
  }

  /** Raises a unit attention condition for everybody. */
  void raise(Sense condition) {
    open.forEach(nexus -> nexus.raise(condition));
  }

  /** Aborts the tasks of everybody. */
  void abort() {
    open.forEach(UnitNexus::abort);
  }

  /** Aborts the tasks of one that registered, if it is there. */
  void abort(Registrant registrant) {
    open.stream().filter(nexus -> nexus.registrant().equals(registrant)).forEach(UnitNexus::abort);
  }

  /** Raises it for everybody else than the nexus that caused it. */
  void raiseExcept(UnitNexus cause, Sense condition) {
    open.stream().filter(nexus -> nexus != cause).forEach(nexus -> nexus.raise(condition));
  }

  /** Raises it for one that registered, if it is there. */
  void raise(Registrant registrant, Sense condition) {
    open.stream()
        .filter(nexus -> nexus.registrant().equals(registrant))
        .forEach(nexus -> nexus.raise(condition));
  }
}
