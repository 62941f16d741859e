package io.everwhen.target.scsi;

import io.everwhen.target.block.DeviceException;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the initiator is told when the disk fails. */
final class DeviceFailure {

  private static final Logger log = LoggerFactory.getLogger(DeviceFailure.class);

  private DeviceFailure() {}

  /** CHECK CONDITION for a command that reads and has changed nothing. */
  static Outcome reading(String command, Exception failure) {
    return new Outcome.CheckCondition(sense(command, failure, Sense.UNRECOVERED_READ_ERROR));
  }

  /** CHECK CONDITION for a command whose change failed. */
  static Outcome changing(String command, Exception failure) {
    return new Outcome.ChangesLost(sense(command, failure, Sense.WRITE_ERROR));
  }

  /**
   * @param otherwise what an I/O error without a reason means
   */
  static Sense sense(String action, Exception failure, Sense otherwise) {
    if (failure instanceof DeviceException device) {
      return switch (device.reason()) {
        case UNREADABLE -> Sense.UNRECOVERED_READ_ERROR;
        case UNWRITABLE -> Sense.WRITE_ERROR;
        case NO_SPACE -> Sense.SPACE_ALLOCATION_FAILED;
        case READ_ONLY -> Sense.WRITE_PROTECTED;
        case NOT_READY -> Sense.BECOMING_READY;
      };
    }
    log.error("{} failed", action, failure);
    return failure instanceof IOException ? otherwise : Sense.INTERNAL_TARGET_FAILURE;
  }
}
