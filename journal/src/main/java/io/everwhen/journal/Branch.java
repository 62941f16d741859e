package io.everwhen.journal;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.NewBaseline;
import io.everwhen.journal.history.OriginView;
import io.everwhen.journal.history.Rewound;
import io.everwhen.journal.image.Backfill;
import io.everwhen.journal.image.Backfill.Parts;
import io.everwhen.journal.image.Volume;
import io.everwhen.journal.io.Pace;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.payload.Secret;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The disk of a branch. What was not changed in it is read from its {@link OriginView}; a change to
 * a part of that first has the part written to the journal as it was, as after a rewind. So what is
 * its own stands in its journal from the beginning on, and nothing of that is folded; until all of
 * the rest is {@linkplain #copy copied}, and it needs the other group no more.
 */
final class Branch implements Closeable {

  private static final int DISK = 0;
  private static final int WINDOW_BYTES = 1 << 20;

  private final Storage journal;
  private final Manifest manifest;
  private final Volume volume;
  private final OriginView origin;

  private Branch(Storage journal, Manifest manifest, Volume volume, OriginView origin) {
    this.journal = journal;
    this.manifest = manifest;
    this.volume = volume;
    this.origin = origin;
  }

  /** Puts what is not its own before a volume that is attached. */
  static Branch open(
      Storage storage,
      Manifest manifest,
      Manifest.Origin from,
      @Nullable Secret secret,
      Journal journal,
      Volume volume)
      throws IOException {
    long bytes = manifest.disks().get(DISK).sizeBytes();
    Parts pending = Parts.all(bytes);
    Parts own = new Parts(bytes);
    try (Rewound past = Rewound.open(storage, secret, DISK)) {
      // The first change of a part covers it: see Backfill.
      past.changes(0, past.head(), own::add);
    }
    pending.remove(own);
    OriginView origin = new OriginView(storage, from, secret);
    volume.rewind(_ -> new Backfill(journal, DISK, origin::read, pending));
    return new Branch(storage, manifest, volume, origin);
  }

  /**
   * Copies everything that is not its own to a baseline of its own and to the image; durable when
   * it returns, and neither is relied on yet. Changes go on meanwhile.
   *
   * @param pace told of what was read; its failure ends this
   */
  void copy(Pace pace) throws IOException {
    Manifest.Disk disk = manifest.disks().get(DISK);
    try (NewBaseline baseline = NewBaseline.create(journal, disk)) {
      Volume.Filling image = volume.fillImage();
      ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES);
      long size = disk.sizeBytes();
      for (long at = origin.nextData(0); at < size; at = origin.nextData(at + window.limit())) {
        at -= at % NewBaseline.CHUNK_BYTES;
        window.clear().limit((int) Math.min(WINDOW_BYTES, size - at));
        origin.read(at, window);
        pace.spend(window.limit());
        long from = at;
        ContentRuns.each(
            window.flip(),
            (start, length) -> {
              baseline.write(from + start, window.slice(start, length));
              image.write(from + start, window.slice(start, length));
            });
      }
      baseline.finish();
      image.sync();
    } catch (IOException e) {
      giveBack(disk, e);
      throw e;
    }
  }

  /** The room that a part of it takes may be needed. */
  private void giveBack(Manifest.Disk disk, IOException failure) {
    try {
      NewBaseline.clear(journal, disk.number());
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** Ends being a branch: what was copied is relied on when {@code ending} has said so. */
  void end(Volume.Ending ending) throws IOException {
    volume.endFilling(ending);
  }

  /** Bytes that are not its own. */
  long originBytes() {
    Backfill backfill = volume.backfill();
    return backfill == null ? 0 : backfill.pendingBytes();
  }

  @Override
  public void close() throws IOException {
    origin.close();
  }
}
