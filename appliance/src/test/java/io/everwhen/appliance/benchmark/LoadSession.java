package io.everwhen.appliance.benchmark;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.PduReader;
import io.everwhen.target.pdu.ProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * One session of one connection with a LUN, which does its part of a {@link Workload}: it keeps as
 * many commands outstanding as it should and the target's window lets it, sends what there is to be
 * sent by one write, and takes all replies that came. While it does so it allocates nothing. Any
 * status but GOOD ends it. For one thread, except {@link #close}.
 */
final class LoadSession implements AutoCloseable {

  private static final int RECEIVE_BYTES = 1 << 20;
  private static final int READ_10 = 0x28;
  private static final int READ_16 = 0x88;
  private static final int WRITE_10 = 0x2a;
  private static final int WRITE_16 = 0x8a;
  private static final int SYNCHRONIZE_CACHE_10 = 0x35;
  private static final int SERVICE_ACTION_IN_16 = 0x9e;
  private static final int READ_CAPACITY_16 = 0x10;
  private static final int CAPACITY_BYTES = 32;
  private static final int UNIT_ATTENTION = 6;
  private static final int ATTENTIONS_MAX = 8;
  private static final int CHECK_CONDITION = 2;

  private final Workload workload;
  private final SocketChannel socket;
  private final ReadableByteChannel arriving;
  private final PduReader reader;
  private final PduBatch batch;
  private final ByteBuffer payload;
  private final SplittableRandom random;
  private final Terms terms;
  private final long lun;
  private final int blockSize;
  private final long units;

  /** Whether a CDB of ten bytes cannot say where a block is, or how many there are. */
  private final boolean large;

  private final Latencies latencies = new Latencies();
  private final long[] eachSecond;

  /** The tag of a flush, behind those of the commands. */
  private final int flushTag;

  private final int[] freeTags;
  private int freeCount;
  private final long[] issuedAt;
  private final long[] offsets;
  private final int[] received;
  private final boolean[] reads;

  private int cmdSn = 1;
  private int maxCmdSn = 1;
  private int expStatSn;
  private boolean flushing;
  private int sinceFlush;
  private long nextUnit;
  private long issued;
  private long done;
  private long startNanos;
  private long endNanos;
  private long pause;

  /**
   * Logs in, and waits until the LUN is ready.
   *
   * @param index which of the workload's connections this is
   * @param isid one that no other session of this process has
   */
  LoadSession(Address address, Workload workload, int index, int isid) throws IOException {
    this.workload = workload;
    this.lun = (long) address.lun() << 48;
    this.random = new SplittableRandom(workload.seed() + index);
    int depth = workload.depth();
    this.payload = payload(depth * workload.blockBytes());
    this.flushTag = depth;
    this.freeTags = new int[depth];
    this.issuedAt = new long[depth + 1];
    this.offsets = new long[depth + 1];
    this.received = new int[depth + 1];
    this.reads = new boolean[depth + 1];
    for (int tag = 0; tag < depth; tag++) {
      freeTags[freeCount++] = tag;
    }
    int seconds = workload.operations() > 0 ? 1 : workload.millis() / 1000 + 1;
    this.eachSecond = new long[seconds];
    this.socket =
        SocketChannel.open(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), address.port()));
    try {
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      int roundTrip = workload.roundTripMicros();
      this.arriving =
          roundTrip == 0
              ? socket
              : new DelayedChannel(
                  socket,
                  TimeUnit.MICROSECONDS.toNanos(roundTrip),
                  RECEIVE_BYTES + 2 * depth * workload.blockBytes());
      this.reader = new PduReader(arriving, RECEIVE_BYTES, Terms.RECEIVE_SEGMENT_BYTES_MAX);
      this.batch = new PduBatch(socket, payload);
      if (address.echoes()) {
        this.terms = Terms.ECHO;
        this.blockSize = 512;
        this.units = 1 << 20;
        this.large = false;
        this.maxCmdSn = depth;
      } else {
        this.terms = Terms.logIn(socket, reader, address.target(), isid);
        note(reader.header(), true);
        ByteBuffer capacity = capacity();
        this.blockSize = capacity.getInt(Long.BYTES);
        long last = capacity.getLong(0);
        this.units = (last + 1) * blockSize / workload.blockBytes();
        // As Linux decides.
        this.large = last >= 0xffff_ffffL || workload.blockBytes() / blockSize > 0xffff;
      }
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
    this.nextUnit = workload.operations() > 0 ? 0 : random.nextLong(units);
  }

  /** As many random bytes. */
  private ByteBuffer payload(int bytes) {
    ByteBuffer data = ByteBuffer.allocateDirect(bytes);
    while (data.hasRemaining()) {
      data.putLong(random.nextLong());
    }
    return data.clear();
  }

  /** Until there is no more unit attention, which a new session may find. */
  private ByteBuffer capacity() throws IOException {
    ByteBuffer capacity = ByteBuffer.allocate(CAPACITY_BYTES);
    for (int attention = 0; ; attention++) {
      BasicHeader command =
          command(0, BasicHeader.FINAL | BasicHeader.READ, CAPACITY_BYTES, SERVICE_ACTION_IN_16, 0);
      command.byteAt(BasicHeader.CDB_AT + 1, READ_CAPACITY_16);
      command.byteAt(BasicHeader.CDB_AT + 13, CAPACITY_BYTES);
      batch.flush();
      BasicHeader reply = Terms.await(reader);
      note(reply, true);
      if (reply.opcode() == Opcode.DATA_IN) {
        capacity.put(0, reader.data(), 0, Math.min(CAPACITY_BYTES, reader.dataBytes()));
        if (!reply.hasFlag(BasicHeader.STATUS)) {
          reply = Terms.await(reader);
          note(reply, true);
        }
      }
      if (reply.byteAt(3) == 0) {
        return capacity;
      }
      if (!isUnitAttention(reply) || attention == ATTENTIONS_MAX) {
        throw failed("READ CAPACITY(16)", reply);
      }
    }
  }

  /** Does the workload, and returns when the last reply has come. */
  void work() throws IOException {
    startNanos = System.nanoTime();
    endNanos = startNanos;
    long deadline = startNanos + TimeUnit.MILLISECONDS.toNanos(workload.millis());
    long now = startNanos;
    while (true) {
      if (now < deadline) {
        issue(now);
      }
      batch.flush();
      if (freeCount == freeTags.length && !flushing) {
        if (now < deadline && (workload.operations() == 0 || issued < workload.operations())) {
          throw new ProtocolException("the target takes no more commands: MaxCmdSN " + maxCmdSn);
        }
        return;
      }
      if (!reader.fill()) {
        throw new EOFException("the target has closed the connection");
      }
      now = System.nanoTime();
      long before = done;
      while (reader.next()) {
        take(now);
      }
      if (done > before) {
        pause = Math.max(pause, now - endNanos);
        endNanos = now;
        int second = (int) ((now - startNanos) / 1_000_000_000L);
        eachSecond[Math.min(second, eachSecond.length - 1)] += done - before;
      }
    }
  }

  private void issue(long now) throws IOException {
    while (freeCount > 0 && !flushing && cmdSn - maxCmdSn <= 0) {
      if (workload.flushEvery() > 0 && sinceFlush == workload.flushEvery()) {
        if (freeCount < freeTags.length) {
          return;
        }
        command(flushTag, BasicHeader.FINAL, 0, SYNCHRONIZE_CACHE_10, 0);
        flushing = true;
        sinceFlush = 0;
      } else if (workload.operations() == 0 || issued < workload.operations()) {
        issueOne(now);
      } else {
        return;
      }
    }
  }

  private void issueOne(long now) throws IOException {
    int bytes = workload.blockBytes();
    int tag = freeTags[--freeCount];
    int share = workload.readPercent();
    boolean read = share == 100 || (share > 0 && random.nextInt(100) < share);
    long unit = workload.random() ? random.nextLong(units) : nextUnit;
    nextUnit = unit + 1 == units ? 0 : unit + 1;
    offsets[tag] = unit * bytes;
    reads[tag] = read;
    received[tag] = 0;
    issuedAt[tag] = now;
    issued++;
    sinceFlush++;
    if (read) {
      int operation = large ? READ_16 : READ_10;
      transfer(command(tag, BasicHeader.FINAL | BasicHeader.READ, bytes, operation, 0), tag);
    } else {
      write(tag, bytes);
    }
  }

  private void write(int tag, int bytes) throws IOException {
    payload.putLong(tag * bytes, stamp(offsets[tag]));
    int unasked = Math.min(bytes, terms.firstBurstBytes());
    int immediate = terms.immediateData() ? Math.min(unasked, terms.segmentBytes()) : 0;
    boolean more = !terms.initialR2t() && unasked > immediate;
    int flags = BasicHeader.WRITE | (more ? 0 : BasicHeader.FINAL);
    transfer(command(tag, flags, bytes, large ? WRITE_16 : WRITE_10, immediate), tag);
    if (more) {
      dataOut(tag, BasicHeader.NO_TAG, immediate, unasked);
    }
  }

  /** What stands first in a block of the load generator. */
  static long stamp(long offset) {
    return offset ^ 0x6576657277686e21L;
  }

  private void transfer(BasicHeader header, int tag) {
    ByteBuffer buffer = header.buffer();
    int cdb = header.at() + BasicHeader.CDB_AT;
    long block = offsets[tag] / blockSize;
    int count = workload.blockBytes() / blockSize;
    if (large) {
      buffer.putLong(cdb + 2, block);
      buffer.putInt(cdb + 10, count);
    } else {
      buffer.putInt(cdb + 2, (int) block);
      buffer.putShort(cdb + 7, (short) count);
    }
  }

  /** Adds a command, with immediate data of its tag; the caller fills in the rest of the CDB. */
  private BasicHeader command(int tag, int flags, int expected, int operation, int immediate)
      throws IOException {
    return batch
        .add(Opcode.SCSI_COMMAND, tag * workload.blockBytes(), immediate)
        .flags(flags)
        .lun(lun)
        .initiatorTaskTag(tag)
        .targetTransferTag(expected)
        .statSn(cmdSn++) // where a request has its CmdSN
        .expCmdSn(expStatSn) // and its ExpStatSN
        .byteAt(BasicHeader.CDB_AT, operation);
  }

  private void dataOut(int tag, int transferTag, int from, int end) throws IOException {
    int dataSn = 0;
    for (int at = from; at < end; dataSn++) {
      int length = Math.min(terms.segmentBytes(), end - at);
      batch
          .add(Opcode.DATA_OUT, tag * workload.blockBytes() + at, length)
          .flags(at + length == end ? BasicHeader.FINAL : 0)
          .lun(lun)
          .initiatorTaskTag(tag)
          .targetTransferTag(transferTag)
          .expCmdSn(expStatSn)
          .dataSn(dataSn)
          .bufferOffset(at);
      at += length;
    }
  }

  private void take(long now) throws IOException {
    BasicHeader header = reader.header();
    switch (header.opcode()) {
      case Opcode.DATA_IN -> takeData(header, now);
      case Opcode.SCSI_RESPONSE -> {
        note(header, true);
        complete(header, now);
      }
      case Opcode.READY_TO_TRANSFER -> {
        note(header, false);
        int from = (int) header.bufferOffset();
        int length = header.buffer().getInt(header.at() + 44);
        dataOut(header.initiatorTaskTag(), header.targetTransferTag(), from, from + length);
      }
      case Opcode.NOP_IN -> answerPing(header);
      default -> throw new ProtocolException("unexpected opcode %#x".formatted(header.opcode()));
    }
  }

  private void takeData(BasicHeader header, long now) throws IOException {
    int tag = header.initiatorTaskTag();
    if (workload.check() && received[tag] == 0 && reader.data().getLong(0) != stamp(offsets[tag])) {
      throw new ProtocolException("at byte " + offsets[tag] + " is not what was written there");
    }
    received[tag] += reader.dataBytes();
    note(header, header.hasFlag(BasicHeader.STATUS));
    if (header.hasFlag(BasicHeader.STATUS)) {
      complete(header, now);
    }
  }

  private void complete(BasicHeader header, long now) throws IOException {
    int tag = header.initiatorTaskTag();
    if (header.byteAt(2) != 0 || header.byteAt(3) != 0) {
      throw failed(tag == flushTag ? "a flush" : reads[tag] ? "a read" : "a write", header);
    }
    if (tag == flushTag) {
      flushing = false;
      return;
    }
    if (reads[tag] && received[tag] != workload.blockBytes()) {
      throw new ProtocolException(
          "a read of " + workload.blockBytes() + " bytes got " + received[tag]);
    }
    latencies.record(now - issuedAt[tag]);
    freeTags[freeCount++] = tag;
    done++;
  }

  private void answerPing(BasicHeader ping) throws IOException {
    int transferTag = ping.targetTransferTag();
    note(ping, ping.initiatorTaskTag() != BasicHeader.NO_TAG);
    if (transferTag != BasicHeader.NO_TAG) {
      batch
          .add(0x40 | Opcode.NOP_OUT)
          .flags(BasicHeader.FINAL)
          .lun(lun)
          .initiatorTaskTag(BasicHeader.NO_TAG)
          .targetTransferTag(transferTag)
          .statSn(cmdSn)
          .expCmdSn(expStatSn);
    }
  }

  private void note(BasicHeader header, boolean countsStatus) {
    int most = header.refCmdSn(); // where a response has its MaxCmdSN
    if (most - maxCmdSn > 0) {
      maxCmdSn = most;
    }
    if (countsStatus) {
      expStatSn = header.cmdSn() + 1; // where a response has its StatSN
    }
  }

  private boolean isUnitAttention(BasicHeader reply) {
    return reply.byteAt(3) == CHECK_CONDITION
        && reader.dataBytes() > 4
        && (reader.data().get(4) & 0xf) == UNIT_ATTENTION;
  }

  private ProtocolException failed(String what, BasicHeader reply) {
    ByteBuffer data = reader.data();
    int sense =
        data.capacity() < 16 ? 0 : ((data.get(4) & 0xf) << 16) | (data.getShort(14) & 0xffff);
    return new ProtocolException(
        "%s was answered with response %#x, status %#x, sense %#x"
            .formatted(what, reply.byteAt(2), reply.byteAt(3), sense));
  }

  /** Logs out; the target closes the connection. */
  void logOut() throws IOException {
    batch
        .add(0x40 | Opcode.LOGOUT_REQUEST)
        .flags(BasicHeader.FINAL)
        .initiatorTaskTag(0)
        .statSn(cmdSn)
        .expCmdSn(expStatSn);
    batch.flush();
    while (Terms.await(reader).opcode() != Opcode.LOGOUT_RESPONSE) {
      // what else was under way
    }
  }

  Latencies latencies() {
    return latencies;
  }

  long done() {
    return done;
  }

  long nanos() {
    return endNanos - startNanos;
  }

  long pause() {
    return pause;
  }

  long[] eachSecond() {
    return eachSecond;
  }

  /** Any thread may call it: what is under way fails. */
  @Override
  public void close() throws IOException {
    arriving.close();
    socket.close();
  }
}
