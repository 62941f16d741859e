package io.everwhen.target.scsi;

import java.nio.ByteBuffer;

/**
 * Why a command ended in CHECK CONDITION: sense key, additional sense code and its qualifier, SPC-4
 * section 4.5.
 *
 * @param key sense key, 0 to 15
 * @param asc additional sense code
 * @param ascq additional sense code qualifier
 * @param field the byte of the CDB that is wrong, or -1 if none is named
 * @param information what the command's standard defines for this error, 32 bits; or -1 for none
 * @param progress how far an operation is, in 65536ths; or -1 if none goes on
 */
public record Sense(int key, int asc, int ascq, int field, long information, int progress) {

  private static final int NO_SENSE_KEY = 0x0;
  private static final int NOT_READY_KEY = 0x2;
  private static final int MEDIUM_ERROR_KEY = 0x3;
  private static final int HARDWARE_ERROR_KEY = 0x4;
  private static final int ILLEGAL_REQUEST_KEY = 0x5;
  private static final int UNIT_ATTENTION_KEY = 0x6;
  private static final int DATA_PROTECT_KEY = 0x7;
  private static final int COPY_ABORTED_KEY = 0xa;
  private static final int ABORTED_COMMAND_KEY = 0xb;
  private static final int MISCOMPARE_KEY = 0xe;

