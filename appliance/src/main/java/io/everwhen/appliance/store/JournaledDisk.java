package io.everwhen.appliance.store;

import io.everwhen.journal.Group;
import io.everwhen.journal.image.Volume;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.DeviceException;
import io.everwhen.target.block.DeviceException.Reason;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import io.everwhen.target.block.Loan;
import io.everwhen.target.block.Run;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A volume of a group as the target serves it: blocks become bytes, and failures get their reason.
 */
public final class JournaledDisk implements BlockDevice {

  private static final int PHYSICAL_BLOCK_BYTES = 4096;

  private final Group group;
  private final Volume volume;
  private final int blockBytes;
  private volatile Geometry geometry;
  private volatile boolean readOnly;
  private volatile boolean writeThrough;

  /**
   * A disk of a group.
   *
   * @param number of the disk within it
   */
  public JournaledDisk(Group group, int number) {
    this.group = group;
    this.volume = group.volume(number);
    this.blockBytes = group.disks().get(number).blockBytes();
    this.geometry = shape(volume.sizeBytes());
  }

  private Geometry shape(long sizeBytes) {
    return new Geometry(blockBytes, PHYSICAL_BLOCK_BYTES, sizeBytes / blockBytes);
  }

  /** As it is now: what the volume has become by a resize is seen by the next command. */
  @Override
  public Geometry geometry() {
    Geometry known = geometry;
    long sizeBytes = volume.sizeBytes();
    if (known.byteCount() != sizeBytes) {
      known = shape(sizeBytes);
      geometry = known;
    }
    return known;
  }

  @Override
  public boolean readOnly() {
    return readOnly;
  }

  /** Refuses changes from now on, or takes them again; those that are ordered already are kept. */
  void readOnly(boolean only) {
    readOnly = only;
  }

  @Override
  public boolean writeThrough() {
    return writeThrough;
  }

  /** Has changes durable before they are acknowledged from now on, or not. */
  void writeThrough(boolean through) {
    writeThrough = through;
  }

  @Override
  public void read(long block, ByteBuffer into) throws IOException {
    try {
      volume.read(block * blockBytes, into);
    } catch (IOException e) {
      throw new DeviceException(Reason.UNREADABLE, message(e), e);
    }
  }

  @Override
  public @Nullable Loan lend(long block, int bytes) throws IOException {
    try {
      io.everwhen.journal.image.Loan loan = volume.lend(block * blockBytes, bytes);
      return loan == null ? null : new Lent(loan);
    } catch (IOException e) {
      throw new DeviceException(Reason.UNREADABLE, message(e), e);
    }
  }

  private record Lent(io.everwhen.journal.image.Loan loan) implements Loan {
    @Override
    public ByteBuffer content() {
      return loan.content();
    }

    @Override
    public void giveBack(boolean used) {
      loan.giveBack(used);
    }
  }

  @Override
  public Run run(long block) throws IOException {
    try {
      io.everwhen.journal.image.Run run = volume.run(block * blockBytes);
      // What a hole covers in part holds data.
      long whole = run.length() / blockBytes;
      return run.mapped() || whole == 0
          ? new Run((run.length() + blockBytes - 1) / blockBytes, true)
          : new Run(whole, false);
    } catch (IOException e) {
      throw new DeviceException(Reason.UNREADABLE, message(e), e);
    }
  }

  @Override
  public void write(long block, ByteBuffer data) throws IOException {
    refuseIfReadOnly();
    changing(() -> group.change(() -> volume.write(block * blockBytes, data)));
  }

  @Override
  public void zero(List<Extent> extents, boolean deallocate) throws IOException {
    refuseIfReadOnly();
    long[] offsets =
        extents.stream()
            .filter(e -> e.count() > 0)
            .mapToLong(e -> e.block() * blockBytes)
            .toArray();
    long[] lengths =
        extents.stream()
            .filter(e -> e.count() > 0)
            .mapToLong(e -> e.count() * blockBytes)
            .toArray();
    if (offsets.length > 0) {
      changing(() -> group.change(() -> volume.zero(offsets, lengths, deallocate)));
    }
  }

  @Override
  public boolean takesMarks() {
    return true;
  }

  /** The instant is that of all disks of the group. */
  @Override
  public void mark(String name) throws IOException {
    Optional<String> wrong = MarkName.whatIsWrongWith(name);
    if (wrong.isPresent()) {
      throw new IllegalArgumentException(wrong.get());
    }
    refuseIfReadOnly();
    changing(() -> group.mark(name));
  }

  @Override
  public void settle() throws IOException {
    // No entry, as a flush would be: it is so for every change.
    changing(writeThrough ? volume::sync : volume::settle);
  }

  @Override
  public void flush() throws IOException {
    changing(volume::flush); // needs no room
  }

  @Override
  public void expectFlush() throws IOException {
    changing(volume::expectFlush);
  }

  private void refuseIfReadOnly() throws DeviceException {
    if (readOnly) {
      throw new DeviceException(Reason.READ_ONLY, volume.name() + " is read-only");
    }
  }

  private static void changing(Group.Change change) throws DeviceException {
    try {
      change.stage();
    } catch (JournalFullException e) {
      throw new DeviceException(Reason.NO_SPACE, message(e), e);
    } catch (IOException e) {
      throw new DeviceException(Reason.UNWRITABLE, message(e), e);
    }
  }

  private static String message(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
