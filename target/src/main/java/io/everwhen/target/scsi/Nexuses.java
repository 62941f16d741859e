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

  /** Aborts the tasks of everybody, who know of it. */
  void abort() {
    open.forEach(UnitNexus::abort);
  }

  /** Aborts the tasks of everybody, because one nexus wants it. */
  void abort(UnitNexus cause) {
    open.forEach(nexus -> nexus.abort(nexus == cause ? null : Sense.COMMANDS_CLEARED));
  }

  /** Aborts the tasks of one that registered, because another one wants it. */
  void abort(Registrant registrant) {
    open.stream()
        .filter(nexus -> nexus.registrant().equals(registrant))
        .forEach(nexus -> nexus.abort(Sense.COMMANDS_CLEARED));
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
