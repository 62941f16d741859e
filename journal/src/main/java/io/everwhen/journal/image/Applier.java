package io.everwhen.journal.image;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.image.BlockMap.Piece;
import io.everwhen.journal.image.BlockMap.Source;
import io.everwhen.journal.log.EntryReader;
import io.everwhen.journal.log.Journal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Carries durable changes from the journal into the images: of each block only the newest content
 * there is by then.
 *
 * <p>Promise 2 is kept here: nothing is applied whose entry is not durable. One thread at a time.
 */
public final class Applier {

  private static final long BATCH_BYTES = 8L << 20;

  private final Journal journal;
  private final List<Volume> volumes;
  private final EntryReader reader;

  Applier(Journal journal, List<Volume> volumes) {
    this.journal = journal;
    this.volumes = volumes;
    this.reader = journal.newReader();
  }

  /**
   * Makes the journal durable, applies everything that was in it, makes the images durable and
   * moves their checkpoints.
   *
   * @param giveUp whether to leave it at that, for good; checkpoints then stay where they are, as
   *     after a crash
   * @return whether it is done
   */
  public boolean apply(BooleanSupplier giveUp) throws IOException {
    journal.sync();
    long durable = journal.durableSequence();
    List<List<Piece>> applied = new ArrayList<>();
    List<Image.Writes> writes = volumes.stream().map(volume -> volume.image().begin()).toList();
    for (Volume volume : volumes) {
      boolean due = volume.image().checkpointSequence() < durable;
      applied.add(due ? apply(volume, durable, giveUp) : List.of());
    }
    if (giveUp.getAsBoolean()) {
      return false;
    }
    // A piece may have been passed over because a newer entry replaces it. The checkpoint says that
    // it is not needed any more; so the newer entry must be durable first.
    journal.sync();
    for (Volume volume : volumes) {
      if (volume.image().checkpointSequence() < durable) {
        volume.checkpoint(writes.get(volume.number()), durable);
      }
      // Not before: after a failed sync nobody knows what the image holds, and everything is
      // written once more.
      applied.get(volume.number()).forEach(volume.map()::remove);
      volume.quiesce();
    }
    return true;
  }

  /** Stops early when it is to be given up. */
  private List<Piece> apply(Volume volume, long durable, BooleanSupplier giveUp)
      throws IOException {
    Image image = volume.image();
    long sizeBytes = volume.sizeBytesAt(durable);
    if (sizeBytes < image.fileBytes()) {
      volume.quiesce(); // those who may still be reading what is cut off
    }
    image.setSize(sizeBytes);
    List<Piece> applied = new ArrayList<>();
    long from = 0;
    while (true) {
      List<Piece> batch = volume.map().upTo(durable, from, BATCH_BYTES);
      if (batch.isEmpty()) {
        return applied;
      }
      volume.beginApplication();
      for (Piece piece : batch) {
        if (giveUp.getAsBoolean()) {
          return applied;
        }
        // What lies behind the end was cut off, which is all that such a piece says.
        if (piece.start() < sizeBytes) {
          apply(image, piece.upTo(sizeBytes));
        }
      }
      applied.addAll(batch);
      from = batch.getLast().end();
    }
  }

  private void apply(Image image, Piece piece) throws IOException {
    Source source = piece.source();
    if (source.zeroes()) {
      image.zero(piece.start(), piece.end() - piece.start());
      return;
    }
    EntryHeader entry =
        reader.read(
            source.segment().file(),
            source.segment().header(),
            source.place(),
            source.sequence(),
            piece.end() - source.offset());
    if (entry.offset() != source.offset() || piece.end() > entry.end()) {
      throw new IllegalStateException(
          "entry " + entry.sequence() + " is not where the block map says");
    }
    ByteBuffer data = reader.payload();
    image.write(
        piece.start(),
        data.slice((int) (piece.start() - entry.offset()), (int) (piece.end() - piece.start())));
  }
}
