package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Carries out POPULATE TOKEN and WRITE USING TOKEN, SBC-3 sections 5.7 and 5.52, for one logical
 * unit. A token may be of any unit that the same initiator port sees. Each piece of up to {@link
 * CopyLimits#SEGMENT_BYTES_MAX} is one change, zeros are one altogether.
 */
final class TokenCommands {

  private final BlockDevice disk;
  private final RodTokens tokens;

  TokenCommands(BlockDevice disk, RodTokens tokens) {
    this.disk = disk;
    this.tokens = tokens;
  }

  /** No change of the unit may be under way. */
  Outcome populate(UnitNexus nexus, Cdb.PopulateToken cdb, ByteBuffer list) {
    if (!list.hasRemaining()) {
      return Outcome.Done.GOOD;
    }
    return switch (TokenList.populate(list, disk.geometry())) {
      case TokenList.Refused refused -> new Outcome.CheckCondition(refused.sense());
      case TokenList.Write _ -> throw new IllegalStateException("not of POPULATE TOKEN");
      case TokenList.Populate populate -> {
        long seconds =
            populate.seconds() == 0 ? CopyLimits.TOKEN_SECONDS_DEFAULT : populate.seconds();
        RodTokens.Token token =
            tokens.issue(populate.ranges(), disk.geometry().blockSize(), seconds);
        nexus
            .tokenResults()
            .add(
                cdb.listIdentifier(),
                new TokenResults.Result(
                    OperationCode.POPULATE_TOKEN, token.blocks(), null, token.bytes()));
        yield Outcome.Done.GOOD;
      }
    };
  }

  Outcome write(UnitNexus nexus, Cdb.WriteUsingToken cdb, ByteBuffer list) throws IOException {
    if (!list.hasRemaining()) {
      return Outcome.Done.GOOD;
    }
    return switch (TokenList.write(list, disk.geometry())) {
      case TokenList.Refused refused -> new Outcome.CheckCondition(refused.sense());
      case TokenList.Populate _ -> throw new IllegalStateException("not of WRITE USING TOKEN");
      case TokenList.Write write -> {
        Copy copy = new Copy(nexus, write);
        Sense failure = copy.run();
        nexus
            .tokenResults()
            .add(
                cdb.listIdentifier(),
                new TokenResults.Result(
                    OperationCode.WRITE_USING_TOKEN, copy.written, failure, null));
        yield failure == null ? Outcome.Done.GOOD : new Outcome.CheckCondition(failure);
      }
    };
  }

  /** One WRITE USING TOKEN under way. */
  private static final class Copy {

    private final UnitNexus destination;
    private final TokenList.Write write;
    private long written;

    Copy(UnitNexus destination, TokenList.Write write) {
      this.destination = destination;
      this.write = write;
    }

    /** Returns why not everything was written, or null. */
    @Nullable Sense run() throws IOException {
      if (write.token().getInt(0) == RodTokens.BLOCK_DEVICE_ZERO) {
        return zero();
      }
      for (UnitNexus source : destination.session().open()) {
        RodTokens tokens = source.unit().tokens();
        RodTokens.Token token = tokens.find(write.token());
        if (token != null) {
          Sense failure = copy(source, tokens, token);
          if (write.ends()) {
            tokens.end(token);
          }
          return failure;
        }
      }
      return Sense.TOKEN_UNKNOWN;
    }

    /** The zeros of all ranges are one change: that of an UNMAP. */
    private @Nullable Sense zero() throws IOException {
      ByteBuffer list = UnmapList.of(write.ranges());
      Sense failure =
          CopyTransfers.change(destination, new Cdb.Unmap(false, list.remaining()), list);
      if (failure == null) {
        written = write.ranges().stream().mapToLong(Extent::count).sum();
      }
      return failure;
    }

    private @Nullable Sense copy(UnitNexus source, RodTokens tokens, RodTokens.Token token)
        throws IOException {
      int from = source.unit().blockSize();
      int to = destination.unit().blockSize();
      long offset = write.offset();
      long left = token.blocks() * from;
      if (offset < 0 || offset > left / to || offset * to % from != 0 || left % to != 0) {
        return Sense.INVALID_FIELD_IN_PARAMETER_LIST;
      }
      long at = offset * to;
      ByteBuffer buffer = LargeBuffers.FOR_COPIES.acquire();
      try {
        for (Extent range : write.ranges()) {
          long done = 0;
          while (done < range.count() && at < left) {
            int bytes =
                (int)
                    Math.min(
                        Math.min(CopyLimits.SEGMENT_BYTES_MAX, left - at),
                        (range.count() - done) * to);
            Sense failure = read(source, token, at, buffer.clear().limit(bytes));
            if (failure == null && !tokens.holds(token)) {
              failure = Sense.TOKEN_REVOKED;
            }
            if (failure == null) {
              failure = CopyTransfers.write(destination, range.block() + done, buffer.flip());
            }
            if (failure != null) {
              return failure;
            }
            at += bytes;
            done += bytes / to;
            written += bytes / to;
          }
        }
        return null;
      } finally {
        LargeBuffers.FOR_COPIES.release(buffer);
      }
    }

    /** Reads as much of a token's data as there is room for, from {@code skip} bytes on. */
    private static @Nullable Sense read(
        UnitNexus source, RodTokens.Token token, long skip, ByteBuffer into) throws IOException {
      int blockSize = source.unit().blockSize();
      long skipped = skip / blockSize;
      for (Extent range : token.ranges()) {
        long inside = Math.min(skipped, range.count());
        skipped -= inside;
        long blocks = Math.min(range.count() - inside, into.remaining() / blockSize);
        if (blocks > 0) {
          Sense failure = CopyTransfers.read(source, range.block() + inside, blocks, into);
          if (failure != null) {
            return failure;
          }
        }
      }
      return into.hasRemaining() ? Sense.COPY_SEGMENT_WRONG : null;
    }
  }
}
