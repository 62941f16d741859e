package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;

/** Small text files whose last line is a checksum of those before it. */
final class TextFiles {

  private static final String CHECKSUM = "checksum ";

  private TextFiles() {}

  static ByteBuffer withChecksum(String text) {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.wrap(
        (text + CHECKSUM + checksum(body) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  static List<String> checkedLines(ByteBuffer bytes, String name) throws FormatException {
    String text = StandardCharsets.UTF_8.decode(bytes).toString();
    int at = text.lastIndexOf(CHECKSUM);
    if (at < 0 || !text.endsWith("\n")) {
      throw new FormatException(name + " is incomplete: it has no checksum line");
    }
    String body = text.substring(0, at);
    String expected = text.substring(at + CHECKSUM.length()).strip();
    if (!expected.equals(checksum(body.getBytes(StandardCharsets.UTF_8)))) {
      throw new FormatException(name + " is damaged: its checksum does not match");
    }
    return body.lines().toList();
  }

  private static String checksum(byte[] body) {
    CRC32C crc = new CRC32C();
    crc.update(body);
    return "%08x".formatted(crc.getValue());
  }
}
