package io.everwhen.target.pdu;

import io.everwhen.target.pdu.TextKeys.Pair;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Text of a login or text request. It is refused with {@link ProtocolException}, or what was
 * understood is understood in the same way when it is written down again.
 */
public final class TextKeysFuzz {

  private TextKeysFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) throws ProtocolException {
    List<Pair> pairs;
    try {
      pairs = TextKeys.decode(ByteBuffer.wrap(input));
    } catch (ProtocolException _) {
      return;
    }
    List<Pair> again = TextKeys.decode(ByteBuffer.wrap(TextKeys.encode(pairs)));
    if (!again.equals(pairs)) {
      throw new AssertionError(pairs + " became " + again);
    }
  }
}