  public static final Sense NO_SENSE = new Sense(NO_SENSE_KEY, 0x00, 0x00);
  public static final Sense BECOMING_READY = new Sense(NOT_READY_KEY, 0x04, 0x01);
  public static final Sense FORMAT_IN_PROGRESS = new Sense(NOT_READY_KEY, 0x04, 0x04);
  public static final Sense SANITIZE_IN_PROGRESS = new Sense(NOT_READY_KEY, 0x04, 0x1b);
  public static final Sense MEDIUM_NOT_PRESENT = new Sense(NOT_READY_KEY, 0x3a, 0x00);
  public static final Sense WRITE_ERROR = new Sense(MEDIUM_ERROR_KEY, 0x0c, 0x00);
  public static final Sense UNRECOVERED_READ_ERROR = new Sense(MEDIUM_ERROR_KEY, 0x11, 0x00);
  public static final Sense SANITIZE_FAILED = new Sense(MEDIUM_ERROR_KEY, 0x31, 0x03);
  public static final Sense INTERNAL_TARGET_FAILURE = new Sense(HARDWARE_ERROR_KEY, 0x44, 0x00);
  public static final Sense INVALID_FIELD_IN_INFORMATION_UNIT =
      new Sense(ILLEGAL_REQUEST_KEY, 0x0e, 0x03);
  public static final Sense PARAMETER_LIST_LENGTH_ERROR =
      new Sense(ILLEGAL_REQUEST_KEY, 0x1a, 0x00);
  public static final Sense INVALID_COMMAND_OPERATION_CODE =
      new Sense(ILLEGAL_REQUEST_KEY, 0x20, 0x00);
  public static final Sense LBA_OUT_OF_RANGE = new Sense(ILLEGAL_REQUEST_KEY, 0x21, 0x00);
  public static final Sense TOKEN_UNKNOWN = new Sense(ILLEGAL_REQUEST_KEY, 0x23, 0x04);
  public static final Sense TOKEN_REVOKED = new Sense(ILLEGAL_REQUEST_KEY, 0x23, 0x06);
  public static final Sense INVALID_FIELD_IN_CDB = new Sense(ILLEGAL_REQUEST_KEY, 0x24, 0x00);
  public static final Sense LOGICAL_UNIT_NOT_SUPPORTED = new Sense(ILLEGAL_REQUEST_KEY, 0x25, 0x00);
  public static final Sense INVALID_FIELD_IN_PARAMETER_LIST =
      new Sense(ILLEGAL_REQUEST_KEY, 0x26, 0x00);
  public static final Sense INVALID_RELEASE_OF_PERSISTENT_RESERVATION =
      new Sense(ILLEGAL_REQUEST_KEY, 0x26, 0x04);
  public static final Sense COMMAND_SEQUENCE_ERROR = new Sense(ILLEGAL_REQUEST_KEY, 0x2c, 0x00);
  public static final Sense MEDIUM_REMOVAL_PREVENTED = new Sense(ILLEGAL_REQUEST_KEY, 0x53, 0x02);
  public static final Sense INSUFFICIENT_REGISTRATION_RESOURCES =
      new Sense(ILLEGAL_REQUEST_KEY, 0x55, 0x04);
  public static final Sense SAVING_PARAMETERS_NOT_SUPPORTED =
      new Sense(ILLEGAL_REQUEST_KEY, 0x39, 0x00);
  public static final Sense MEDIUM_MAY_HAVE_CHANGED = new Sense(UNIT_ATTENTION_KEY, 0x28, 0x00);
  public static final Sense COMMANDS_CLEARED = new Sense(UNIT_ATTENTION_KEY, 0x2f, 0x00);
  public static final Sense DEVICE_RESET = new Sense(UNIT_ATTENTION_KEY, 0x29, 0x03);
  public static final Sense MODE_PARAMETERS_CHANGED = new Sense(UNIT_ATTENTION_KEY, 0x2a, 0x01);
  public static final Sense CAPACITY_DATA_HAS_CHANGED = new Sense(UNIT_ATTENTION_KEY, 0x2a, 0x09);
  public static final Sense INQUIRY_DATA_HAS_CHANGED = new Sense(UNIT_ATTENTION_KEY, 0x3f, 0x03);
  public static final Sense REPORTED_LUNS_DATA_HAS_CHANGED =
      new Sense(UNIT_ATTENTION_KEY, 0x3f, 0x0e);
  public static final Sense RESERVATIONS_PREEMPTED = new Sense(UNIT_ATTENTION_KEY, 0x2a, 0x03);
  public static final Sense RESERVATIONS_RELEASED = new Sense(UNIT_ATTENTION_KEY, 0x2a, 0x04);
  public static final Sense REGISTRATIONS_PREEMPTED = new Sense(UNIT_ATTENTION_KEY, 0x2a, 0x05);
  public static final Sense WRITE_PROTECTED = new Sense(DATA_PROTECT_KEY, 0x27, 0x00);
  public static final Sense SPACE_ALLOCATION_FAILED = new Sense(DATA_PROTECT_KEY, 0x27, 0x07);
  public static final Sense PROTOCOL_SERVICE_CRC_ERROR = new Sense(ABORTED_COMMAND_KEY, 0x47, 0x05);
  public static final Sense DATA_PHASE_ERROR = new Sense(ABORTED_COMMAND_KEY, 0x4b, 0x00);
  public static final Sense UNEXPECTED_UNSOLICITED_DATA =
      new Sense(ABORTED_COMMAND_KEY, 0x0c, 0x0c);
  public static final Sense NOT_ENOUGH_UNSOLICITED_DATA =
      new Sense(ABORTED_COMMAND_KEY, 0x0c, 0x0d);
  public static final Sense OPERATION_IN_PROGRESS = new Sense(ILLEGAL_REQUEST_KEY, 0x00, 0x16);
  public static final Sense TOO_MANY_TARGET_DESCRIPTORS =
      new Sense(ILLEGAL_REQUEST_KEY, 0x26, 0x06);
  public static final Sense UNSUPPORTED_TARGET_DESCRIPTOR =
      new Sense(ILLEGAL_REQUEST_KEY, 0x26, 0x07);
  public static final Sense TOO_MANY_SEGMENT_DESCRIPTORS =
      new Sense(ILLEGAL_REQUEST_KEY, 0x26, 0x08);
  public static final Sense UNSUPPORTED_SEGMENT_DESCRIPTOR =
      new Sense(ILLEGAL_REQUEST_KEY, 0x26, 0x09);
  public static final Sense INLINE_DATA_LENGTH_EXCEEDED =
      new Sense(ILLEGAL_REQUEST_KEY, 0x26, 0x0b);
  public static final Sense COPY_SEGMENT_WRONG = new Sense(COPY_ABORTED_KEY, 0x00, 0x00);
  public static final Sense UNREACHABLE_COPY_TARGET = new Sense(COPY_ABORTED_KEY, 0x08, 0x04);
  public static final Sense THIRD_PARTY_DEVICE_FAILURE = new Sense(COPY_ABORTED_KEY, 0x0d, 0x01);
  public static final Sense UNEXPECTED_INEXACT_SEGMENT = new Sense(COPY_ABORTED_KEY, 0x26, 0x0a);
  public static final Sense MISCOMPARE_DURING_VERIFY = new Sense(MISCOMPARE_KEY, 0x1d, 0x00);

  private static final int RESET_OCCURRED = 0x29;

  /** Bytes of fixed-format sense data. */
  public static final int FIXED_BYTES = 18;

