package io.everwhen.journal;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.RewindNote;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.Rewound;
import io.everwhen.journal.image.Backfill;
import io.everwhen.journal.image.Backfill.Parts;
import io.everwhen.journal.image.LiveDisks;
import io.everwhen.journal.image.Volume;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.journal.payload.Secret;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rewinds the disks of a group, and fills in behind that what was changed since the instant that a
 * disk went back to. It is noted in a file before it is on the timeline, so that the next opening
 * goes on with it. {@link #rewind} by any thread; the rest by whoever maintains the group.
 */
final class Rewinder implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(Rewinder.class);

  /** How much is filled in before other maintenance has its turn. */
  private static final long TURN_BYTES = 8L << 20;

  /** How often a disk can be rewound before it is filled in: each holds its files open. */
  private static final int STEPS_MAX = 32;

  private static final long NONE = Long.MAX_VALUE;

  private final JournalFiles files;
  private final Manifest manifest;
  private final @Nullable Secret secret;
  private final Journal journal;
  private final LiveDisks disks;
  private final Backlog backlog;
  private final Map<Integer, Filling> fillings = new ConcurrentSkipListMap<>();
  private volatile long held = NONE;

  /** What is being filled in of one disk. */
  private static final class Filling {
    private final RewindNote note;
    private final Rewound past;
    // Those of earlier ones, from which somebody may still be reading.
    private final List<Rewound> earlier;
    private final long first;
    private final long oldestNeeded;
    private long from;
    private volatile @Nullable String noRoom;
    private volatile @Nullable String unreadable;

    /**
     * @param first the first REWIND that is filled in
     * @param oldestNeeded the oldest instant that the next opening needs to go on with it
     */
    Filling(RewindNote note, Rewound past, List<Rewound> earlier, long first, long oldestNeeded) {
      this.note = note;
      this.past = past;
      this.earlier = earlier;
      this.first = first;
      this.oldestNeeded = oldestNeeded;
    }

    List<Rewound> all() {
      List<Rewound> all = new ArrayList<>(earlier);
      all.add(past);
      return all;
    }

    void close() throws IOException {
      for (Rewound each : all()) {
        each.close();
      }
    }
  }

  Rewinder(
      JournalFiles files,
      Manifest manifest,
      @Nullable Secret secret,
      Journal journal,
      LiveDisks disks,
      Backlog backlog) {
    this.files = files;
    this.manifest = manifest;
    this.secret = secret;
    this.journal = journal;
    this.disks = disks;
    this.backlog = backlog;
  }

  /** Goes on with what was not filled in when the group was closed. */
  void resume() throws IOException {
    for (Manifest.Disk disk : manifest.disks()) {
      Optional<RewindNote> note = files.readRewind(manifest, disk.number());
      if (note.isPresent()) {
        resume(note.get());
      }
    }
  }

  private void resume(RewindNote note) throws IOException {
    Rewound past = Rewound.open(files.storage(), secret, note.disk());
    boolean goesOn = false;
    try {
      List<RewindNote.Step> done = new ArrayList<>();
      List<Long> entries = new ArrayList<>();
      for (RewindNote.Step step : note.steps()) {
        long entry = past.entryOf(step);
        if (entry > 0) {
          done.add(step);
          entries.add(entry);
        }
      }
      if (done.isEmpty() || past.isFilledIn()) {
        files.deleteRewind(note.disk());
        return;
      }
      Volume volume = disks.volume(note.disk());
      past.goTo(done.getLast().to());
      Parts pending = new Parts(past.sizeBytes());
      for (int i = 0; i < done.size(); i++) {
        // The first change of a part after a rewind covers it: see Backfill.
        long until = i + 1 < done.size() ? entries.get(i + 1) : past.head();
        past.changes(done.get(i).to(), entries.get(i), pending::add);
        Parts filled = new Parts(past.sizeBytes());
        past.changes(entries.get(i), until, filled::add);
        pending.remove(filled);
      }
      RewindNote remaining = new RewindNote(note.group(), note.disk(), done);
      long oldest = done.stream().mapToLong(s -> past.oldestNeededBy(s.to())).min().orElseThrow();
      fillings.put(
          note.disk(), new Filling(remaining, past, List.of(), entries.getFirst(), oldest));
      goesOn = true;
      volume.rewind(_ -> new Backfill(journal, note.disk(), past::read, pending));
      log.info(
          "{} was rewound; {} MiB are still to be filled in", volume.name(), pending.bytes() >> 20);
    } finally {
      if (!goesOn) {
        past.close();
      }
    }
  }

  /**
   * Lets a disk be as it was after an entry.
   *
   * @param to a complete change, within the history
   * @return the entry from which on it is so
   * @throws JournalFullException when there is no room for that; nothing was changed
   */
  long rewind(int disk, long to) throws IOException {
    Volume volume = disks.volume(disk);
    long[] sequence = new long[1];
    volume.rewind(before -> {
      Filling earlier = fillings.get(disk);
      if (earlier != null && earlier.note.steps().size() >= STEPS_MAX) {
        throw new IOException(
            "%s was rewound %d times and is not filled in yet; wait until it is"
                .formatted(volume.name(), STEPS_MAX));
      }
      Rewound past = Rewound.open(files.storage(), secret, disk);
      boolean done = false;
      try {
        past.goTo(to);
        if (past.sizeBytes() != volume.sizeBytes()) {
          throw new IOException(
              "%s has %d bytes, but had %d then"
                  .formatted(volume.name(), volume.sizeBytes(), past.sizeBytes()));
        }
        Parts pending = new Parts(volume.sizeBytes());
        past.changes(to, past.head(), pending::add);
        if (before != null) {
          pending.add(before);
        }
        long oldest = past.oldestNeededBy(to);
        RewindNote.Step step = new RewindNote.Step(to, journal.writtenSequence());
        RewindNote note =
            earlier == null
                ? new RewindNote(manifest.id(), disk, List.of(step))
                : earlier.note.with(step);
        files.writeRewind(note);
        sequence[0] = journal.refer(disk, EntryKind.REWIND, to);
        fillings.put(
            disk,
            earlier == null
                ? new Filling(note, past, List.of(), sequence[0], oldest)
                : new Filling(
                    note,
                    past,
                    earlier.all(),
                    earlier.first,
                    Math.min(oldest, earlier.oldestNeeded)));
        done = true;
        return new Backfill(journal, disk, past::read, pending);
      } finally {
        if (!done) {
          past.close();
        }
      }
    });
    return sequence[0];
  }

  /** Needs an instant from now on, which some disk is to go back to, and what it needs itself. */
  void hold(long sequence) throws IOException {
    try (History history = History.open(files.storage(), secret)) {
      held = history.oldestNeededBy(sequence);
    }
  }

  /** Ends {@link #hold}. */
  void release() {
    held = NONE;
  }

  /** The oldest entry whose instant is needed; the greatest number when none is. */
  long oldestNeeded() {
    return Math.min(
        held,
        fillings.values().stream().mapToLong(filling -> filling.oldestNeeded).min().orElse(NONE));
  }

  /** Whether some instant is needed: until then nothing is thinned. */
  boolean needsAny() {
    return oldestNeeded() != NONE;
  }

  /** Why something cannot be filled in; null when all is well. */
  @Nullable String problem() {
    return fillings.values().stream()
        .flatMap(filling -> Stream.of(filling.noRoom, filling.unreadable))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** Fills in some of what is left; whether there was anything to do that can be done now. */
  boolean step() throws IOException {
    boolean worked = false;
    for (Map.Entry<Integer, Filling> each : fillings.entrySet()) {
      worked |= step(each.getKey(), each.getValue());
    }
    return worked;
  }

  private boolean step(int disk, Filling filling) throws IOException {
    Volume volume = disks.volume(disk);
    Backfill backfill = volume.backfill();
    if (backfill == null || backlog.isFull()) {
      return false;
    }
    long before = backfill.pendingBytes();
    try {
      long stop = filling.from + TURN_BYTES;
      while (filling.from < stop && !backlog.isFull()) {
        filling.from = volume.fillSome(filling.from);
        filling.noRoom = null;
      }
    } catch (JournalFullException e) {
      filling.noRoom =
          "%s was rewound, and there is no room to fill it in: %s"
              .formatted(volume.name(), e.getMessage());
      return false;
    } catch (IOException e) {
      if (journal.failure() != null) {
        throw e;
      }
      filling.unreadable =
          "%s was rewound, and a part of it cannot be filled in: %s"
              .formatted(volume.name(), e.getMessage());
      // Perhaps what follows can, and this later.
      filling.from = filling.from < volume.sizeBytes() ? filling.from + TURN_BYTES : 0;
      return backfill.pendingBytes() < before;
    }
    if (filling.from == Long.MAX_VALUE) {
      filling.from = 0;
      if (backfill.pendingBytes() > 0) {
        return backfill.pendingBytes() < before;
      }
      end(disk, volume);
    }
    return true;
  }

  /** Everything is filled in: says so, if the disk was not rewound again meanwhile. */
  private void end(int disk, Volume volume) throws IOException {
    volume.rewind(before -> {
      Filling filling = fillings.get(disk);
      if (filling == null || (before != null && !before.isEmpty())) {
        return volume.backfill();
      }
      journal.refer(disk, EntryKind.REWOUND, filling.first);
      // It is over with that entry; what is left of the note says nothing more.
      fillings.remove(disk);
      deleteNote(disk);
      filling.close();
      return null;
    });
    log.info("{} is filled in after it was rewound", volume.name());
  }

  private void deleteNote(int disk) {
    try {
      files.deleteRewind(disk);
    } catch (IOException e) {
      log.warn(
          "the note of a rewind that is over stays in {} until the next opening: {}",
          files.storage().describe(),
          e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    for (Filling filling : fillings.values()) {
      filling.close();
    }
    fillings.clear();
  }
}
