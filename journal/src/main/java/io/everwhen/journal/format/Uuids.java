package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.util.UUID;

/** UUIDs in files: 16 bytes as they are printed, whatever the byte order of the rest. */
final class Uuids {

  private Uuids() {}

  static void put(ByteBuffer into, int at, UUID id) {
    for (int i = 0; i < 8; i++) {
      into.put(at + i, (byte) (id.getMostSignificantBits() >>> (56 - 8 * i)));
      into.put(at + 8 + i, (byte) (id.getLeastSignificantBits() >>> (56 - 8 * i)));
    }
  }

  static UUID get(ByteBuffer from, int at) {
    long most = 0;
    long least = 0;
    for (int i = 0; i < 8; i++) {
      most = most << 8 | (from.get(at + i) & 0xFF);
      least = least << 8 | (from.get(at + 8 + i) & 0xFF);
    }
    return new UUID(most, least);
  }
}
