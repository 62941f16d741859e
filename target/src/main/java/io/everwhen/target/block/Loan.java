package io.everwhen.target.block;

import java.nio.ByteBuffer;

/**
 * Content of a disk that is read where it lies, so that it need not be copied. Whoever borrows it
 * gives it back soon, once, and does not keep a disk's changes waiting meanwhile.
 */
public interface Loan {

  /**
   * The content, from 0 to the buffer's limit. Only for system calls, which fail with an {@link
   * java.io.IOException} or {@link IllegalStateException} where it cannot be read any more; looking
   * at it otherwise may end the process.
   */
  ByteBuffer content();

  /**
   * Ends the loan.
   *
   * @param used whether the content was read completely; if not, the lender finds out whether that
   *     is the disk's fault
   */
  void giveBack(boolean used);
}
