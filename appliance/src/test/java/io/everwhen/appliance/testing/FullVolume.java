package io.everwhen.appliance.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A volume on which there is no room any more. */
public final class FullVolume {

  private static final int PIECE_BYTES = 64 << 10;

  private FullVolume() {}

  /** Makes one by a file that takes all the room there is. */
  public static void fill(Path file) {
    ByteBuffer zeros = ByteBuffer.allocate(PIECE_BYTES);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      while (true) {
        channel.write(zeros.clear());
      }
    } catch (IOException _) {
      // Full.
    }
  }
}
