package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The keys of a group's payloads, each wrapped by one that only a secret gives. A small text file,
 * replaced as a whole.
 *
 * <pre>
 * everwhen-keys 1
 * group 6f9c1b1e-...
 * argon2id memory 65536 iterations 3 parallelism 1 salt 00112233...
 * key 1 aabbcc...
 * key 2 ddeeff...
 * checksum 1a2b3c4d
 * </pre>
 *
 * <p>Where a key file wraps them, the third line is {@code key-file salt 00112233...}. The
 * parameters are checked before anybody relies on them: a file may come from anywhere.
 *
 * @param group whose they are
 * @param wrapping how the secret gives the key that wraps them
 * @param keys by number, from 1, wrapped; what is written is encrypted with the last
 */
public record KeysFile(UUID group, Wrapping wrapping, SortedMap<Integer, String> keys) {

  /** Bytes of a salt. */
  public static final int SALT_BYTES = 16;

  /** Bytes of a wrapped key: a nonce of 12, the key of 32, and its tag of 16. */
  public static final int WRAPPED_BYTES = 12 + 32 + 16;

  private static final String TITLE = "everwhen-keys 1";
  private static final String SALT = "salt ([0-9a-f]{" + 2 * SALT_BYTES + "})";
  private static final Pattern ARGON2 =
      Pattern.compile(
          "argon2id memory ([0-9]{1,7}) iterations ([0-9]{1,2}) parallelism ([0-9]{1,2}) " + SALT);
  private static final Pattern KEY_FILE = Pattern.compile("key-file " + SALT);
  private static final Pattern KEY =
      Pattern.compile("key ([1-9][0-9]{0,4}) ([0-9a-f]{" + 2 * WRAPPED_BYTES + "})");
  private static final int LINES_BEFORE_KEYS = 3;

  /** How a secret gives a key. */
  public sealed interface Wrapping {
    /** In hexadecimal, {@link #SALT_BYTES} bytes. */
    String salt();
  }

  /**
   * From a passphrase, by Argon2id (RFC 9106).
   *
   * @param memoryKib 8 a lane to {@value #MEMORY_KIB_MAX}
   * @param iterations 1 to {@value #ITERATIONS_MAX}
   * @param parallelism lanes, 1 to {@value #PARALLELISM_MAX}
   */
  public record Argon2id(int memoryKib, int iterations, int parallelism, String salt)
      implements Wrapping {

    static final int MEMORY_KIB_MAX = 256 << 10;
    static final int ITERATIONS_MAX = 16;
    static final int PARALLELISM_MAX = 16;

    public Argon2id {
      if (parallelism < 1
          || parallelism > PARALLELISM_MAX
          || iterations < 1
          || iterations > ITERATIONS_MAX
          || memoryKib < 8 * parallelism
          || memoryKib > MEMORY_KIB_MAX) {
        throw new IllegalArgumentException(
            "Argon2id with %d KiB, %d iterations and %d lanes is not within what this Everwhen takes"
                .formatted(memoryKib, iterations, parallelism));
      }
    }
  }

  /** From the bytes of a key file, by HMAC-SHA-256 with the salt as its key. */
  public record KeyFile(String salt) implements Wrapping {}

  public KeysFile {
    keys = Collections.unmodifiableSortedMap(new TreeMap<>(keys));
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("there is no key");
    }
  }

  /** A wrapped key as bytes. */
  public byte[] wrapped(int number) {
    return HexFormat.of().parseHex(keys.getOrDefault(number, ""));
  }

  /** The file's bytes. */
  public ByteBuffer encode() {
    StringBuilder text = new StringBuilder(TITLE).append('\n');
    text.append("group ").append(group).append('\n');
    switch (wrapping) {
      case Argon2id a ->
          text.append(
              "argon2id memory %d iterations %d parallelism %d salt %s\n"
                  .formatted(a.memoryKib, a.iterations, a.parallelism, a.salt));
      case KeyFile k -> text.append("key-file salt %s\n".formatted(k.salt));
    }
    keys.forEach((number, key) -> text.append("key %d %s\n".formatted(number, key)));
    return TextFiles.withChecksum(text.toString());
  }

  /**
   * Reads it.
   *
   * @param name of the file, for messages
   */
  public static KeysFile decode(ByteBuffer bytes, String name) throws FormatException {
    List<String> lines = TextFiles.checkedLines(bytes, name);
    if (lines.size() <= LINES_BEFORE_KEYS || !lines.getFirst().equals(TITLE)) {
      throw new FormatException(name + " is not a file of keys of version 1");
    }
    try {
      TreeMap<Integer, String> keys = new TreeMap<>();
      for (String line : lines.subList(LINES_BEFORE_KEYS, lines.size())) {
        Matcher key = KEY.matcher(line);
        if (!key.matches() || Integer.parseInt(key.group(1)) != keys.size() + 1) {
          throw new FormatException(
              name + " has a line that this Everwhen does not know: " + line.split(" ", 2)[0]);
        }
        keys.put(keys.size() + 1, key.group(2));
      }
      UUID group = UUID.fromString(lines.get(1).substring("group ".length()));
      return new KeysFile(group, wrapping(lines.get(2), name), keys);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new FormatException(name + " is damaged: " + e.getMessage());
    }
  }

  private static Wrapping wrapping(String line, String name) throws FormatException {
    Matcher argon2 = ARGON2.matcher(line);
    if (argon2.matches()) {
      return new Argon2id(
          Integer.parseInt(argon2.group(1)),
          Integer.parseInt(argon2.group(2)),
          Integer.parseInt(argon2.group(3)),
          argon2.group(4));
    }
    Matcher keyFile = KEY_FILE.matcher(line);
    if (keyFile.matches()) {
      return new KeyFile(keyFile.group(1));
    }
    throw new FormatException(name + " says how its keys are wrapped in an unknown way");
  }
}
