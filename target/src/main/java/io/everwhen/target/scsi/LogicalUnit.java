package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Geometry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A disk as a logical unit, whichever targets and LUNs lead to it. Any thread may call it.
 *
 * <p>If the disk's geometry, or whether it is read-only, changes while it is served, then every
 * initiator port is told with its next command.
 */
public final class LogicalUnit implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LogicalUnit.class);

  private final BlockDevice disk;
  private final Nexuses nexuses = new Nexuses();
  private final Reservations reservations;
  private final RodTokens tokens = new RodTokens();
  private final Medium medium = new Medium();
  private final UnitMode mode = new UnitMode();
  private final DeviceServer server;

  private volatile Geometry knownGeometry;
  private volatile boolean knownReadOnly;
  private volatile boolean knownWriteThrough;

  /**
   * A unit none of whose persistent reservations outlives it.
   *
   * @param disk not closed by this
   * @param identity by what initiators recognise it
   */
  public LogicalUnit(BlockDevice disk, DiskIdentity identity) {
    this(disk, identity, UnitOptions.DEFAULT);
  }

  /** The same, with options. */
  public LogicalUnit(BlockDevice disk, DiskIdentity identity, UnitOptions options) {
    this(disk, identity, options, new Reservations());
  }

  /**
   * A unit with the persistent reservations that were saved.
   *
   * @param disk not closed by this
   * @param identity by what initiators recognise it
   * @param store for this unit alone
   * @throws IOException when what was saved cannot be read: nobody knows then who may use the disk
   */
  public LogicalUnit(BlockDevice disk, DiskIdentity identity, ReservationStore store)
      throws IOException {
    this(disk, identity, UnitOptions.DEFAULT, new Reservations(store));
  }

  private LogicalUnit(
      BlockDevice disk, DiskIdentity identity, UnitOptions options, Reservations reservations) {
    this.disk = new WatchedDisk(disk, tokens);
    this.reservations = reservations;
    this.server =
        new DeviceServer(this.disk, tokens, identity, options, nexuses, reservations, medium, mode);
    this.knownGeometry = disk.geometry();
    this.knownReadOnly = disk.readOnly();
    this.knownWriteThrough = disk.writeThrough();
  }

  UnitNexus open(LogicalUnits session) {
    UnitNexus nexus = new UnitNexus(session, this);
    nexuses.add(nexus);
    return nexus;
  }

  void close(UnitNexus nexus) {
    nexuses.remove(nexus);
    medium.allow(nexus);
    reservations.forget(nexus.registrant());
  }

  /**
   * Ends a FORMAT UNIT or SANITIZE that goes on, which fails unless it is one change of the disk.
   * When this returns, nothing of the unit touches the disk any more. No target leads to it by now.
   */
  @Override
  public void close() {
    server.close();
  }

  /** CLEAR TASK SET, SAM-5 section 7.4. */
  void clear(UnitNexus by) {
    nexuses.abort(by);
  }

  /** LOGICAL UNIT RESET, SAM-5 section 6.3.3. */
  void reset() {
    reservations.reset();
    medium.reset();
    mode.parameters(ModeParameters.DEFAULT); // none are saved, SPC-4 section 5.11
    nexuses.abort();
    nexuses.raise(Sense.DEVICE_RESET);
  }

  boolean descriptorSense() {
    return mode.descriptorSense();
  }

  /** The tokens that stand for data of this unit. */
  RodTokens tokens() {
    return tokens;
  }

  int blockSize() {
    return disk.geometry().blockSize();
  }

  /**
   * The disk has become another content, and no initiator made it so: each initiator port is told
   * with its next command, and what stood for data of it does not any more. Nobody is logged out.
   */
  public void replaced() {
    tokens.changing(0, Long.MAX_VALUE);
    nexuses.raise(Sense.MEDIUM_MAY_HAVE_CHANGED);
  }

  /** Who has reserved the unit, for people; empty when nobody has. */
  public Optional<String> reservedBy() {
    return Optional.ofNullable(reservations.holder());
  }

  /** Looks whether the disk is as it was. */
  void notice() {
    if (!knownGeometry.equals(disk.geometry())
        || knownReadOnly != disk.readOnly()
        || knownWriteThrough != disk.writeThrough()) {
      tell();
    }
  }

  private synchronized void tell() {
    Geometry geometry = disk.geometry();
    if (!knownGeometry.equals(geometry)) {
      boolean otherBlocks = knownGeometry.physicalBlockSize() != geometry.physicalBlockSize();
      knownGeometry = geometry;
      nexuses.raise(Sense.CAPACITY_DATA_HAS_CHANGED);
      if (otherBlocks) {
        nexuses.raise(Sense.INQUIRY_DATA_HAS_CHANGED); // the Block Limits page counts in them
      }
    }
    boolean readOnly = disk.readOnly();
    boolean writeThrough = disk.writeThrough();
    if (knownReadOnly != readOnly || knownWriteThrough != writeThrough) {
      knownReadOnly = readOnly;
      knownWriteThrough = writeThrough;
      // WP, in the header of every mode page, or WCE.
      nexuses.raise(Sense.MODE_PARAMETERS_CHANGED);
    }
  }

  /** Whether one of the unit's own designators is this one. */
  boolean isNamed(int designatorType, ByteBuffer designator) {
    return server.isNamed(designatorType, designator);
  }

  @Nullable Sense check(Cdb cdb) {
    return server.check(cdb);
  }

  Outcome execute(UnitNexus nexus, Cdb cdb, ByteBuffer dataOut, DataIn dataIn) throws IOException {
    return server.execute(nexus, cdb, dataOut, dataIn);
  }

  /** Says that a flush is likely to come next; it will tell what fails now. */
  void expectFlush() {
    try {
      disk.expectFlush();
    } catch (IOException | RuntimeException e) {
      log.debug("what was changed could not be flushed before it was asked for", e);
    }
  }

  /** Returns why the changes so far cannot be acknowledged, or null if they can. */
  @Nullable Sense settle(boolean flush) {
    try {
      if (flush) {
        disk.flush();
      } else {
        disk.settle();
      }
      return null;
    } catch (IOException | RuntimeException e) {
      return DeviceFailure.sense(flush ? "flush" : "settle", e, Sense.WRITE_ERROR);
    }
  }
}
