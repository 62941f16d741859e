package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one initiator port has at one LUN, SAM-5 section 4.7: a logical unit, which makes it an
 * I_T_L nexus, or none. What a transport talks to. Any thread may call it.
 */
public sealed interface Nexus permits UnitNexus, AbsentUnit {

  /** Whether there is a logical unit. */
  boolean exists();

  /** Bytes that the initiator has to send with a command. */
  long dataOutBytes(Cdb cdb);

  /**
   * Checks what can be checked before any data moves, so that no data is asked for in vain.
   *
   * @return why the command fails, or null
   */
  @Nullable Sense check(Cdb cdb);

  /**
   * The command when only {@code bytes} of data come with it; null if it cannot be carried out with
   * those.
   */
  @Nullable Cdb withDataOut(Cdb cdb, long bytes);

  /**
   * Carries out a command that passed {@link #check}. What it changes may be acknowledged as the
   * outcome says. The data must not change before {@link #settle} or {@link #flush} has returned,
   * called by the same thread.
   *
   * @param dataOut what came with the command: all of {@link #dataOutBytes}
   * @throws IOException only from {@code dataIn}
   */
  Outcome execute(Cdb cdb, ByteBuffer dataOut, DataIn dataIn) throws IOException;

  /** Settles what this thread has changed; returns why it may not be acknowledged, or null. */
  @Nullable Sense settle();

  /**
   * Settles, and brings everything acknowledged to stable storage; returns why that failed, or
   * null.
   */
  @Nullable Sense flush();

  /** Says that {@link #flush} is likely to come next. */
  void expectFlush();

  /** Whether the initiator is to get sense data in descriptor format: D_SENSE, SPC-4 7.5.8. */
  boolean descriptorSense();

  /** ABORT TASK SET: aborts the tasks of this nexus. */
  void abort();

  /** CLEAR TASK SET: aborts the tasks of every nexus with the unit. */
  void clear();

  /** LOGICAL UNIT RESET: aborts the tasks of every nexus with the unit, and tells them. */
  void reset();

  /**
   * How often all tasks of this nexus were aborted: a task that began at another number is not to
   * be carried out any more, nor answered.
   */
  int aborts();

  /**
   * A task was dropped because it was aborted: the initiator port is told with its next command if
   * another one did that, SAM-5 section 5.14.
   */
  void dropped();
}
