package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Extent;
import java.nio.ByteBuffer;
import java.util.List;

/** Carries out FORMAT UNIT, SBC-3 section 5.3: the disk becomes zeros, as one change. */
final class Formatter {

  private static final int OPTIONS_AT = 1;
  private static final int SHORT_LENGTH_AT = 2;
  private static final int LONG_LENGTH_AT = 4;

  /** IMMED of the parameter list. */
  private static final int IMMEDIATE = 0x02;

  /** IP: an initialization pattern follows, and VS: vendor specific. */
  private static final int PATTERN_OR_VENDOR = 0x09;

  private final BlockDevice disk;
  private final LongOperation operation;

  Formatter(BlockDevice disk, LongOperation operation) {
    this.disk = disk;
    this.operation = operation;
  }

  Outcome format(Cdb.FormatUnit cdb, ByteBuffer list) {
    int at = list.position();
    int options = cdb.data() ? list.get(at + OPTIONS_AT) : 0;
    int defects = 0;
    if (cdb.data()) {
      defects =
          cdb.longList() ? list.getInt(at + LONG_LENGTH_AT) : list.getShort(at + SHORT_LENGTH_AT);
    }
    boolean protection = cdb.data() && list.get(at) != 0;
    if (defects != 0 || protection || (options & PATTERN_OR_VENDOR) != 0) {
      return new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    }
    var end =
        operation.start(
            Sense.FORMAT_IN_PROGRESS,
            null,
            _ -> {
              disk.zero(List.of(new Extent(0, disk.geometry().blockCount())), true);
              disk.flush();
            });
    return (options & IMMEDIATE) != 0 ? Outcome.Done.GOOD : new Outcome.Pending(end);
  }
}
