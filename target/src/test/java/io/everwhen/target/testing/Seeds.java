package io.everwhen.target.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Inputs that a fuzzer starts from, written so that people can read them: in the resource {@code
 * fuzz/NAME.seeds}, one a line, as {@code name: 43 87 "InitiatorName=iqn.x" 00 'raw text' 00*20}.
 * Bytes are hexadecimal; text in double quotes ends with NUL, in single quotes without; {@code *}
 * repeats a byte. A line that starts with a space goes on with the one before; {@code #} starts a
 * comment.
 */
final class Seeds {

  private static final Pattern TOKEN =
      Pattern.compile("\"([^\"]*)\"|'([^']*)'|([0-9a-fA-F]{2})\\*(\\d+)|([0-9a-fA-F]+)");

  private Seeds() {}

  /** The seeds of a fuzz target by their names. */
  static Map<String, byte[]> of(Class<?> target) throws IOException {
    String name = "/io/everwhen/target/fuzz/" + target.getSimpleName() + ".seeds";
    Map<String, byte[]> seeds = new LinkedHashMap<>();
    try (InputStream in = Seeds.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("no resource " + name);
      }
      String text = new String(in.readAllBytes(), UTF_8).replaceAll("(?m)^#.*\n", "");
      for (String line : text.replaceAll("\n +", " ").split("\n", -1)) {
        if (!line.isBlank()) {
          int colon = line.indexOf(':');
          seeds.put(line.substring(0, colon), bytes(line.substring(colon + 1)));
        }
      }
    }
    return seeds;
  }

  private static byte[] bytes(String tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Matcher token = TOKEN.matcher(tokens);
    int end = 0;
    while (token.find()) {
      checkBlank(tokens.substring(end, token.start()));
      end = token.end();
      if (token.group(1) != null) {
        bytes.writeBytes(token.group(1).getBytes(UTF_8));
        bytes.write(0);
      } else if (token.group(2) != null) {
        bytes.writeBytes(token.group(2).getBytes(UTF_8));
      } else if (token.group(3) != null) {
        int count = Integer.parseInt(token.group(4));
        int value = HexFormat.fromHexDigits(token.group(3));
        for (int i = 0; i < count; i++) {
          bytes.write(value);
        }
      } else {
        bytes.writeBytes(HexFormat.of().parseHex(token.group(5)));
      }
    }
    checkBlank(tokens.substring(end));
    return bytes.toByteArray();
  }

  private static void checkBlank(String between) {
    if (!between.isBlank()) {
      throw new IllegalArgumentException("not a seed: " + between);
    }
  }
}
