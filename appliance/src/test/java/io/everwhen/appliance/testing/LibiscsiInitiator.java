package io.everwhen.appliance.testing;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A real initiator that is not ours: libiscsi, called in this process. One session of one
 * connection.
 *
 * <p>Never reconnects: when the target dies, the command under way and every later one fails within
 * {@value #TIMEOUT_SECONDS} seconds or a little more. Any thread may use it; commands go one after
 * the other. For several commands at once use several initiators.
 */
@SuppressWarnings("restricted") // reads what C wrote; the tests run with --enable-native-access
public final class LibiscsiInitiator implements AutoCloseable {

  /** How long a command may take. */
  public static final int TIMEOUT_SECONDS = 60;

  /** How libiscsi calls a unit attention. */
  public static final String ATTENTION = "UNIT_ATTENTION";

  private static final int ATTENTIONS_MAX = 4;

  private static final Pattern URL = Pattern.compile("iscsi://([^/]+)/([^/]+)/(\\d+)");

  private final Arena arena = Arena.ofShared();
  private final MemorySegment context;
  private final int lun;
  private final int blockSize;
  private final long blockCount;
  private boolean broken;

  private LibiscsiInitiator(String initiatorName, String portal, String target, int lun)
      throws InitiatorException {
    this.lun = lun;
    this.context =
        (MemorySegment) invoke(Libiscsi.CREATE_CONTEXT, arena.allocateFrom(initiatorName));
    try {
      invoke(Libiscsi.SET_TARGETNAME, context, arena.allocateFrom(target));
      invoke(Libiscsi.SET_SESSION_TYPE, context, Libiscsi.SESSION_NORMAL);
      invoke(Libiscsi.SET_NOAUTORECONNECT, context, 1);
      invoke(Libiscsi.SET_TIMEOUT, context, TIMEOUT_SECONDS);
      if ((int) invoke(Libiscsi.FULL_CONNECT, context, arena.allocateFrom(portal), lun) != 0) {
        throw failure("connect to " + portal + " " + target);
      }
      ByteBuffer capacity =
          ByteBuffer.wrap(dataIn("READ CAPACITY(16)", Libiscsi.READCAPACITY16, context, lun));
      this.blockCount = capacity.getLong() + 1;
      this.blockSize = capacity.getInt();
    } catch (InitiatorException | RuntimeException e) {
      broken = true;
      close();
      throw e;
    }
  }

  /** Skips the test if the library is not there. */
  public static void need() {
    boolean there;
    try {
      there =
          SymbolLookup.libraryLookup("libiscsi.so.7", Arena.global())
              .find("iscsi_create_context")
              .isPresent();
    } catch (IllegalArgumentException e) {
      there = false;
    }
    Needs.require(there, "needs libiscsi.so.7: apt-get install libiscsi7");
  }

  /** Logs in to {@code iscsi://HOST:PORT/TARGET/LUN}. */
  public static LibiscsiInitiator connect(String url) throws InitiatorException {
    return connect(url, "iqn.2026-11.io.everwhen.test:initiator");
  }

  /** Logs in to {@code iscsi://HOST:PORT/TARGET/LUN} under a name of its own. */
  public static LibiscsiInitiator connect(String url, String initiatorName)
      throws InitiatorException {
    Matcher matcher = URL.matcher(url);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not iscsi://HOST:PORT/TARGET/LUN: " + url);
    }
    return new LibiscsiInitiator(
        initiatorName, matcher.group(1), matcher.group(2), Integer.parseInt(matcher.group(3)));
  }

  /** Bytes of a logical block, as READ CAPACITY(16) said at login. */
  public int blockSize() {
    return blockSize;
  }

  /** Blocks on the disk, as READ CAPACITY(16) said at login. */
  public long blockCount() {
    return blockCount;
  }

  /**
   * Blocks on the disk, as READ CAPACITY(16) says now. Takes note of unit attentions first, as an
   * operating system does.
   */
  public long blockCountNow() throws InitiatorException {
    return blockCountNow(lun);
  }

  /** The same of another LUN of the session's target. */
  public long blockCountNow(int lun) throws InitiatorException {
    return ByteBuffer.wrap(
                attentive(() -> dataIn("READ CAPACITY(16)", Libiscsi.READCAPACITY16, context, lun)))
            .getLong()
        + 1;
  }

  /** A command that returns data. */
  public interface DataCommand {
    byte[] run() throws InitiatorException;
  }

  /** Repeats a command as long as all that comes of it is the news of a unit attention. */
  public static byte[] attentive(DataCommand command) throws InitiatorException {
    for (int attention = 0; ; attention++) {
      try {
        return command.run();
      } catch (InitiatorException e) {
        if (attention == ATTENTIONS_MAX || !String.valueOf(e.getMessage()).contains(ATTENTION)) {
          throw e;
        }
      }
    }
  }

  /** READ(16) of {@code blocks} blocks. */
  public byte[] read(long block, int blocks) throws InitiatorException {
    byte[] data =
        dataIn(
            "READ(16) of " + blocks + " blocks at " + block,
            Libiscsi.READ16,
            context,
            lun,
            block,
            Math.multiplyExact(blocks, blockSize),
            blockSize,
            0,
            0,
            0,
            0,
            0);
    if (data.length != blocks * blockSize) {
      throw new InitiatorException(
          "READ(16) of " + blocks + " blocks at " + block + " gave " + data.length + " bytes");
    }
    return data;
  }

  /** WRITE(16) of whole blocks; with {@code fua} it is on stable storage when the call returns. */
  public void write(long block, byte[] data, boolean fua) throws InitiatorException {
    try (Arena call = Arena.ofConfined()) {
      dataIn(
          "WRITE(16) of " + data.length + " bytes at block " + block,
          Libiscsi.WRITE16,
          context,
          lun,
          block,
          call.allocateFrom(JAVA_BYTE, data),
          data.length,
          blockSize,
          0,
          0,
          fua ? 1 : 0,
          0,
          0);
    }
  }

  /**
   * WRITE SAME(16) of the one block {@code pattern}; with {@code unmap} the target may deallocate.
   */
  public void writeSame(long block, int blocks, byte[] pattern, boolean unmap)
      throws InitiatorException {
    try (Arena call = Arena.ofConfined()) {
      dataIn(
          "WRITE SAME(16) of " + blocks + " blocks at " + block,
          Libiscsi.WRITESAME16,
          context,
          lun,
          block,
          call.allocateFrom(JAVA_BYTE, pattern),
          pattern.length,
          blocks,
          0,
          unmap ? 1 : 0,
          0,
          0);
    }
  }

  /** UNMAP of one extent. */
  public void unmap(long block, int blocks) throws InitiatorException {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment list = call.allocate(Libiscsi.UNMAP_LIST);
      list.set(JAVA_LONG, 0, block);
      list.set(JAVA_INT, 8, blocks);
      dataIn(
          "UNMAP of " + blocks + " blocks at " + block,
          Libiscsi.UNMAP,
          context,
          lun,
          0,
          0,
          list,
          1);
    }
  }

  /**
   * SYNCHRONIZE CACHE(16) of the whole disk: all that was acknowledged is on stable storage when
   * the call returns.
   */
  public void flush() throws InitiatorException {
    dataIn("SYNCHRONIZE CACHE(16)", Libiscsi.SYNCHRONIZECACHE16, context, lun, 0L, 0, 0, 0);
  }

  /** A command that is given by its CDB, and sends data. */
  public void send(byte[] cdb, byte[] data) throws InitiatorException {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(Libiscsi.DATA);
      out.set(JAVA_LONG, 0, data.length);
      out.set(ADDRESS, Long.BYTES, call.allocateFrom(JAVA_BYTE, data));
      MemorySegment task =
          (MemorySegment)
              invoke(
                  Libiscsi.CREATE_TASK,
                  cdb.length,
                  call.allocateFrom(JAVA_BYTE, cdb),
                  Libiscsi.XFER_WRITE,
                  data.length);
      dataIn(HexFormat.of().formatHex(cdb), Libiscsi.COMMAND, context, lun, task, out);
    }
  }

  /** Standard INQUIRY data. */
  public byte[] inquiry() throws InitiatorException {
    return dataIn("INQUIRY", Libiscsi.INQUIRY, context, lun, 0, 0, 255);
  }

  /** A page of vital product data. */
  public byte[] inquiry(int page) throws InitiatorException {
    return dataIn(
        "INQUIRY page " + Integer.toHexString(page), Libiscsi.INQUIRY, context, lun, 1, page, 1024);
  }

  /** PERSISTENT RESERVE IN of the keys: what is registered. */
  public long[] reservationKeys() throws InitiatorException {
    ByteBuffer keys =
        ByteBuffer.wrap(
            dataIn(
                "PERSISTENT RESERVE IN",
                Libiscsi.PERSISTENT_RESERVE_IN,
                context,
                lun,
                0,
                (short) 1024));
    long[] all = new long[keys.getInt(4) / Long.BYTES];
    keys.position(8).asLongBuffer().get(all);
    return all;
  }

  /**
   * PERSISTENT RESERVE OUT.
   *
   * @param persist APTPL: whether a registration outlives a restart of the target
   */
  public void reserve(int serviceAction, int type, long key, long actionKey, boolean persist)
      throws InitiatorException {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment parameters = call.allocate(Libiscsi.PERSISTENT_RESERVE_OUT_BASIC);
      parameters.set(JAVA_LONG, 0, key);
      parameters.set(JAVA_LONG, Long.BYTES, actionKey);
      parameters.set(JAVA_BYTE, Libiscsi.APTPL, (byte) (persist ? 1 : 0));
      dataIn(
          "PERSISTENT RESERVE OUT",
          Libiscsi.PERSISTENT_RESERVE_OUT,
          context,
          lun,
          serviceAction,
          0,
          type,
          parameters);
    }
  }

  /** Logs out if the session still stands, and lets go of the connection. */
  @Override
  public synchronized void close() {
    if (arena.scope().isAlive()) {
      if (!broken) {
        invoke(Libiscsi.LOGOUT, context);
      }
      invoke(Libiscsi.DESTROY_CONTEXT, context);
      arena.close();
    }
  }

  /**
   * Sends the command that {@code function} builds and returns what came in, or fails with the
   * library's error text.
   */
  private synchronized byte[] dataIn(String what, MethodHandle function, Object... arguments)
      throws InitiatorException {
    if (broken) {
      throw new InitiatorException(what + ": the session has failed before");
    }
    MemorySegment task = (MemorySegment) invoke(function, arguments);
    if (task.equals(MemorySegment.NULL)) {
      throw failure(what);
    }
    task = task.reinterpret(Libiscsi.TASK_SIZE);
    try {
      int status = task.get(JAVA_INT, Libiscsi.TASK_STATUS);
      if (status != Libiscsi.STATUS_GOOD) {
        throw switch (status) {
          case Libiscsi.STATUS_CANCELLED ->
              failure(what + ": the connection was lost; the last error was");
          case Libiscsi.STATUS_TIMEOUT -> failure(what + ": no answer in time; the last error was");
          case Libiscsi.STATUS_ERROR -> failure(what);
          default -> new InitiatorException(what + ": " + error());
        };
      }
      int size = task.get(JAVA_INT, Libiscsi.TASK_DATAIN_SIZE);
      return size == 0
          ? new byte[0]
          : task.get(ADDRESS, Libiscsi.TASK_DATAIN_DATA).reinterpret(size).toArray(JAVA_BYTE);
    } finally {
      invoke(Libiscsi.FREE_TASK, task);
    }
  }

  private InitiatorException failure(String what) {
    broken = true;
    return new InitiatorException(what + ": " + error());
  }

  private String error() {
    MemorySegment text = (MemorySegment) invoke(Libiscsi.GET_ERROR, context);
    return text.equals(MemorySegment.NULL)
        ? "no error text"
        : text.reinterpret(4096).getString(0).strip();
  }

  @SuppressWarnings("NullAway") // a procedure's result is null, and nobody looks at it
  private static Object invoke(MethodHandle function, Object... arguments) {
    try {
      return function.invokeWithArguments(arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
