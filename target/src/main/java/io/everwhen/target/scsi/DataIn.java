package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Takes the data that a command returns, straight into the transport's buffers: {@link #begin},
 * then {@link #claim} and {@link #commit} in turn until all is there. An {@link IOException} from
 * here means that the initiator is gone.
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
}
