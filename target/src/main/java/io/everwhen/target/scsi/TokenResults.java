package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of the token commands that one nexus has sent, by their list identifiers; RECEIVE ROD
 * TOKEN INFORMATION, SPC-4 section 6.28. Keeps the last few. Any thread may call it.
 */
final class TokenResults {

  private static final int HEADER_BYTES = 32;
  private static final int COMPLETED = 0x01;
  private static final int FAILED = 0x02;
  private static final int UNKNOWN_DELAY = 0xffffffff;

  /** TRANSFER COUNT is in logical blocks. */
  private static final int LOGICAL_BLOCKS = 0xf1;

  private static final int TOKEN_RESERVED_BYTES = 2;

  /**
   * How a command ended.
   *
   * @param blocks of the unit that it came to
   */
  record Result(
      int serviceAction, long blocks, @Nullable Sense failure, @Nullable ByteBuffer token) {}

  private final Map<Integer, Result> results = new LinkedHashMap<>();

  synchronized void add(int identifier, Result result) {
    results.remove(identifier);
    if (results.size() >= CopyLimits.RESULTS_MAX) {
      results.remove(results.keySet().iterator().next());
    }
    results.put(identifier, result);
  }

  Outcome report(Cdb.ReceiveRodTokenInformation cdb, DataIn dataIn) throws IOException {
    Result result;
    synchronized (this) {
      result = results.get(cdb.listIdentifier());
    }
    return result == null
        ? new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB)
        : UnitInformation.finish(null, reply(result), cdb.allocationLength(), dataIn);
  }

  private static ByteBuffer reply(Result result) {
    Sense failure = result.failure();
    ByteBuffer token = result.token();
    int senseBytes = failure == null ? 0 : Sense.FIXED_BYTES;
    int tokenBytes = token == null ? 0 : TOKEN_RESERVED_BYTES + RodTokens.TOKEN_BYTES;
    ByteBuffer reply = ByteBuffer.allocate(HEADER_BYTES + senseBytes + Integer.BYTES + tokenBytes);
    reply.putInt(reply.capacity() - Integer.BYTES).put((byte) result.serviceAction());
    reply.put((byte) (failure == null ? COMPLETED : FAILED)).putShort((short) 0);
    reply.putInt(UNKNOWN_DELAY).put((byte) 0).put((byte) senseBytes).put((byte) senseBytes);
    reply.put((byte) LOGICAL_BLOCKS).putLong(result.blocks()).position(HEADER_BYTES);
    if (failure != null) {
      failure.putFixed(reply);
    }
    reply.putInt(tokenBytes);
    if (token != null) {
      reply.putShort((short) 0).put(token.duplicate());
    }
    return reply;
  }
}
