package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * A signed head, and what a time-stamp authority says of it: that it was there at a time. Text in
 * UTF-8, lines end with LF.
 *
 * <pre>
 * everwhen-stamp 1
 * the lines of the head
 * token HEX
 * checksum HEX
 * </pre>
 *
 * @param head whose encoded bytes are stamped
 * @param token the authority's time-stamp token (RFC 3161, DER)
 */
public record StampedHead(SignedHead head, byte[] token) {

  /** The largest token that is kept; one with a chain of certificates has a few KiB. */
  public static final int MAX_TOKEN_BYTES = 64 << 10;

  private static final Pattern TEXT =
      Pattern.compile(
          """
          ((everwhen-stamp 1
          )(everwhen-head .*
          )token ((?:[0-9a-f]{2})++)
          )checksum ([0-9a-f]{8})
          """,
          Pattern.DOTALL);

  /** The bytes that the token stamps: those of the head's file. */
  public byte[] stampedBytes() {
    return bytesOf(head.encode());
  }

  /** The file. */
  public ByteBuffer encode() {
    String body =
        "everwhen-stamp 1\n"
            + StandardCharsets.UTF_8.decode(head.encode())
            + "token "
            + HexFormat.of().formatHex(token)
            + "\n";
    return StandardCharsets.UTF_8.encode(body + "checksum " + checksum(body) + "\n");
  }

  /**
   * Reads a file; checks neither the head's signature nor what the token says.
   *
   * @param name of the file, for messages
   */
  public static StampedHead decode(ByteBuffer file, String name) throws FormatException {
    Matcher matcher = TEXT.matcher(StandardCharsets.UTF_8.decode(file.duplicate()));
    if (!matcher.matches()) {
      throw new FormatException(name + " is no time stamp of version 1, or it is damaged");
    }
    if (!matcher.group(5).equals(checksum(matcher.group(1)))) {
      throw new FormatException(name + " is damaged: its checksum does not match");
    }
    return new StampedHead(
        SignedHead.decode(StandardCharsets.UTF_8.encode(matcher.group(3)), name),
        HexFormat.of().parseHex(matcher.group(4)));
  }

  private static String checksum(String body) {
    CRC32C crc = new CRC32C();
    crc.update(StandardCharsets.UTF_8.encode(body));
    return "%08x".formatted(crc.getValue());
  }

  private static byte[] bytesOf(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
