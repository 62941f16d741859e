package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** PERSISTENT RESERVE IN and OUT, RESERVE and RELEASE. */
final class ReservationCommands {

  private final Reservations reservations;
  private final Nexuses nexuses;

  ReservationCommands(Reservations reservations, Nexuses nexuses) {
    this.reservations = reservations;
    this.nexuses = nexuses;
  }

  Outcome reserve(UnitNexus nexus) {
    return outcome(reservations.reserve(nexus.registrant()));
  }

  Outcome release(UnitNexus nexus) {
    return outcome(reservations.release(nexus.registrant()));
  }

  Outcome report(Cdb.PersistentReserveIn cdb, DataIn dataIn) throws IOException {
    ByteBuffer reply = ReservationReport.of(cdb.serviceAction(), reservations);
    return reply == null
        ? new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB)
        : UnitInformation.finish(null, reply, cdb.allocationLength(), dataIn);
  }

  Outcome change(UnitNexus nexus, Cdb.PersistentReserveOut cdb, ByteBuffer list) {
    List<Integer> targetPorts =
        nexus.session().ports().all().stream().map(TargetPort::relativeId).toList();
    return switch (ReservationRequest.parse(cdb, list)) {
      case ReservationRequest.Parsed.Refused refused -> new Outcome.CheckCondition(refused.sense());
      case ReservationRequest.Parsed.Request parsed -> {
        ReservationResult result =
            reservations.change(nexus.registrant(), targetPorts, parsed.request());
        if (parsed.request().action() == ReservationRequest.Action.PREEMPT_AND_ABORT) {
          abortPreempted(result);
        }
        yield outcome(result);
      }
    };
  }

  /** What runs has ended before the reservation changed; what waits for data is dropped. */
  private void abortPreempted(ReservationResult result) {
    if (result instanceof ReservationResult.Done done) {
      done.notices().stream()
          .filter(notice -> notice.condition().equals(Sense.REGISTRATIONS_PREEMPTED))
          .forEach(notice -> nexuses.abort(notice.to()));
    }
  }

  private Outcome outcome(ReservationResult result) {
    return switch (result) {
      case ReservationResult.Done done -> {
        done.notices().forEach(notice -> nexuses.raise(notice.to(), notice.condition()));
        yield Outcome.Done.GOOD;
      }
      case ReservationResult.Conflict _ -> Outcome.Done.RESERVATION_CONFLICT;
      case ReservationResult.Refused refused -> new Outcome.CheckCondition(refused.sense());
    };
  }
}
