package io.everwhen.target.scsi;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * READ BUFFER and WRITE BUFFER, SPC-4 sections 6.18 and 6.49: an echo buffer and a data buffer, by
 * which an initiator tests the way to the unit. Each nexus has its own, made when it is first
 * written. Any thread may call it.
 */
final class ScratchBuffers {

  /** Bytes of the echo buffer. */
  static final int ECHO_BYTES = 4096;

  /** Bytes of the data buffer. */
  static final int DATA_BYTES = 16 << 10;

  private static final int DATA = 0x02;
  private static final int DESCRIPTOR = 0x03;
  private static final int ECHO = 0x0a;
  private static final int ECHO_DESCRIPTOR = 0x0b;

  /** EBOS: nobody else can overwrite a nexus's echo buffer. */
  private static final int OWN_ECHO_BUFFER = 0x01;

  private @Nullable ByteBuffer echo;
  private byte @Nullable [] data;

  /** Returns why a WRITE BUFFER cannot be carried out, or null. */
  static @Nullable Sense check(Cdb.WriteBuffer cdb) {
    boolean fits =
        switch (cdb.mode()) {
          case DATA ->
              cdb.bufferId() == 0 && cdb.offset() + cdb.parameterListLength() <= DATA_BYTES;
          case ECHO -> cdb.parameterListLength() <= ECHO_BYTES;
          default -> false;
        };
    return fits ? null : Sense.INVALID_FIELD_IN_CDB;
  }

  /** Carries out a WRITE BUFFER that passed {@link #check}. */
  synchronized void write(Cdb.WriteBuffer cdb, ByteBuffer from) {
    if (cdb.mode() == ECHO) {
      echo = ByteBuffer.allocate(from.remaining()).put(from).flip();
      return;
    }
    if (data == null) {
      data = new byte[DATA_BYTES];
    }
    from.get(data, cdb.offset(), from.remaining());
  }

  /**
   * Carries out a READ BUFFER: appends what it returns.
   *
   * @return why it cannot be, or null
   */
  synchronized @Nullable Sense read(ByteBuffer out, Cdb.ReadBuffer cdb) {
    switch (cdb.mode()) {
      case DATA -> {
        if (cdb.bufferId() != 0 || cdb.offset() > DATA_BYTES) {
          return Sense.INVALID_FIELD_IN_CDB;
        }
        out.put(
            data == null ? new byte[DATA_BYTES] : data, cdb.offset(), DATA_BYTES - cdb.offset());
      }
      // Any offset and length will do; no other buffer has a capacity. SPC-4 section 6.18.5.
      case DESCRIPTOR -> out.putInt(cdb.bufferId() == 0 ? DATA_BYTES : 0);
      case ECHO -> {
        if (echo == null) {
          return Sense.COMMAND_SEQUENCE_ERROR;
        }
        out.put(echo.duplicate());
      }
      case ECHO_DESCRIPTOR ->
          out.put((byte) OWN_ECHO_BUFFER).put((byte) 0).putShort((short) ECHO_BYTES);
      default -> {
        return Sense.INVALID_FIELD_IN_CDB;
      }
    }
    return null;
  }
}
