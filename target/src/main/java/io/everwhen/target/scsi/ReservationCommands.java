package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;

/** PERSISTENT RESERVE IN and OUT, RESERVE and RELEASE. */
final class ReservationCommands {

  private final Reservations reservations;
  private final Nexuses nexuses;

  ReservationCommands(Reservations reservations, Nexuses nexuses) {
    this.reservations = reservations;
    this.nexuses = nexuses;
  }

  Outcome reserve(UnitNexus nexus) {
    return outcome(reservations.reserve(nexus.port()));
  }

  Outcome release(UnitNexus nexus) {
    return outcome(reservations.release(nexus.port()));
  }

  Outcome report(Cdb.PersistentReserveIn cdb, DataIn dataIn) throws IOException {
    ByteBuffer reply = ReservationReport.of(cdb.serviceAction(), reservations.state());
    return reply == null
        ? new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB)
        : UnitInformation.finish(null, reply, cdb.allocationLength(), dataIn);
  }

  Outcome change(UnitNexus nexus, Cdb.PersistentReserveOut cdb, ByteBuffer list) {
    ReservationRequest request = ReservationRequest.parse(cdb, list);
    return request == null
        ? new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_PARAMETER_LIST)
        : outcome(reservations.change(nexus.port(), request));
  }

  private Outcome outcome(Reservations.Result result) {
    return switch (result) {
      case Reservations.Result.Done done -> {
        done.notices().forEach(notice -> nexuses.raise(notice.port(), notice.condition()));
        yield Outcome.Done.GOOD;
      }
      case Reservations.Result.Conflict _ -> Outcome.Done.RESERVATION_CONFLICT;
      case Reservations.Result.Refused refused -> new Outcome.CheckCondition(refused.sense());
    };
  }
}
