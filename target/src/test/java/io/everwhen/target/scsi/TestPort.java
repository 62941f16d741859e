package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** An initiator port that sends one command after the other, to LUN 0 unless told otherwise. */
final class TestPort {

  private final LogicalUnits units;
  private CollectedData returned = new CollectedData();

  /** The only port of the target that it comes through. */
  static final TargetPort TARGET_PORT = TargetPort.ofPortalGroup("iqn.2026-11.io.everwhen:test", 1);

  TestPort(String name, LunMap map) {
    this(name, TargetPorts.only(TARGET_PORT), map);
  }

  TestPort(String name, TargetPorts ports, LunMap map) {
    units = new LogicalUnits(name, ports, map);
  }

  LogicalUnits units() {
    return units;
  }

  /** What the last command returned. */
  ByteBuffer returned() {
    return returned.data();
  }

  /** Runs a command without data; returns its sense, or null if it went well. */
  @Nullable Sense sense(String hex) throws IOException {
    return sense(0, hex, ByteBuffer.allocate(0));
  }

  @Nullable Sense sense(String hex, ByteBuffer data) throws IOException {
    return sense(0, hex, data);
  }

  @Nullable Sense sense(long lun, String hex, ByteBuffer data) throws IOException {
    return sense(outcome(lun, hex, data));
  }

  /** The sense of an outcome; waits for one that is pending. */
  static @Nullable Sense sense(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Done.RESERVATION_CONFLICT -> throw new AssertionError("reservation conflict");
      case Outcome.Done _ -> null;
      case Outcome.CheckCondition check -> check.sense();
      case Outcome.ChangesLost lost -> lost.sense();
      case Outcome.Pending pending -> sense(pending.end().join());
    };
  }

  /** Runs a command to its end. */
  Outcome outcome(long lun, String hex, ByteBuffer data) throws IOException {
    returned = new CollectedData();
    byte[] bytes = bytes(hex);
    Cdb cdb = Cdb.decode(ByteBuffer.allocate(Cdb.BYTES_MAX).put(0, bytes), 0);
    Nexus nexus = units.nexus(lun << 48);
    Sense refused = nexus.check(cdb);
    if (refused != null) {
      return new Outcome.CheckCondition(refused);
    }
    Outcome outcome = nexus.execute(cdb, data, returned);
    Sense failed = outcome instanceof Outcome.Done ? nexus.settle() : null;
    return failed == null ? outcome : new Outcome.ChangesLost(failed);
  }

  static ByteBuffer data(String hex) {
    return ByteBuffer.wrap(bytes(hex));
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }
}
