package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryKind;

/** Told of every entry that has reached the operating system, in order, by one thread at a time. */
public interface EntryListener {

  /**
   * An entry was written.
   *
   * @param encoded whether its payload is stored in another form than as the content itself
   * @param place of its header in the segment
   */
  void written(
      EntryKind kind,
      int disk,
      long offset,
      long length,
      int payloadLength,
      boolean encoded,
      long sequence,
      Segment segment,
      long place);
}
