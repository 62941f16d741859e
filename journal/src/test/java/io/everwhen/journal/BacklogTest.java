package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BacklogTest {

  private static final long MAX_BYTES = 1L << 30;

  private final Backlog backlog = new Backlog(MAX_BYTES);

  @Test
  void isAppliedInStepsThatEndWithAnEntry() {
    long entry = MAX_BYTES / Backlog.STEPS / 4;
    for (long sequence = 1; sequence <= 10; sequence++) {
      backlog.add(entry, sequence);
    }
    long end = backlog.position();
    assertThat(backlog.next(end)).isEqualTo(new Backlog.Step(4 * entry, 4));
    backlog.appliedUpTo(4 * entry);
    backlog.add(2 * entry, 11);
    assertThat(backlog.next(end)).isEqualTo(new Backlog.Step(8 * entry, 8));
    backlog.appliedUpTo(8 * entry);
    assertThat(backlog.isAppliedUpTo(end)).isFalse();
    assertThat(backlog.next(end)).isEqualTo(new Backlog.Step(end, Long.MAX_VALUE));
    backlog.appliedUpTo(end);
    assertThat(backlog.isAppliedUpTo(end)).isTrue();
    assertThat(backlog.bytes()).isEqualTo(2 * entry);
    long later = backlog.position();
    assertThat(backlog.next(later)).isEqualTo(new Backlog.Step(later, Long.MAX_VALUE));
  }

  @Test
  void countsASmallEntryByTheMemoryThatItTakes() {
    backlog.add(1, 1);
    assertThat(backlog.bytes()).isEqualTo(MAX_BYTES / Backlog.ENTRIES_MAX);
  }

  @Test
  void takesMoreOrLessFromNowOn() {
    backlog.add(MAX_BYTES, 1);
    assertThat(backlog.isFull()).isFalse();
    backlog.maxBytes(MAX_BYTES / 2);
    assertThat(backlog.isFull()).isTrue();
    backlog.maxBytes(2 * MAX_BYTES);
    backlog.add(MAX_BYTES, 2);
    assertThat(backlog.isFull()).isFalse();
    backlog.add(1, 3);
    assertThat(backlog.bytes()).isEqualTo(2 * MAX_BYTES + 2 * MAX_BYTES / Backlog.ENTRIES_MAX);
    assertThat(backlog.isFull()).isTrue();
  }

  @Test
  void growsWithTheHistoryWithinBounds() {
    GroupOptions options = GroupOptions.DEFAULT;
    assertThat(options.backlogBytes(1L << 30)).isEqualTo(2L << 30);
    assertThat(options.backlogBytes(24L << 30)).isEqualTo(3L << 30);
    assertThat(options.backlogBytes(100L << 30)).isEqualTo(4L << 30);
    assertThat(options.applyBytes(1L << 30)).isEqualTo(128L << 20);
    assertThat(options.applyBytes(16L << 30)).isEqualTo(1L << 30);
    assertThat(options.applyBytes(100L << 30)).isEqualTo(2L << 30);
    assertThat(options.applyBytes(options.journal().segmentBytes()))
        .isEqualTo(options.journal().segmentBytes());
    assertThat(options.spareSegments(options.journal().segmentBytes())).isEqualTo(1);
    assertThat(options.spareSegments(1L << 30)).isEqualTo(2);
    assertThat(options.spareSegments(16L << 30)).isEqualTo(32);
    assertThat(options.spareSegments(100L << 30)).isEqualTo(64);
  }
}
