package io.everwhen.appliance.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.io.DiskStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SigningKeyTest {

  @TempDir private Path directory;

  @Test
  void aKeyIsMadeOnceAndOnlyItsOwnerReadsIt() throws Exception {
    SigningKey key = SigningKey.in(DiskStorage.open(directory));
    Path file = directory.resolve("signing.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    SigningKey again = SigningKey.in(DiskStorage.open(directory));
    assertThat(again.fingerprint()).isEqualTo(key.fingerprint());
    byte[] text = {1, 2, 3};
    assertThat(SignedHead.isSigned(key.publicKey(), text, again.sign(text))).isTrue();
    assertThat(SigningKey.fingerprintIn(Files.readString(directory.resolve("signing.pub"))))
        .isEqualTo(key.fingerprint());
  }

  @Test
  void aDamagedKeyIsRefusedAndNotReplaced() throws IOException {
    SigningKey.in(DiskStorage.open(directory));
    Path file = directory.resolve("signing.key");
    String text = Files.readString(file);
    String other = text.replaceFirst("BEGIN PUBLIC KEY-----\n.", "BEGIN PUBLIC KEY-----\nX");
    for (String damaged : new String[] {"", "nonsense", text.substring(0, 60), other}) {
      Files.writeString(file, damaged);
      assertThatThrownBy(() -> SigningKey.in(DiskStorage.open(directory)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("signing.key");
      assertThat(file).hasContent(damaged);
    }
  }
}
