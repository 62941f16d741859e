package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * An initiator port and a logical unit that it sees: what it still has to be told of the unit. Any
 * thread may raise a unit attention; one that brings a command takes it.
 */
final class UnitNexus implements Nexus {

  /** Conditions that wait; more of them say nothing new. */
  private static final int CONDITIONS_MAX = 8;

  private final LogicalUnits session;
  private final LogicalUnit unit;
  private final ArrayDeque<Sense> conditions = new ArrayDeque<>();
  private final CopyResults copyResults = new CopyResults();
  private final TokenResults tokenResults = new TokenResults();
  private final ScratchBuffers scratch = new ScratchBuffers();
  private volatile boolean waiting;
  private volatile boolean closed;
  private volatile int aborts;

  /** What becomes known when a task is dropped that was aborted last. */
  private @Nullable Sense news;

  UnitNexus(LogicalUnits session, LogicalUnit unit) {
    this.session = session;
    this.unit = unit;
  }

  LogicalUnit unit() {
    return unit;
  }

  /** What else the initiator port sees. */
  LogicalUnits session() {
    return session;
  }

  /** As persistent reservations know it. */
  Registrant registrant() {
    return session.registrant();
  }

  /** What became of the copies that were asked for here. */
  CopyResults copyResults() {
    return copyResults;
  }

  /** What became of the token commands that were sent here. */
  TokenResults tokenResults() {
    return tokenResults;
  }

  /** Carries out a command that the target gives itself; nothing has checked it yet. */
  Outcome perform(Cdb cdb, ByteBuffer dataOut, DataIn dataIn) throws IOException {
    Sense refused = unit.check(cdb);
    return refused == null ? execute(cdb, dataOut, dataIn) : new Outcome.CheckCondition(refused);
  }

  /** The LUN leads here no longer, or the initiator port is gone. */
  void close() {
    closed = true;
    unit.close(this);
  }

  @Override
  public boolean exists() {
    return !closed;
  }

  @Override
  public long dataOutBytes(Cdb cdb) {
    return cdb.dataOutBytes(unit.blockSize());
  }

  @Override
  public @Nullable Sense check(Cdb cdb) {
    unit.notice();
    Sense attention = cdb.alwaysAnswered() ? null : take();
    return attention == null ? unit.check(cdb) : attention;
  }

  @Override
  public @Nullable Cdb withDataOut(Cdb cdb, long bytes) {
    return cdb.withDataOut(bytes, unit.blockSize());
  }

  @Override
  public Outcome execute(Cdb cdb, ByteBuffer dataOut, DataIn dataIn) throws IOException {
    return closed
        ? session.absent().execute(cdb, dataOut, dataIn)
        : unit.execute(this, cdb, dataOut, dataIn);
  }

  @Override
  public @Nullable Sense settle() {
    return unit.settle(false);
  }

  @Override
  public @Nullable Sense flush() {
    return unit.settle(true);
  }

  @Override
  public void expectFlush() {
    unit.expectFlush();
  }

  @Override
  public boolean descriptorSense() {
    return unit.descriptorSense();
  }

  Outcome readBuffer(Cdb.ReadBuffer cdb, DataIn dataIn) throws IOException {
    ByteBuffer reply = ByteBuffer.allocate(ScratchBuffers.DATA_BYTES);
    return UnitInformation.finish(scratch.read(reply, cdb), reply, cdb.allocationLength(), dataIn);
  }

  Outcome writeBuffer(Cdb.WriteBuffer cdb, ByteBuffer data) {
    scratch.write(cdb, data);
    return Outcome.Done.GOOD;
  }

  @Override
  public void abort() {
    abort(null);
  }

  @Override
  public void clear() {
    unit.clear(this);
  }

  @Override
  public void reset() {
    unit.reset();
  }

  @Override
  public int aborts() {
    return aborts;
  }

  /**
   * Aborts the tasks of this nexus that are not carried out yet.
   *
   * @param unitAttention raised if there are such, or null
   */
  void abort(@Nullable Sense unitAttention) {
    synchronized (this) {
      news = unitAttention;
      int before = aborts;
      aborts = before + 1;
    }
    session.aborted();
  }

  @Override
  public synchronized void dropped() {
    if (news != null) {
      raise(news);
    }
  }

  /**
   * Raises a unit attention condition, SAM-5 section 5.14; one that waits already is not repeated.
   * A reset is told before everything else.
   */
  synchronized void raise(Sense condition) {
    if (conditions.contains(condition)) {
      return;
    }
    if (condition.tellsOfReset()) {
      conditions.addFirst(condition);
    } else if (conditions.size() < CONDITIONS_MAX) {
      conditions.addLast(condition);
    }
    waiting = true;
  }

  /** Drops a condition, if it waits. */
  synchronized void clear(Sense condition) {
    conditions.remove(condition);
    waiting = !conditions.isEmpty();
  }

  /** Takes the oldest condition, if there is any. */
  @Nullable Sense take() {
    return waiting ? takeOldest() : null;
  }

  private synchronized @Nullable Sense takeOldest() {
    Sense oldest = conditions.pollFirst();
    waiting = !conditions.isEmpty();
    return oldest;
  }
}
