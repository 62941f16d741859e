package io.everwhen.target.iscsi;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.target.pdu.TextKeys.Pair;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChapTest {

  private static final Secret SECRET = Secret.of("a secret of 23 letters.");
  private static final Secret MUTUAL = Secret.of("another of 21 letters");
  private static final Credentials ONE_WAY = Credentials.oneWay("alice", SECRET);
  private static final Credentials BOTH_WAYS =
      new Credentials(
          new Credentials.Account("alice", SECRET), new Credentials.Account("everwhen", MUTUAL));

  private final SplittableRandom random = new SplittableRandom(1);

  /** Identifier 7, secret "0123456789abcdef", challenge 00 01 … 0f; by Python's hashlib. */
  @ParameterizedTest
  @CsvSource({
    "MD5, 86bb99a6fb1680ed708b78e577a63162",
    "SHA-1, 8adb46a9b7af7293e891975924251f79c64286f8",
    "SHA-256, 07e16dfab3d4277cb48c0349712e8646f259b11a427a3ad9d782b50aeefbda4c",
    "SHA3-256, b2b7777e300d74bd9c2fab7413b9cfa9407e5a242f79b55e716bfbc2a9dabb05",
  })
  void responsesAreThoseOfTheStandard(String algorithm, String response) throws Exception {
    byte[] challenge = HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f");
    byte[] actual =
        Chap.response(
            MessageDigest.getInstance(algorithm), 7, Secret.of("0123456789abcdef"), challenge);
    assertThat(HexFormat.of().formatHex(actual)).isEqualTo(response);
  }

  @ParameterizedTest
  @CsvSource({"5,MD5", "6,SHA-1", "7,SHA-256", "8,SHA3-256"})
  void theRightSecretPasses(String number, String algorithm) throws Exception {
    Chap chap = new Chap(ONE_WAY, random);
    Map<String, String> challenge = begin(chap, "99," + number + ",5");
    assertThat(challenge).containsEntry("CHAP_A", number);
    Map<String, String> proof = proof(challenge, algorithm, "alice", SECRET);
    assertThat(chap.step(proof)).isEqualTo(new Chap.Answer.Passed(List.of()));
  }

  @Test
  void binaryValuesMayBeInBase64() throws Exception {
    Chap chap = new Chap(ONE_WAY, random);
    Map<String, String> proof = proof(begin(chap, "7"), "SHA-256", "alice", SECRET);
    byte[] response = HexFormat.of().parseHex(requireNonNull(proof.get("CHAP_R")).substring(2));
    proof.put("CHAP_R", "0b" + Base64.getEncoder().encodeToString(response));
    assertThat(chap.step(proof)).isInstanceOf(Chap.Answer.Passed.class);
  }

  @Test
  void anUnknownUserAndAWrongSecretFailAlike() throws Exception {
    Chap unknown = new Chap(ONE_WAY, random);
    Chap wrong = new Chap(ONE_WAY, random);
    Chap.Answer one = unknown.step(proof(begin(unknown, "5"), "MD5", "bob", SECRET));
    Chap.Answer other = wrong.step(proof(begin(wrong, "5"), "MD5", "alice", MUTUAL));
    assertThat(one).isInstanceOf(Chap.Answer.Failed.class).isEqualTo(other);
  }

  @Test
  void theTargetProvesItselfToOneWhoAsksAndHasProvedItself() throws Exception {
    Chap chap = new Chap(BOTH_WAYS, random);
    Map<String, String> proof = proof(begin(chap, "7"), "SHA-256", "alice", SECRET);
    proof.put("CHAP_I", "0x2a");
    proof.put("CHAP_C", "0x00112233445566778899aabbccddeeff");
    byte[] expected =
        Chap.response(
            MessageDigest.getInstance("SHA-256"),
            42,
            MUTUAL,
            HexFormat.of().parseHex("00112233445566778899aabbccddeeff"));
    assertThat(chap.step(proof))
        .isEqualTo(
            new Chap.Answer.Passed(
                List.of(
                    new Pair("CHAP_N", "everwhen"),
                    new Pair("CHAP_R", "0x" + HexFormat.of().formatHex(expected)))));
  }

  @Test
  void theTargetProvesNothingToOneWhoHasNotProvedItself() throws Exception {
    Chap chap = new Chap(BOTH_WAYS, random);
    Map<String, String> proof = proof(begin(chap, "5"), "MD5", "alice", MUTUAL);
    proof.put("CHAP_I", "1");
    proof.put("CHAP_C", "0x00112233445566778899aabbccddeeff");
    assertThat(chap.step(proof)).isInstanceOf(Chap.Answer.Failed.class);
  }

  @Test
  void ourOwnChallengeSentBackFails() throws Exception {
    Chap chap = new Chap(BOTH_WAYS, random);
    Map<String, String> challenge = begin(chap, "5");
    Map<String, String> proof = proof(challenge, "MD5", "alice", SECRET);
    proof.put("CHAP_I", "1");
    proof.put("CHAP_C", challenge.get("CHAP_C"));
    assertThat(chap.step(proof)).isInstanceOf(Chap.Answer.Failed.class);
  }

  @Test
  void askingForProofFailsWhereThereIsNoMutualSecret() throws Exception {
    Chap chap = new Chap(ONE_WAY, random);
    Map<String, String> proof = proof(begin(chap, "5"), "MD5", "alice", SECRET);
    proof.put("CHAP_I", "1");
    proof.put("CHAP_C", "0x00112233445566778899aabbccddeeff");
    assertThat(chap.step(proof)).isInstanceOf(Chap.Answer.Failed.class);
  }

  @Test
  void oneSecretForBothWaysIsRefused() {
    assertThatThrownBy(
            () -> new Credentials(ONE_WAY.initiator(), new Credentials.Account("other", SECRET)))
        .hasMessageContaining("the same");
  }

  @Test
  void challengesAreFresh() {
    Map<String, String> one = begin(new Chap(ONE_WAY, random), "5");
    Map<String, String> other = begin(new Chap(ONE_WAY, random), "5");
    assertThat(one.get("CHAP_C")).hasSize(2 + 32).isNotEqualTo(other.get("CHAP_C"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0x", "0b", "0x1", "0xzz", "0b*", "1234", "x"})
  void aResponseThatIsNoneFails(String response) {
    Chap chap = new Chap(ONE_WAY, random);
    begin(chap, "5");
    assertThat(chap.step(Map.of("CHAP_N", "alice", "CHAP_R", response)))
        .isInstanceOf(Chap.Answer.Failed.class);
  }

  @Test
  void whatIsOutOfOrderFails() throws Exception {
    assertFails(new Chap(ONE_WAY, random), Map.of());
    assertFails(new Chap(ONE_WAY, random), Map.of("CHAP_A", "1,99,"));
    assertFails(new Chap(ONE_WAY, random), Map.of("CHAP_N", "alice", "CHAP_R", "0x00"));
    Chap again = new Chap(ONE_WAY, random);
    begin(again, "5");
    assertFails(again, Map.of("CHAP_A", "5"));
    Chap over = new Chap(ONE_WAY, random);
    Map<String, String> proof = proof(begin(over, "5"), "MD5", "alice", SECRET);
    over.step(proof);
    assertFails(over, proof);
  }

  @Test
  void secretsAreNeitherShortNorShown() {
    assertThatThrownBy(() -> Secret.of("short"))
        .hasMessageContaining("12 to 255 bytes")
        .hasMessageNotContaining("short");
    assertThat(BOTH_WAYS.toString()).doesNotContain("letters").contains("(secret)");
  }

  private static void assertFails(Chap chap, Map<String, String> keys) {
    assertThat(chap.step(keys)).isInstanceOf(Chap.Answer.Failed.class);
  }

  private static Map<String, String> begin(Chap chap, String algorithms) {
    Chap.Answer answer = chap.step(Map.of("CHAP_A", algorithms));
    Map<String, String> keys = new HashMap<>();
    ((Chap.Answer.Challenge) answer).keys().forEach(pair -> keys.put(pair.key(), pair.value()));
    return keys;
  }

  /** What an initiator that knows the secret answers to a challenge. */
  static Map<String, String> proof(
      Map<String, String> challenge, String algorithm, String user, Secret secret)
      throws Exception {
    byte[] bytes = HexFormat.of().parseHex(requireNonNull(challenge.get("CHAP_C")).substring(2));
    int identifier = Integer.parseInt(requireNonNull(challenge.get("CHAP_I")));
    byte[] response =
        Chap.response(MessageDigest.getInstance(algorithm), identifier, secret, bytes);
    Map<String, String> proof = new HashMap<>();
    proof.put("CHAP_N", user);
    proof.put("CHAP_R", "0x" + HexFormat.of().formatHex(response));
    return proof;
  }
}
