package io.everwhen.target.scsi;

import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parameter lists of POPULATE TOKEN and WRITE USING TOKEN, SBC-3 sections 5.7 and 5.52: a
 * header, and ranges of the logical unit that the command came to.
 */
sealed interface TokenList {

  int POPULATE_HEADER_BYTES = 16;
  int WRITE_HEADER_BYTES = 536;
  int RANGE_BYTES = 16;

  /** POPULATE TOKEN: a token is asked for; 0 seconds are as many as we like. */
  record Populate(long seconds, List<Extent> ranges) implements TokenList {}

  /**
   * WRITE USING TOKEN.
   *
   * @param ends DEL_TKN: the token ends with the command
   * @param offset where to begin in the token's data, in blocks of the unit that is written
   */
  record Write(boolean ends, long offset, ByteBuffer token, List<Extent> ranges)
      implements TokenList {}

  /** A list that cannot be carried out. */
  record Refused(Sense sense) implements TokenList {}

  static TokenList populate(ByteBuffer list, Geometry geometry) {
    ByteBuffer in = list.slice();
    boolean typed = (in.get(2) & 2) != 0;
    long seconds = in.getInt(4) & 0xffffffffL;
    if (seconds > CopyLimits.TOKEN_SECONDS_MAX
        || (typed && in.getInt(8) != RodTokens.POINT_IN_TIME_VULNERABLE)) {
      return new Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    }
    List<Extent> ranges = new ArrayList<>();
    Sense wrong = ranges(in, POPULATE_HEADER_BYTES, geometry, ranges);
    return wrong == null ? new Populate(seconds, ranges) : new Refused(wrong);
  }

  static TokenList write(ByteBuffer list, Geometry geometry) {
    ByteBuffer in = list.slice();
    List<Extent> ranges = new ArrayList<>();
    Sense wrong = ranges(in, WRITE_HEADER_BYTES, geometry, ranges);
    boolean ends = (in.get(2) & 2) != 0;
    ByteBuffer token = in.slice(16, RodTokens.TOKEN_BYTES);
    return wrong == null ? new Write(ends, in.getLong(8), token, ranges) : new Refused(wrong);
  }

  /** Reads the ranges behind a header, at whose end their length is; returns why not, or null. */
  private static @Nullable Sense ranges(
      ByteBuffer in, int header, Geometry geometry, List<Extent> ranges) {
    int bytes = in.getShort(header - Short.BYTES) & 0xffff;
    int available = (in.getShort(0) & 0xffff) + Short.BYTES;
    if (bytes < RANGE_BYTES
        || bytes % RANGE_BYTES != 0
        || bytes > Math.min(available, in.limit()) - header
        || bytes / RANGE_BYTES > CopyLimits.RANGES_MAX) {
      return Sense.INVALID_FIELD_IN_PARAMETER_LIST;
    }
    long total = 0;
    for (int at = header; at < header + bytes; at += RANGE_BYTES) {
      long block = in.getLong(at);
      long count = in.getInt(at + 8) & 0xffffffffL;
      if (!geometry.contains(block, count)) {
        return Sense.LBA_OUT_OF_RANGE;
      }
      boolean overlaps =
          ranges.stream().anyMatch(r -> block < r.block() + r.count() && r.block() < block + count);
      total += count;
      if (overlaps || total > CopyLimits.TOKEN_TRANSFER_BYTES_MAX / geometry.blockSize()) {
        return Sense.INVALID_FIELD_IN_PARAMETER_LIST;
      }
      ranges.add(new Extent(block, count));
    }
    return null;
  }
}
