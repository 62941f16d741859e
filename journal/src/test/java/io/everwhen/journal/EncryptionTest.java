package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.KeysFile;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.Marks;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import io.everwhen.journal.payload.KeyException;
import io.everwhen.journal.payload.Keyring;
import io.everwhen.journal.payload.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is written can be encrypted: without the right secret nobody reads it, and nobody harms it.
 */
class EncryptionTest {

  private static final int BYTES = 4096;
  private static final int DISK_BYTES = 16 * BYTES;
  private static final String WORDS = "attack at dawn, ";

  private static final Secret KEY_FILE = new Secret.KeyFile(filled(48, 7));
  private static final Secret OTHER_KEY_FILE = new Secret.KeyFile(filled(48, 8));
  private static final Secret PASSPHRASE = new Secret.Passphrase("correct horse battery");

  private static final List<Manifest.Disk> DISKS =
      List.of(new Manifest.Disk(0, "disk0", DISK_BYTES, 512));

  private static final GroupOptions PLAIN =
      new GroupOptions(
          new JournalOptions(64 << 10, 0), 1 << 20, 8 << 10, 32 << 10, Duration.ofHours(1), false);

  private final SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(1));
  private final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L, 1000);
  private final SplittableRandom random = new SplittableRandom(2);
  private final byte[] expected = new byte[DISK_BYTES];

  private static byte[] filled(int bytes, int value) {
    byte[] filled = new byte[bytes];
    Arrays.fill(filled, (byte) value);
    return filled;
  }

  @BeforeEach
  void makeAGroup() throws IOException {
    Group.create(journal(), homes(), DISKS, clock, random.split());
  }

  private Storage journal() {
    return machine.directory("journal");
  }

  private List<Storage> homes() {
    return List.of(machine.directory("disk0"));
  }

  private Group open(GroupOptions options) throws IOException {
    return Group.open(journal(), homes(), options, clock, random.split());
  }

  private void write(Group group, int block, String words) throws IOException {
    byte[] data =
        words
            .repeat(BYTES / words.length() + 1)
            .substring(0, BYTES)
            .getBytes(StandardCharsets.US_ASCII);
    group.change(() -> group.volume(0).write((long) block * BYTES, ByteBuffer.wrap(data)));
    group.volume(0).settle();
    System.arraycopy(data, 0, expected, block * BYTES, BYTES);
  }

  private void checkLive(Group group) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(DISK_BYTES);
    group.volume(0).read(0, all);
    assertThat(all.array()).isEqualTo(expected);
    ByteBuffer some = ByteBuffer.allocate(1024);
    group.volume(0).read(512, some);
    assertThat(some.array()).isEqualTo(Arrays.copyOfRange(expected, 512, 1536));
  }

  private void checkPast(Secret secret) throws IOException {
    try (History history = History.open(journal(), secret);
        PastView view = new PastView(history, DISKS.getFirst(), history.head().sequence())) {
      ByteBuffer all = ByteBuffer.allocate(DISK_BYTES);
      view.read(0, all);
      assertThat(all.array()).isEqualTo(expected);
    }
  }

  private byte[] content(String name) throws IOException {
    try (StorageFile file = journal().openForReading(name)) {
      ByteBuffer all = ByteBuffer.allocate((int) file.size());
      file.readFully(0, all);
      return all.array();
    }
  }

  private boolean journalHolds(String words) throws IOException {
    for (String name : journal().list()) {
      if (new String(content(name), StandardCharsets.ISO_8859_1).contains(words)) {
        return true;
      }
    }
    return false;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void whatIsWrittenIsReadBackLiveAndInThePastAndStandsInNoFileOfTheJournal(int level)
      throws IOException {
    GroupOptions options = PLAIN.withCompression(level).withEncryption(KEY_FILE);
    try (Group group = open(options)) {
      for (int i = 0; i < 12; i++) {
        write(group, i, WORDS + i % 3);
      }
      checkLive(group);
    }
    checkPast(KEY_FILE);
    try (Group group = open(options)) {
      checkLive(group);
      write(group, 13, WORDS);
    }
    checkPast(KEY_FILE);
    assertThat(journalHolds("attack")).isFalse();
    assertThat(new String(content("group"), StandardCharsets.US_ASCII))
        .startsWith("everwhen-group 3\n")
        .contains("\nencrypted\n");
  }

  @Test
  void aPassphraseOpensWhatWasEncryptedWithIt() throws IOException {
    try (Group group = open(PLAIN.withEncryption(PASSPHRASE))) {
      write(group, 1, WORDS);
    }
    checkPast(PASSPHRASE);
    assertThat(new String(content("keys"), StandardCharsets.US_ASCII))
        .contains("\nargon2id memory 65536 iterations 3 parallelism 1 salt ");
    assertRefused(new Secret.Passphrase("incorrect horse"), "this is not the passphrase that");
    assertRefused(KEY_FILE, "was made with a passphrase, not with a key file");
    try (Group group = open(PLAIN.withEncryption(PASSPHRASE))) {
      checkLive(group);
    }
  }

  /** Neither for writing nor for reading, and every file is as it was. */
  private void assertRefused(Secret secret, String message) throws IOException {
    String before = files();
    assertThatThrownBy(() -> open(PLAIN.withEncryption(secret)))
        .isInstanceOf(KeyException.class)
        .hasMessageContaining(message);
    assertThatThrownBy(() -> History.open(journal(), secret))
        .isInstanceOf(KeyException.class)
        .hasMessageContaining(message);
    assertThat(files()).isEqualTo(before);
  }

  private String files() throws IOException {
    StringBuilder files = new StringBuilder();
    for (String name : journal().list()) {
      files.append(name).append(Arrays.hashCode(content(name))).append('\n');
    }
    return files.toString();
  }

  @Test
  void withoutTheSecretOrWithAnotherNothingIsOpenedAndNothingIsHarmed() throws IOException {
    try (Group group = open(PLAIN.withEncryption(KEY_FILE))) {
      write(group, 1, WORDS);
      group.mark("before dawn");
    }
    assertRefused(OTHER_KEY_FILE, "this is not the key file that");
    String before = files();
    assertThatThrownBy(() -> open(PLAIN))
        .isInstanceOf(KeyException.class)
        .hasMessageContaining("is encrypted, and nothing says with what");
    assertThat(files()).isEqualTo(before);
    try (History history = History.open(journal());
        PastView view = new PastView(history, DISKS.getFirst(), history.head().sequence())) {
      assertThat(history.marks().all()).extracting(Marks.Mark::name).containsExactly("before dawn");
      assertThatThrownBy(() -> view.read(0, ByteBuffer.allocate(DISK_BYTES)))
          .isInstanceOf(KeyException.class)
          .hasMessageContaining("is encrypted; name its key file");
    }
    try (Group group = open(PLAIN.withEncryption(KEY_FILE))) {
      checkLive(group);
    }
  }

  @Test
  void lostKeysAreAskedForAndNeverMadeAnew() throws IOException {
    try (Group group = open(PLAIN.withEncryption(KEY_FILE))) {
      write(group, 1, WORDS);
    }
    byte[] keys = content(FileNames.KEYS);
    journal().delete(FileNames.KEYS);
    assertRefused(KEY_FILE, "its keys are not there: put a copy of them back to");
    for (int length = 0; length < keys.length; length++) {
      try (StorageFile file = journal().create(FileNames.KEYS)) {
        file.write(0, ByteBuffer.wrap(keys, 0, length));
      }
      assertThatThrownBy(() -> open(PLAIN.withEncryption(KEY_FILE)))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("journal/keys");
      journal().delete(FileNames.KEYS);
    }
    try (StorageFile file = journal().create(FileNames.KEYS)) {
      file.write(0, ByteBuffer.wrap(keys));
    }
    try (Group group = open(PLAIN.withEncryption(KEY_FILE))) {
      checkLive(group);
    }
  }

  @Test
  void anotherSecretAndAnotherKeyNeedNoDataToBeWrittenAnew() throws IOException {
    JournalFiles files = new JournalFiles(journal());
    try (Group group = open(PLAIN.withEncryption(KEY_FILE))) {
      write(group, 1, WORDS);
    }
    Manifest manifest = files.readManifest();
    Keyring first = files.openKeys(manifest, KEY_FILE);
    files.writeKeys(first.wrap(OTHER_KEY_FILE, random));
    assertRefused(KEY_FILE, "this is not the key file that");
    checkPast(OTHER_KEY_FILE);
    files.writeKeys(
        files.openKeys(manifest, OTHER_KEY_FILE).withNewKey(random).wrap(OTHER_KEY_FILE, random));
    try (Group group = open(PLAIN.withEncryption(OTHER_KEY_FILE))) {
      checkLive(group);
      write(group, 2, WORDS);
      checkLive(group);
    }
    checkPast(OTHER_KEY_FILE);
    // An old copy of the keys lacks the newer one.
    files.writeKeys(first.wrap(OTHER_KEY_FILE, random));
    try (History history = History.open(journal(), OTHER_KEY_FILE);
        PastView view = new PastView(history, DISKS.getFirst(), history.head().sequence())) {
      assertThatThrownBy(() -> view.read(0, ByteBuffer.allocate(DISK_BYTES)))
          .isInstanceOf(KeyException.class)
          .hasMessageContaining("key 2, which is not in the keys file");
    }
  }

  @Test
  void switchedOnLaterItLeavesWhatIsThereAsItIs() throws IOException {
    try (Group group = open(PLAIN)) {
      write(group, 1, WORDS);
    }
    try (Group group = open(PLAIN.withEncryption(KEY_FILE))) {
      write(group, 2, WORDS);
      checkLive(group);
    }
    checkPast(KEY_FILE);
    assertThat(journalHolds("attack")).isTrue();
  }

  @Test
  void afterCrashesThatLoseTheEndNoNonceIsUsedTwice() throws IOException {
    Set<String> nonces = new HashSet<>();
    int entries = 0;
    for (int i = 0; i < 20; i++) {
      Group group = open(PLAIN.withEncryption(KEY_FILE));
      write(group, i % 10, "try " + i);
      // Before the crash; what it loses was on the volume, where somebody may have seen it.
      try (History history = History.open(journal())) {
        long[] last = new long[1];
        history.visitFrom(
            0,
            (entry, payload) -> {
              if (entry.kind() == EntryKind.WRITE && entry.sequence() > last[0]) {
                assertThat(entry.encoding()).isEqualTo(EntryHeader.ENCRYPTED);
                byte[] nonce = new byte[12];
                payload.get(4, nonce);
                nonces.add(Arrays.toString(nonce) + entry.payloadChecksum());
              }
              return true;
            });
      }
      entries++;
      machine.crash(random.split());
    }
    Set<String> distinct = new HashSet<>();
    nonces.forEach(each -> distinct.add(each.substring(0, each.indexOf(']'))));
    assertThat(nonces).hasSizeGreaterThanOrEqualTo(entries);
    assertThat(distinct).hasSameSizeAs(nonces);
  }

  @Test
  void aFileOfKeysWithParametersThatWouldCostTooMuchIsRefused() throws IOException {
    String text =
        """
        everwhen-keys 1
        group 01234567-89ab-cdef-0123-456789abcdef
        argon2id memory %s iterations %s parallelism %s salt %s
        key 1 %s
        """;
    for (String[] cost :
        new String[][] {
          {"262145", "3", "1"},
          {"65536", "17", "1"},
          {"65536", "0", "1"},
          {"65536", "3", "17"},
          {"7", "3", "1"},
          {"9999999", "3", "1"}
        }) {
      String body = text.formatted(cost[0], cost[1], cost[2], "ab".repeat(16), "cd".repeat(60));
      assertThatThrownBy(() -> KeysFile.decode(withChecksum(body), "the keys"))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("the keys is damaged: Argon2id with");
    }
    String body = text.formatted("65536", "3", "1", "ab".repeat(16), "cd".repeat(60));
    assertThat(KeysFile.decode(withChecksum(body), "the keys").encode())
        .isEqualTo(withChecksum(body));
  }

  private static ByteBuffer withChecksum(String body) {
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(body.getBytes(StandardCharsets.UTF_8));
    return StandardCharsets.UTF_8.encode(body + "checksum %08x\n".formatted(crc.getValue()));
  }
}
