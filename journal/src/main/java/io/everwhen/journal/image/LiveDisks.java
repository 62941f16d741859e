package io.everwhen.journal.image;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.EntryListener;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.Segment;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The images of a group's disks, opened before its journal, and the volumes on top of both. */
public final class LiveDisks implements EntryListener, Closeable {

  private final Manifest group;
  // A disk that comes later is put at the end, while others are used.
  private final List<Image> images = new CopyOnWriteArrayList<>();
  private final List<BlockMap> maps = new CopyOnWriteArrayList<>();
  private final List<Volume> volumes = new CopyOnWriteArrayList<>();

  /**
   * Opens the images.
   *
   * @param homes of the group's disks, by number
   */
  public LiveDisks(Manifest group, List<? extends Storage> homes) throws IOException {
    this.group = group;
    try {
      for (Manifest.Disk disk : group.disks()) {
        images.add(Image.open(homes.get(disk.number()), group, disk));
        maps.add(new BlockMap());
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** The newest entry that some image holds: the journal must have it. */
  public long newestCheckpoint() {
    return images.stream().mapToLong(Image::checkpointSequence).max().orElse(0);
  }

  /** Every entry up to this one is in every image. */
  public long oldestCheckpoint() {
    return images.stream().mapToLong(Image::checkpointSequence).min().orElse(0);
  }

  /** Puts the volumes on the journal, and learns from it what the images lack. */
  public void attach(Journal journal) throws IOException {
    for (Manifest.Disk disk : group.disks()) {
      int n = disk.number();
      volumes.add(new Volume(n, disk.name(), images.get(n), journal, maps.get(n)));
    }
    journal.replay(oldestCheckpoint(), this);
    for (Volume volume : volumes) {
      volume.image().checkHolds(volume.leastBytesSinceCheckpoint());
    }
    journal.startWith(volumes.stream().mapToLong(Volume::sizeBytes).toArray());
  }

  /** Puts one more on the journal, which has no entry of it yet. */
  public void add(Manifest.Disk disk, Image image, Journal journal) {
    BlockMap map = new BlockMap();
    images.add(image);
    maps.add(map);
    volumes.add(new Volume(disk.number(), disk.name(), image, journal, map));
    journal.addDisk(disk.sizeBytes());
  }

  /** A disk that is attached. */
  public Volume volume(int disk) {
    return volumes.get(disk);
  }

  /** All that are attached, by number. */
  public List<Volume> volumes() {
    return List.copyOf(volumes);
  }

  /** An applier for the attached volumes. */
  public Applier applier(Journal journal) {
    return new Applier(journal, volumes);
  }

  @Override
  public void written(
      EntryKind kind,
      int disk,
      long offset,
      long length,
      int payloadLength,
      boolean encoded,
      long sequence,
      Segment segment,
      long place) {
    if (kind.changesContent() && sequence > images.get(disk).checkpointSequence()) {
      volumes.get(disk).noteChanged(kind, encoded, offset, length, sequence, segment, place);
    }
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Image image : images) {
      try {
        image.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
