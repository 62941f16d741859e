package io.everwhen.target.scsi;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/** Designation descriptors, SPC-4 section 7.8.6: who a unit, its target and its ports are. */
final class Designators {

  private static final int BINARY = 1;
  private static final int ASCII = 2;
  private static final int TEXT = 3;

  private static final int LOGICAL_UNIT = 0x00;
  private static final int TARGET_PORT = 0x10;
  private static final int TARGET_DEVICE = 0x20;

  private static final int T10_VENDOR = 0x1;
  private static final int EUI_64 = 0x2;
  private static final int NAA = 0x3;
  private static final int RELATIVE_TARGET_PORT = 0x4;
  private static final int TARGET_PORT_GROUP = 0x5;
  private static final int SCSI_NAME_STRING = 0x8;

  /** PIV: the protocol identifier means something; for ports and targets only. */
  private static final int PROTOCOL_VALID = 0x80;

  private static final int ISCSI_PROTOCOL = 0x50;

  private Designators() {}

  /** Appends the designators of a logical unit. */
  static void putUnit(ByteBuffer out, DiskIdentity identity) {
    put(
        out,
        BINARY,
        LOGICAL_UNIT | NAA,
        ByteBuffer.allocate(Long.BYTES).putLong(0, identity.naa()));
    put(
        out,
        BINARY,
        LOGICAL_UNIT | EUI_64,
        ByteBuffer.allocate(Long.BYTES).putLong(0, identity.eui64()));
    put(out, ASCII, LOGICAL_UNIT | T10_VENDOR, ByteBuffer.wrap(identity.t10().getBytes(US_ASCII)));
    put(out, TEXT, LOGICAL_UNIT | SCSI_NAME_STRING, padded("naa.%016X".formatted(identity.naa())));
  }

  /** Appends the designators of the port that is asked, and of its target. */
  static void putPort(ByteBuffer out, TargetPort port) {
    put(out, BINARY, TARGET_PORT | RELATIVE_TARGET_PORT, uint16(port.relativeId()));
    put(out, BINARY, TARGET_PORT | TARGET_PORT_GROUP, uint16(port.group()));
    putPortName(out, port);
    put(out, TEXT, TARGET_DEVICE | SCSI_NAME_STRING, padded(port.deviceName()));
  }

  /** Appends the name of a port. */
  static void putPortName(ByteBuffer out, TargetPort port) {
    put(out, TEXT, TARGET_PORT | SCSI_NAME_STRING, padded(port.name()));
  }

  private static void put(ByteBuffer out, int codeSet, int kind, ByteBuffer designator) {
    boolean ofProtocol = (kind & (TARGET_PORT | TARGET_DEVICE)) != 0;
    out.put((byte) (codeSet | (ofProtocol ? ISCSI_PROTOCOL : 0)))
        .put((byte) (kind | (ofProtocol ? PROTOCOL_VALID : 0)))
        .put((byte) 0)
        .put((byte) designator.remaining())
        .put(designator);
  }

  private static ByteBuffer uint16(int value) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(0, value);
  }

  /** A name, with the zeros that end it and round it up to whole words. */
  private static ByteBuffer padded(String name) {
    byte[] text = name.getBytes(UTF_8);
    return ByteBuffer.allocate((text.length + Integer.BYTES) / Integer.BYTES * Integer.BYTES)
        .put(0, text);
  }
}
