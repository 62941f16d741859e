package io.everwhen.journal.payload;

import io.everwhen.journal.format.KeysFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.random.RandomGenerator;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/**
 * The opened keys of a group: what its payloads are encrypted with. Does not change; any thread.
 *
 * <p>The keys are random and stay as they are; a secret only wraps them. So another secret needs no
 * data to be written anew.
 */
public final class Keyring {

  /**
   * What a passphrase costs an attacker, and us once an opening: the second choice of RFC 9106, in
   * one lane.
   */
  private static final int MEMORY_KIB = 64 << 10;

  private static final int ITERATIONS = 3;
  private static final int PARALLELISM = 1;

  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final String AES = "AES";
  private static final String GCM = "AES/GCM/NoPadding";

  private final UUID group;
  private final SortedMap<Integer, SecretKey> keys;

  private Keyring(UUID group, SortedMap<Integer, SecretKey> keys) {
    this.group = group;
    this.keys = Collections.unmodifiableSortedMap(keys);
  }

  /**
   * A ring with one new key.
   *
   * @param random unpredictable
   */
  public static Keyring create(UUID group, RandomGenerator random) {
    return new Keyring(group, new TreeMap<>()).withNewKey(random);
  }

  /**
   * The same with one more key, with which everything is encrypted from now on.
   *
   * @param random unpredictable
   */
  public Keyring withNewKey(RandomGenerator random) {
    SortedMap<Integer, SecretKey> more = new TreeMap<>(keys);
    more.put(keys.size() + 1, new SecretKeySpec(bytes(random, KEY_BYTES), AES));
    return new Keyring(group, more);
  }

  /**
   * Opens the keys with the secret that wraps them.
   *
   * @param where the file is, for messages
   * @throws KeyException when the secret is another one
   */
  public static Keyring open(KeysFile file, Secret secret, String where) throws KeyException {
    SortedMap<Integer, SecretKey> keys = new TreeMap<>();
    SecretKey wrapping = wrappingKey(file.wrapping(), secret, where);
    for (int number : file.keys().keySet()) {
      try {
        keys.put(number, unwrap(wrapping, file, number));
      } catch (AEADBadTagException e) {
        throw new KeyException(
            "this is not the %s that %s was made with. Nothing is damaged: open it with the right one"
                .formatted(secret.describe(), where));
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }
    return new Keyring(file.group(), keys);
  }

  private static SecretKey unwrap(SecretKey wrapping, KeysFile file, int number)
      throws GeneralSecurityException {
    byte[] wrapped = file.wrapped(number);
    Cipher cipher = Cipher.getInstance(GCM);
    cipher.init(
        Cipher.DECRYPT_MODE, wrapping, new GCMParameterSpec(TAG_BITS, wrapped, 0, NONCE_BYTES));
    cipher.updateAAD(wrappingContext(file.group(), number));
    return new SecretKeySpec(
        cipher.doFinal(wrapped, NONCE_BYTES, wrapped.length - NONCE_BYTES), AES);
  }

  /**
   * These keys, wrapped by a secret, with a new salt.
   *
   * @param random unpredictable
   */
  public KeysFile wrap(Secret secret, RandomGenerator random) {
    String salt = HexFormat.of().formatHex(bytes(random, KeysFile.SALT_BYTES));
    KeysFile.Wrapping wrapping =
        switch (secret) {
          case Secret.Passphrase _ ->
              new KeysFile.Argon2id(MEMORY_KIB, ITERATIONS, PARALLELISM, salt);
          case Secret.KeyFile _ -> new KeysFile.KeyFile(salt);
        };
    try {
      SecretKey key = wrappingKey(wrapping, secret, "");
      SortedMap<Integer, String> wrapped = new TreeMap<>();
      for (var each : keys.entrySet()) {
        byte[] nonce = bytes(random, NONCE_BYTES);
        Cipher cipher = Cipher.getInstance(GCM);
        cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(wrappingContext(group, each.getKey()));
        byte[] encrypted = cipher.doFinal(each.getValue().getEncoded());
        wrapped.put(
            each.getKey(), HexFormat.of().formatHex(nonce) + HexFormat.of().formatHex(encrypted));
      }
      return new KeysFile(group, wrapping, wrapped);
    } catch (GeneralSecurityException | KeyException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] wrappingContext(UUID group, int number) {
    return ("everwhen-keys 1 " + group + " key " + number).getBytes(StandardCharsets.US_ASCII);
  }

  private static SecretKey wrappingKey(KeysFile.Wrapping wrapping, Secret secret, String where)
      throws KeyException {
    byte[] salt = HexFormat.of().parseHex(wrapping.salt());
    return switch (wrapping) {
      case KeysFile.Argon2id argon2 -> {
        if (!(secret instanceof Secret.Passphrase passphrase)) {
          throw otherKind(where, "passphrase", secret);
        }
        yield new SecretKeySpec(argon2(argon2, salt, passphrase.bytes()), AES);
      }
      case KeysFile.KeyFile _ -> {
        if (!(secret instanceof Secret.KeyFile keyFile)) {
          throw otherKind(where, "key file", secret);
        }
        yield new SecretKeySpec(hmac(salt, keyFile.bytes()), AES);
      }
    };
  }

  private static KeyException otherKind(String where, String kind, Secret secret) {
    return new KeyException(
        "%s was made with a %s, not with a %s".formatted(where, kind, secret.describe()));
  }

  private static byte[] argon2(KeysFile.Argon2id cost, byte[] salt, byte[] passphrase) {
    Argon2BytesGenerator generator = new Argon2BytesGenerator();
    generator.init(
        new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
            .withVersion(Argon2Parameters.ARGON2_VERSION_13)
            .withMemoryAsKB(cost.memoryKib())
            .withIterations(cost.iterations())
            .withParallelism(cost.parallelism())
            .withSalt(salt)
            .build());
    byte[] key = new byte[KEY_BYTES];
    generator.generateBytes(passphrase, key);
    return key;
  }

  private static byte[] hmac(byte[] salt, byte[] content) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(salt, "HmacSHA256"));
      return mac.doFinal(content);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(RandomGenerator random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  /** The numbers of the keys, from 1. */
  public int size() {
    return keys.size();
  }

  /** The key with which everything is encrypted now. */
  int newest() {
    return keys.lastKey();
  }

  @Nullable SecretKey key(int number) {
    return keys.get(number);
  }

  /** Puts in what binds a payload to this group. */
  void putGroup(ByteBuffer into) {
    into.putLong(group.getMostSignificantBits()).putLong(group.getLeastSignificantBits());
  }
}
