package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What one initiator port sees through one session, the I_T nexus of SAM-5: the logical units that
 * its LUNs lead to. Any thread may call it.
 */
public final class LogicalUnits {

  private static final int LUN_LIST_HEADER_BYTES = 8;

  /** SELECT REPORT: only well-known logical units, of which there are none. */
  private static final int WELL_KNOWN = 1;

  private static final int SELECT_MAX = 2;

  private final Registrant registrant;
  private volatile TargetPorts ports;
  private final AbsentUnit absent = new AbsentUnit(this);
  private final AtomicInteger aborts = new AtomicInteger();

  /** By LUN up to the highest one that leads to a unit; replaced as a whole. */
  private volatile Nexus[] nexuses = {};

  private boolean closed;

  /**
   * @param port the initiator port's name, by which reservations know it again: for iSCSI the
   *     initiator's name, then {@code ,i,0x} and the ISID; SPC-4 section 7.6.4.6
   * @param ports of the target, and which of them it comes through
   * @param map what it sees
   */
  public LogicalUnits(String port, TargetPorts ports, LunMap map) {
    this.registrant = new Registrant(port.toLowerCase(Locale.ROOT), ports.own().relativeId());
    this.ports = ports;
    replace(map);
  }

  Registrant registrant() {
    return registrant;
  }

  TargetPorts ports() {
    return ports;
  }

  /**
   * The target has other ports now; the one that the initiator port comes through stays. It is
   * told, for what INQUIRY returns is different.
   */
  public void ports(TargetPorts now) {
    if (now.own().relativeId() != registrant.targetPort()) {
      throw new IllegalArgumentException("a session stays with its port, unlike " + now.own());
    }
    boolean different = !ports.equals(now);
    ports = now;
    if (different) {
      open().forEach(nexus -> nexus.raise(Sense.INQUIRY_DATA_HAS_CHANGED));
    }
  }

  AbsentUnit absent() {
    return absent;
  }

  /** What an 8-byte LUN field leads to now. */
  public Nexus nexus(long lunField) {
    Nexus[] all = nexuses;
    int lun = LunMap.decode(lunField);
    return lun >= 0 && lun < all.length ? all[lun] : absent;
  }

  /**
   * Replaces what the initiator port sees, and tells it through the units that stay. A command that
   * runs at a unit that goes is carried out; one that still waits for its data then fails.
   */
  public void map(LunMap map) {
    if (replace(map)) {
      open().forEach(nexus -> nexus.raise(Sense.REPORTED_LUNS_DATA_HAS_CHANGED));
    }
  }

  /** The initiator port is gone, and with it every nexus. */
  public void close() {
    synchronized (this) {
      closed = true;
    }
    replace(LunMap.EMPTY);
  }

  /** Returns whether anything is different now. */
  private synchronized boolean replace(LunMap wanted) {
    LunMap map = closed ? LunMap.EMPTY : wanted;
    Nexus[] before = nexuses;
    Nexus[] after = new Nexus[map.units().isEmpty() ? 0 : map.units().lastKey() + 1];
    Arrays.fill(after, absent);
    map.units()
        .forEach((lun, unit) -> {
          boolean stays =
              lun < before.length && before[lun] instanceof UnitNexus old && old.unit() == unit;
          after[lun] = stays ? before[lun] : unit.open(this);
        });
    nexuses = after;
    for (int lun = 0; lun < before.length; lun++) {
      boolean stays = lun < after.length && after[lun] == before[lun];
      if (!stays && before[lun] instanceof UnitNexus gone) {
        gone.close();
      }
    }
    return !Arrays.equals(before, after);
  }

  /** The nexuses with the units that are seen. */
  List<UnitNexus> open() {
    return Arrays.stream(nexuses)
        .filter(UnitNexus.class::isInstance)
        .map(UnitNexus.class::cast)
        .toList();
  }

  /** The unit with this designator, of those that are seen here; or null. */
  @Nullable UnitNexus find(int designatorType, ByteBuffer designator) {
    return open().stream()
        .filter(nexus -> nexus.unit().isNamed(designatorType, designator))
        .findFirst()
        .orElse(null);
  }

  /** Whether one of these units is seen there, too. */
  public boolean shares(LogicalUnits other) {
    List<LogicalUnit> theirs = other.open().stream().map(UnitNexus::unit).toList();
    return open().stream().map(UnitNexus::unit).anyMatch(theirs::contains);
  }

  /** TARGET RESET: resets every unit that is seen here. */
  public void reset() {
    open().forEach(Nexus::reset);
  }

  /**
   * How often {@link Nexus#aborts} of any nexus has risen: whoever sees a new number looks through
   * its tasks.
   */
  public int aborts() {
    return aborts.get();
  }

  /** The tasks of one of the nexuses were aborted. */
  void aborted() {
    aborts.incrementAndGet();
  }

  /**
   * REPORT LUNS, SPC-4 section 6.33. Whoever has it needs not be told any more that the LUNs have
   * changed.
   */
  Outcome reportLuns(Cdb.ReportLuns cdb, DataIn dataIn) throws IOException {
    if (cdb.select() > SELECT_MAX) {
      return new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    }
    open().forEach(nexus -> nexus.clear(Sense.REPORTED_LUNS_DATA_HAS_CHANGED));
    Nexus[] all = cdb.select() == WELL_KNOWN ? new Nexus[0] : nexuses;
    ByteBuffer reply = ByteBuffer.allocate(LUN_LIST_HEADER_BYTES + all.length * Long.BYTES);
    reply.position(LUN_LIST_HEADER_BYTES);
    for (int lun = 0; lun < all.length; lun++) {
      if (all[lun].exists()) {
        reply.putLong(LunMap.encode(lun));
      }
    }
    reply.putInt(0, reply.position() - LUN_LIST_HEADER_BYTES);
    return UnitInformation.finish(null, reply, cdb.allocationLength(), dataIn);
  }
}
