package io.everwhen.journal.image;

import java.nio.ByteBuffer;

/**
 * Content of a live disk that is read where it lies. It keeps the image from being brought up to
 * date, for a second at most: after that it may change while it is read.
 */
public final class Loan {

  private final ByteBuffer content;
  private final Image image;
  private final long offset;
  private final Loans.Round round;

  Loan(ByteBuffer content, Image image, long offset, Loans.Round round) {
    this.content = content;
    this.image = image;
    this.offset = offset;
    this.round = round;
  }

  /**
   * The content, from 0 to the buffer's limit; only for system calls, see {@link
   * io.everwhen.journal.io.ResidentPages#at}.
   */
  public ByteBuffer content() {
    return content;
  }

  /**
   * Ends the loan; once.
   *
   * @param used whether the content was read; if not, the reason is looked for in the image, and if
   *     it cannot be read nothing more of it is lent
   */
  public void giveBack(boolean used) {
    round.end();
    if (!used) {
      image.doubt(offset, content.limit());
    }
  }
}
