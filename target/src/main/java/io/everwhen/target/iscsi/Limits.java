package io.everwhen.target.iscsi;

/**
 * What one connection, one session and one portal may take, and what is offered in a negotiation.
 */
final class Limits {

  /**
   * Commands that an initiator may have under way in a session: MaxCmdSN - ExpCmdSN + 1 when all is
   * idle.
   */
  static final int COMMAND_WINDOW = 128;

  /**
   * Immediate commands come on top of the window; this many tasks wait for data at once, at most.
   */
  static final int TRANSFERS_MAX = COMMAND_WINDOW + 32;

  /** Longest data segment that we take in full feature phase: our MaxRecvDataSegmentLength. */
  static final int RECEIVE_SEGMENT_BYTES_MAX = 256 << 10;

  /**
   * Longest data segment of login PDUs, and default of MaxRecvDataSegmentLength, RFC 7143 section
   * 13.12.
   */
  static final int DEFAULT_SEGMENT_BYTES_MAX = 8 << 10;

  static final int FIRST_BURST_BYTES_MAX = 256 << 10;
  static final int BURST_BYTES_MAX = 1 << 20;
  static final int OUTSTANDING_R2T_MAX = 8;

  /**
   * Memory of a connection for PDUs that came ahead of their CmdSN: a window of commands, each with
   * a first burst as long as the default.
   */
  static final int HELD_BYTES_MAX = 10 << 20;

  /** Sessions with all targets together, unless configured. */
  static final int SESSIONS_MAX = 4096;

  /** Connections of one session: our MaxConnections. */
  static final int CONNECTIONS_PER_SESSION_MAX = 8;

  /** Write data of all connections together, first bursts included, unless configured. */
  static final long TRANSFERS_BYTES_MAX = 320 << 20;

  /** Buffers kept for reuse by all connections together. */
  static final int POOLED_BYTES_MAX = 64 << 20;

  /**
   * Receive and transmit buffers of a connection to start with: what a login needs, for strangers
   * come in storms.
   */
  static final int FIRST_RECEIVE_BUFFER_BYTES = 2 << 10;

  static final int FIRST_TRANSMIT_BUFFER_BYTES = 1 << 10;

  /** Text of one login or one text exchange, over all its PDUs. */
  static final int TEXT_BYTES_MAX = 64 << 10;

  /** Connections of one portal that have not logged in yet; one more ends the oldest. */
  static final int LOGIN_CONNECTIONS_MAX = 512;

  /** How many of those one address may have, so that it leaves room for others. */
  static final int LOGIN_CONNECTIONS_PER_ADDRESS_MAX = LOGIN_CONNECTIONS_MAX / 2;

  /** Failed proofs of one address before it has to wait, and how long each of them counts. */
  static final int FAILED_LOGINS_MAX = 10;

  static final int FAILED_LOGIN_SECONDS = 6;

  /**
   * Lines that the connections of one address write to the log before they become details, and how
   * long each of them counts.
   */
  static final int LOGGED_LINES_MAX = 200;

  static final int LOGGED_LINE_SECONDS = 1;

  /** Addresses whose failed logins are remembered. */
  static final int FAILED_ADDRESSES_MAX = 4096;

  /** How long a new session waits for the one it replaces to end. */
  static final int REINSTATEMENT_MILLIS_MAX = 5000;

  /** How long a command that others wait for may take before its connection is ended. */
  static final int RUNNING_MILLIS_MAX = 10_000;

  /** How long initiators have to log out when a portal is about to end. */
  static final int LOGOUT_MILLIS_MAX = 500;

  /** When initiators may come back after that, at the earliest. */
  static final int RETURN_AFTER_SECONDS = 2;

  /** How long the end of a portal waits for its connections, after {@link #LOGOUT_MILLIS_MAX}. */
  static final int CLOSE_MILLIS_MAX = 1000;

  private Limits() {}
}
