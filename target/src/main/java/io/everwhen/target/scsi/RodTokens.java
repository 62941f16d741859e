package io.everwhen.target.scsi;

import io.everwhen.target.block.Extent;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that stand for data of one logical unit as it was when they were issued: point in time
 * copies that are change vulnerable, SPC-4 section 5.16.6. A change to the data ends its tokens.
 * Any thread may call it.
 */
final class RodTokens {

  static final int TOKEN_BYTES = 512;

  /** What a token stands for: data as it was, as long as it is. */
  static final int POINT_IN_TIME_VULNERABLE = 0x00800001;

  /** A token that nobody issues: as many zeros as are asked for. */
  static final int BLOCK_DEVICE_ZERO = 0xffff0001;

  /** Tokens of one unit at once; a new one ends the oldest. */
  static final int TOKENS_MAX = 64;

  private static final int RANDOM_AT = 8;
  private static final int BYTES_AT = 56;
  private static final int BLOCK_SIZE_AT = 96;

  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * A token.
   *
   * @param bytes as the initiator knows it
   * @param ranges what it stands for, in this order
   */
  record Token(ByteBuffer bytes, List<Extent> ranges) {

    long blocks() {
      return ranges.stream().mapToLong(Extent::count).sum();
    }

    boolean covers(long block, long count) {
      return ranges.stream()
          .anyMatch(
              range -> block < range.block() + range.count() && range.block() < block + count);
    }
  }

  /** Replaced as a whole, so that a write looks at it without a lock. */
  private volatile List<Token> tokens = List.of();

  /**
   * Issues a token. No change of the unit may be under way.
   *
   * @param seconds after which it ends at the latest
   */
  Token issue(List<Extent> ranges, int blockSize, long seconds) {
    byte[] bytes = new byte[TOKEN_BYTES];
    RANDOM.nextBytes(bytes);
    ByteBuffer filled = ByteBuffer.wrap(bytes);
    filled.putInt(POINT_IN_TIME_VULNERABLE).putShort((short) 0);
    filled.putShort((short) (TOKEN_BYTES - RANDOM_AT));
    long count = ranges.stream().mapToLong(Extent::count).sum();
    filled.putLong(BYTES_AT - Long.BYTES, 0).putLong(BYTES_AT, count * blockSize);
    filled.putInt(BLOCK_SIZE_AT, blockSize);
    Token token = new Token(filled.rewind().asReadOnlyBuffer(), List.copyOf(ranges));
    synchronized (this) {
      List<Token> kept = new ArrayList<>(tokens);
      if (kept.size() == TOKENS_MAX) {
        kept.removeFirst();
      }
      kept.add(token);
      tokens = List.copyOf(kept);
    }
    CompletableFuture.delayedExecutor(seconds, TimeUnit.SECONDS).execute(() -> end(token));
    return token;
  }

  /** The token with these bytes, if it has not ended. */
  @Nullable Token find(ByteBuffer bytes) {
    return tokens.stream().filter(token -> token.bytes().equals(bytes)).findFirst().orElse(null);
  }

  /** Whether the data is still what the token stands for. */
  boolean holds(Token token) {
    return tokens.contains(token);
  }

  synchronized void end(Token token) {
    tokens = tokens.stream().filter(other -> !other.equals(token)).toList();
  }

  /** The data is about to change there. */
  void changing(long block, long count) {
    if (!tokens.isEmpty()) {
      endThose(block, count);
    }
  }

  private synchronized void endThose(long block, long count) {
    tokens = tokens.stream().filter(token -> !token.covers(block, count)).toList();
  }
}
