package io.everwhen.journal.image;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.log.EntryReader;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
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
   * @param limit the last entry that is applied
   * @param giveUp whether to leave it at that, for good; checkpoints then stay where they are, as
   *     after a crash
   * @return whether it is done
   */
  public boolean apply(long limit, BooleanSupplier giveUp) throws IOException {
    journal.sync();
    long durable = Math.min(journal.durableSequence(), limit);
    List<Image.Writes> writes = volumes.stream().map(volume -> volume.image().begin()).toList();
    for (Volume volume : volumes) {
      if (volume.image().checkpointSequence() < durable) {
        apply(volume, durable, giveUp);
      }
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
        // Not before: after a failed sync nobody knows what the image holds, and everything is
        // written once more.
        volume.map().forgetUpTo(durable);
      }
      volume.quiesce();
    }
    return true;
  }

  /** Stops early when it is to be given up. */
  private void apply(Volume volume, long durable, BooleanSupplier giveUp) throws IOException {
    volume.awaitLoans();
    Image image = volume.image();
    long sizeBytes = volume.sizeBytesAt(durable);
    if (sizeBytes < image.fileBytes()) {
      volume.quiesce(); // those who may still be reading what is cut off
    }
    image.setSize(sizeBytes);
    Pieces batch = new Pieces();
    long from = 0;
    while (true) {
      volume.map().upTo(durable, from, BATCH_BYTES, batch);
      if (batch.isEmpty()) {
        return;
      }
      volume.beginApplication();
      for (int i = 0; i < batch.count(); i++) {
        if (giveUp.getAsBoolean()) {
          return;
        }
        // What lies behind the end was cut off, which is all that such a piece says.
        if (batch.start(i) < sizeBytes) {
          apply(image, batch, i, Math.min(batch.end(i), sizeBytes));
        }
      }
      from = batch.end(batch.count() - 1);
    }
  }

  /** Applies what of a piece lies before {@code end}. */
  private void apply(Image image, Pieces batch, int piece, long end) throws IOException {
    long start = batch.start(piece);
    if (batch.zeroes(piece)) {
      image.zero(start, end - start);
      return;
    }
    Segment segment = batch.segment(piece);
    long offset = batch.offset(piece);
    EntryHeader entry =
        reader.read(
            segment.file(),
            segment.header(),
            batch.place(piece),
            batch.sequence(piece),
            end - offset);
    if (entry.offset() != offset || end > entry.end()) {
      throw new IllegalStateException(
          "entry " + entry.sequence() + " is not where the block map says");
    }
    ByteBuffer data = reader.payload();
    image.write(start, data.slice((int) (start - offset), (int) (end - start)));
  }
}