  /** The most bytes of descriptor-format sense data. */
  public static final int DESCRIPTOR_BYTES_MAX = 28;

  private static final int CURRENT_FIXED = 0x70;
  private static final int CURRENT_DESCRIPTOR = 0x72;

  private static final int NO_FIELD = -1;
  private static final int NO_INFORMATION = -1;
  private static final int NO_PROGRESS = -1;

  /** VALID in fixed format, and in the information descriptor: the field means something. */
  private static final int VALID = 0x80;

  private static final int INFORMATION_TYPE = 0x00;
  private static final int INFORMATION_BYTES = 10;

  /** SKSV and C/D: a field pointer follows, and points into the CDB. SPC-4 section 4.5.2.4.2. */
  private static final int FIELD_IN_CDB = 0xc0;

  /** SKSV. */
  private static final int SPECIFIC_VALID = 0x80;

  private static final int SENSE_KEY_SPECIFIC_TYPE = 0x02;
  private static final int SENSE_KEY_SPECIFIC_BYTES = 6;

  private Sense(int key, int asc, int ascq) {
    this(key, asc, ascq, NO_FIELD, NO_INFORMATION, NO_PROGRESS);
  }

  /** Whether the command itself was wrong, rather than what came of it. */
  boolean isIllegalRequest() {
    return key == ILLEGAL_REQUEST_KEY;
  }

  /** Whether this is the unit attention of a power on, a reset or the like: 29h. */
  boolean tellsOfReset() {
    return key == UNIT_ATTENTION_KEY && asc == RESET_OCCURRED;
  }

  /** The same, pointing at a byte of the CDB. */
  public Sense at(int cdbByte) {
    return new Sense(key, asc, ascq, cdbByte, information, NO_PROGRESS);
  }

  /** The same, with the INFORMATION field, SPC-4 section 4.5.2.2. */
  public Sense with(long newInformation) {
    return new Sense(key, asc, ascq, field, newInformation, progress);
  }

  /** The same, with how far the operation is, in 65536ths; SPC-4 section 4.5.2.4.4. */
  public Sense at65536ths(int newProgress) {
    return new Sense(key, asc, ascq, NO_FIELD, information, newProgress);
  }

  /** Appends this, in descriptor format or in fixed format. */
  public void put(ByteBuffer out, boolean descriptor) {
    if (descriptor) {
      putDescriptor(out);
    } else {
      putFixed(out);
    }
  }

  /** Appends this as fixed-format sense data. */
  public void putFixed(ByteBuffer out) {
    boolean informs = information != NO_INFORMATION;
    out.put((byte) (CURRENT_FIXED | (informs ? VALID : 0)))
        .put((byte) 0)
        .put((byte) key)
        .putInt(informs ? (int) information : 0)
        .put((byte) (FIXED_BYTES - 8));
    out.putInt(0).put((byte) asc).put((byte) ascq).put((byte) 0);
    putSpecific(out);
  }

  private boolean isSpecific() {
    return field != NO_FIELD || progress != NO_PROGRESS;
  }

  /** The sense key specific bytes: where the CDB is wrong, or how far the operation is. */
  private void putSpecific(ByteBuffer out) {
    if (field != NO_FIELD) {
      out.put((byte) FIELD_IN_CDB).putShort((short) field);
    } else if (progress != NO_PROGRESS) {
      out.put((byte) SPECIFIC_VALID).putShort((short) progress);
    } else {
      out.put((byte) 0).putShort((short) 0);
    }
  }

  /** Appends this as descriptor-format sense data. */
  public void putDescriptor(ByteBuffer out) {
    boolean specific = isSpecific();
    boolean informs = information != NO_INFORMATION;
    int additional =
        (informs ? INFORMATION_BYTES + 2 : 0) + (specific ? SENSE_KEY_SPECIFIC_BYTES + 2 : 0);
    out.put((byte) CURRENT_DESCRIPTOR).put((byte) key).put((byte) asc).put((byte) ascq);
    out.put((byte) 0).put((byte) 0).put((byte) 0).put((byte) additional);
    if (informs) {
      out.put((byte) INFORMATION_TYPE).put((byte) INFORMATION_BYTES);
      out.put((byte) VALID).put((byte) 0).putLong(information);
    }
    if (specific) {
      out.put((byte) SENSE_KEY_SPECIFIC_TYPE)
          .put((byte) SENSE_KEY_SPECIFIC_BYTES)
          .putShort((short) 0);
      putSpecific(out);
      out.put((byte) 0);
    }
  }
}
