package io.everwhen.appliance.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A disk that is to be made of content which is there already.
 *
 * @param name its name
 * @param from the file or block device with the content, absolute
 * @param readOnly whether initiators can only read it
 * @param journal the directory of its journal, absolute, or null for a place under the appliance's
 *     journal directory
 */
public record AdoptedDisk(DiskName name, Path from, boolean readOnly, @Nullable Path journal) {

  public AdoptedDisk {
    from = from.toAbsolutePath().normalize();
    journal = journal == null ? null : journal.toAbsolutePath().normalize();
  }

  /**
   * The disk to serve.
   *
   * @param sizeBytes how large the content is
   * @throws IllegalArgumentException when a disk cannot be so large
   */
  public DiskConfig disk(long sizeBytes) {
    int block = DiskConfig.DEFAULT_BLOCK_SIZE;
    if (sizeBytes == 0) {
      throw new IllegalArgumentException(
          "%s is empty; 'everwhen disk add %s=SIZE' makes an empty disk".formatted(from, name));
    }
    if (sizeBytes % block != 0) {
      long whole = (sizeBytes / block + 1) * block;
      throw new IllegalArgumentException(
          "%s has %d bytes, which is not a multiple of the block of %d bytes. Make a copy that is ('cp %s COPY; truncate -s %d COPY') and add that"
              .formatted(from, sizeBytes, block, from, whole));
    }
    return new DiskConfig(name, new ByteSize(sizeBytes))
        .withReadOnly(readOnly)
        .withJournal(journal);
  }
}
