package io.everwhen.appliance.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.Everwhen;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.EncodingConfig;
import io.everwhen.appliance.config.SecretFile;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.journal.payload.KeyException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An encrypted disk, from its making to the restore, by the program's own commands. */
class EncryptedDiskTest {

  private static final int BYTES = 1 << 20;
  private static final DiskName NAME = new DiskName("safe");

  private @TempDir Path directory;

  private final byte[] expected = new byte[BYTES];

  @BeforeEach
  void fill() {
    Arrays.fill(expected, 8192, 16384, (byte) 42);
  }

  private Path secret(String name, String content) throws IOException {
    Path file = directory.resolve(name);
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  private Path data() {
    return directory.resolve("data");
  }

  private StoredDisk disk(SecretFile secret) {
    return new StoredDisk(
        NAME,
        BYTES,
        512,
        directory.resolve("journal"),
        GroupOptions.DEFAULT.historyBytes(),
        false,
        new EncodingConfig(1, secret));
  }

  private void write(SecretFile secret) throws IOException {
    try (OpenGroup open = open(disk(secret))) {
      ByteBuffer data = ByteBuffer.wrap(expected, 8192, 8192).slice();
      open.group().change(() -> open.group().volume(0).write(8192, data));
      open.group().volume(0).flush();
    }
  }

  private OpenGroup open(StoredDisk disk) throws IOException {
    return OpenGroup.open(
        DataDirectory.create(data()),
        new StoredGroup(List.of(disk)),
        new SystemClock(),
        new SecureRandom());
  }

  /** What a command says, after its exit code. */
  private String run(String... arguments) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
    int code = Everwhen.run(stream, stream, arguments);
    return code + " " + said.toString(StandardCharsets.UTF_8);
  }

  private String keys(String command, String... more) {
    String[] arguments = {"keys", command, "safe", "--data", data().toString()};
    String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return run(all);
  }

  private void checkRestores(String... place) throws IOException {
    Path to = directory.resolve("restored");
    String[] arguments = {"restore", "safe", "--at", "now", "--to", to.toString(), "--force"};
    String[] all = Arrays.copyOf(arguments, arguments.length + place.length);
    System.arraycopy(place, 0, all, arguments.length, place.length);
    assertThat(run(all)).startsWith("0 ");
    assertThat(Files.readAllBytes(to)).isEqualTo(expected);
  }

  @Test
  void itIsRestoredWithTheRightKeyFileAlsoAfterAnotherOneAndANewKeyAndElseRefusedPolitely()
      throws IOException {
    Path old = secret("old.key", "0123456789abcdef".repeat(2));
    Path next = secret("next.key", "fedcba9876543210".repeat(2));
    write(new SecretFile(SecretFile.Kind.KEY_FILE, old));
    checkRestores("--data", data().toString());

    Path journal = directory.resolve("journal");
    String refused =
        run("restore", "safe", "--at", "now", "--to", directory + "/x", "--journal", journal + "");
    assertThat(refused)
        .isEqualTo(
            "1 everwhen: the history of safe is encrypted: name what opens it with --key-file or --passphrase-file\n");
    assertThat(keys("list")).isEqualTo("0 safe: 1, opened by a key file\n");

    assertThat(keys("rotate", "--new-key-file", next.toString()))
        .startsWith("0 the journal of safe");
    assertThat(keys("renew")).startsWith("0 what is written to safe is encrypted with a new key");
    assertThat(keys("list")).isEqualTo("0 safe: 2, opened by a key file\n");
    checkRestores("--data", data().toString());
    checkRestores("--journal", journal.toString(), "--key-file", next.toString());
    assertThat(keys("rotate", "--new-key-file", old.toString(), "--key-file", old.toString()))
        .startsWith("1 everwhen: this is not the key file that " + journal + "/keys was made with");
    assertThatThrownBy(() -> open(disk(new SecretFile(SecretFile.Kind.KEY_FILE, old))))
        .isInstanceOf(KeyException.class);
    assertThat(run("verify", "safe", "--data", data().toString())).startsWith("0 ");
    assertThat(run("timeline", "safe", "--data", data().toString())).startsWith("0 ");

    // What was asked for last is remembered, also where it did not open.
    Files.delete(old);
    assertThat(run("mark", "safe", "x", "--data", data().toString()))
        .isEqualTo(
            "1 everwhen: an encrypted journal cannot be opened without its key file: there is no file "
                + old
                + "\n");
  }

  @Test
  void aKeyFileThatOthersMayReadOrThatIsTooShortMakesNoDisk() throws IOException {
    Path open = secret("open.key", "0123456789abcdef".repeat(2));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(() -> write(new SecretFile(SecretFile.Kind.KEY_FILE, open)))
        .hasMessageContaining("chmod 600");
    Path shorter = secret("short.key", "0123456789");
    assertThatThrownBy(() -> write(new SecretFile(SecretFile.Kind.KEY_FILE, shorter)))
        .hasMessageContaining("a key file has 32 to 65536 bytes, not 10");
    assertThat(DataDirectory.create(data()).disks()).isEmpty();
  }
}
