package io.everwhen.appliance.store;

import io.everwhen.journal.io.DiskStorage;
import io.everwhen.target.scsi.ReservationStore;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;

/**
 * The persistent reservations of a disk, in a file beside its image. Whoever restores the data
 * directory gets them back with it.
 */
public final class ReservationFile implements ReservationStore {

  private static final String NAME = "reservations";

  private final DiskStorage home;

  /**
   * @param home the directory of the disk's image
   */
  public ReservationFile(DiskStorage home) {
    this.home = home;
  }

  @Override
  public Optional<byte[]> load() throws IOException {
    try {
      return Optional.of(home.readBytes(NAME));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public void save(byte[] reservations) throws IOException {
    home.replaceBytes(NAME, reservations);
  }

  @Override
  public String describe() {
    return home.directory().resolve(NAME).toString();
  }
}
