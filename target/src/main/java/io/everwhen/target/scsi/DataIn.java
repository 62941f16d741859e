package io.everwhen.target.scsi;

import io.everwhen.target.block.Loan;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Takes the data that a command returns, straight into the transport's buffers: {@link #begin},
 * then {@link #claim} and {@link #commit} in turn, or {@link #borrow}, until all is there. An
 * {@link IOException} from here means that the initiator is gone.
 */
public interface DataIn {

  /**
   * Announces how much the command returns.
   *
   * @return how much of it the initiator takes: the rest need not be delivered
   */
  long begin(long bytes) throws IOException;

  /**
   * A buffer to be filled to its limit: at most {@code bytes}, and if less then a multiple of every
   * block size.
   */
  ByteBuffer claim(long bytes) throws IOException;

  /** What was claimed last is filled. */
  void commit() throws IOException;

  /** The most that is taken {@linkplain #borrow where it lies}; 0 when nothing is. */
  default int borrowedBytesMax() {
    return 0;
  }

  /**
   * Takes what is lent instead of what would be filled in, and sees to it that it is given back.
   */
  default void borrow(Loan loan) throws IOException {
    throw new UnsupportedOperationException("takes copies only");
  }
}
