package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.target.block.Geometry;

/** Whether a disk may get another size. */
public final class ResizeCheck {

  private ResizeCheck() {}

  /**
   * Refuses a size that the disk cannot have, and one that is smaller unless that is meant.
   *
   * @param force whether what lies behind the new end may be lost
   */
  public static void check(OpenDisk open, ByteSize size, boolean force) throws Refusal {
    String name = open.disk().name().value();
    int blockBytes = open.disk().blockBytes();
    if (size.bytes() < blockBytes || size.bytes() > Geometry.MAX_BYTES) {
      throw Refusal.senseless("a disk has one block to 64TiB; " + name + " would have " + size);
    }
    if (size.bytes() % blockBytes != 0) {
      throw Refusal.senseless(
          "%s is not a multiple of the block of %s, %d bytes; the next is %s"
              .formatted(
                  size,
                  name,
                  blockBytes,
                  new ByteSize((size.bytes() / blockBytes + 1) * blockBytes)));
    }
    if (size.bytes() < open.sizeBytes() && !force) {
      throw Refusal.now(
          "%s has %s: with %s it loses what lies behind, of which only the history remains. Shrink what is on it first, then say --force"
              .formatted(name, new ByteSize(open.sizeBytes()), size));
    }
  }
}
