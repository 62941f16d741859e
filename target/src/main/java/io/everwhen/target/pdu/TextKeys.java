package io.everwhen.target.pdu;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The data segment of login and text PDUs: {@code key=value} pairs, each ended by a NUL, RFC 7143
 * section 6.1.
 */
public final class TextKeys {

  /** Bytes of a key's name, RFC 7143 section 6.1. */
  public static final int KEY_BYTES_MAX = 63;

  /** Pairs in one text; more is an attempt to waste memory. */
  public static final int PAIRS_MAX = 256;

  private TextKeys() {}

  /** One pair. */
  public record Pair(String key, String value) {}

  /** Reads all pairs from the buffer's position to its limit. The last NUL may be missing. */
  public static List<Pair> decode(ByteBuffer text) throws ProtocolException {
    List<Pair> pairs = new ArrayList<>();
    while (text.hasRemaining()) {
      int end = text.position();
      while (end < text.limit() && text.get(end) != 0) {
        end++;
      }
      byte[] bytes = new byte[end - text.position()];
      text.get(bytes);
      if (text.hasRemaining()) {
        text.get();
      }
      if (bytes.length > 0) {
        pairs.add(pair(new String(bytes, UTF_8)));
      }
      if (pairs.size() > PAIRS_MAX) {
        throw new ProtocolException("more than " + PAIRS_MAX + " keys in one text");
      }
    }
    return pairs;
  }

  private static Pair pair(String text) throws ProtocolException {
    int equals = text.indexOf('=');
    if (equals < 1 || equals > KEY_BYTES_MAX) {
      throw new ProtocolException(
          "not a key=value pair in a text of " + text.length() + " characters");
    }
    return new Pair(text.substring(0, equals), text.substring(equals + 1));
  }

  /** Writes the pairs as they go on the wire. */
  public static byte[] encode(List<Pair> pairs) {
    StringBuilder text = new StringBuilder();
    for (Pair pair : pairs) {
      text.append(pair.key()).append('=').append(pair.value()).append('\0');
    }
    return text.toString().getBytes(UTF_8);
  }
}
