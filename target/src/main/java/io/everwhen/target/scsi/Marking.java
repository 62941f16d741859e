package io.everwhen.target.scsi;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.everwhen.target.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/**
 * Carries out MARK, which gives this instant of a disk a name. It is a vendor-specific command of
 * 10 bytes, the length that systems expect of such an operation code if nobody tells them:
 *
 * <pre>
 * byte 0      operation code C0h
 * bytes 1-6   reserved, 0
 * bytes 7-8   PARAMETER LIST LENGTH: bytes of the name
 * byte 9      CONTROL
 * </pre>
 *
 * <p>The parameter list is the name in UTF-8, and nothing else. The mark has its place among the
 * changes of the disk: those that have ended with GOOD before it was sent are before it, and those
 * that are sent when it has ended are behind it.
 */
final class Marking {

  private final BlockDevice disk;

  Marking(BlockDevice disk) {
    this.disk = disk;
  }

  Outcome mark(ByteBuffer list) {
    try {
      disk.mark(UTF_8.newDecoder().decode(list).toString());
      return Outcome.Done.GOOD;
    } catch (CharacterCodingException | IllegalArgumentException e) {
      return new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    } catch (IOException | RuntimeException e) {
      return DeviceFailure.changing("mark", e);
    }
  }
}
