package io.everwhen.target.iscsi;

import java.util.concurrent.atomic.LongAdder;

/** What a target has done since it was added. */
final class Counters {
  final LongAdder commands = new LongAdder();
  final LongAdder bytesRead = new LongAdder();
  final LongAdder bytesWritten = new LongAdder();
}
