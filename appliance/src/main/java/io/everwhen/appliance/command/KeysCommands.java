package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.KeysOptions;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.SecretFile;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.KeysFile;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.payload.Keyring;
import java.io.Closeable;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code everwhen keys …}: of encrypted journals in a data directory. */
public final class KeysCommands {

  /** Tells how the keys are wrapped, and how many there are. */
  public void list(KeysOptions.List options, Output output) throws IOException, CommandFailed {
    StoredDisk disk = find(Histories.data(options.data()), options.disk());
    KeysFile keys = keysOf(disk);
    String wrapping =
        switch (keys.wrapping()) {
          case KeysFile.Argon2id a ->
              "a passphrase (Argon2id, %d MiB, %d iterations)"
                  .formatted(a.memoryKib() >> 10, a.iterations());
          case KeysFile.KeyFile _ -> "a key file";
        };
    output.line("%s: %d, opened by %s".formatted(disk.name(), keys.keys().size(), wrapping));
  }

  /** Lets another secret open the keys that there are. */
  public void rotate(KeysOptions.Rotate options, Output output) throws IOException, CommandFailed {
    DataDirectory data = Histories.data(options.data());
    StoredDisk disk = find(data, options.disk());
    change(data, disk, options.secret(), options.next(), false);
    output.line(
        "the journal of %s is opened by %s from now on; say so in the configuration, and keep the old one for older copies of the journal"
            .formatted(disk.name(), options.next().path()));
  }

  /** Makes one more key. */
  public void renew(KeysOptions.Renew options, Output output) throws IOException, CommandFailed {
    DataDirectory data = Histories.data(options.data());
    StoredDisk disk = find(data, options.disk());
    change(data, disk, options.secret(), null, true);
    output.line(
        "what is written to %s is encrypted with a new key from now on; copy %s away"
            .formatted(disk.name(), disk.journal().resolve(FileNames.KEYS)));
  }

  private static void change(
      DataDirectory data,
      StoredDisk disk,
      @Nullable SecretFile given,
      @Nullable SecretFile next,
      boolean renew)
      throws IOException, CommandFailed {
    keysOf(disk);
    SecretFile secret = given == null ? disk.encoding().secret() : given;
    if (secret == null) {
      throw new CommandFailed(
          "nothing says what opens the journal of %s: name it with --key-file or --passphrase-file"
              .formatted(disk.name()));
    }
    SecretFile after = next == null ? secret : next;
    SecureRandom random = new SecureRandom();
    Storage storage = DiskStorage.open(disk.journal());
    try (Closeable _ = locked(data.awaitLock(), data.path().toString());
        Closeable _ =
            locked(
                storage.tryLock(FileNames.WRITER_LOCK, Storage.LockMode.EXCLUSIVE),
                storage.describe())) {
      JournalFiles files = new JournalFiles(storage);
      Keyring keys = files.openKeys(files.readManifest(), secret.read());
      Keyring changed = renew ? keys.withNewKey(random) : keys;
      files.writeKeys(changed.wrap(after.read(), random));
      for (StoredDisk each : data.groupOf(disk).disks()) {
        data.note(each.withEncoding(each.encoding().withSecret(after)));
      }
    }
  }

  private static Closeable locked(Optional<Closeable> lock, String where) throws CommandFailed {
    return lock.orElseThrow(
        () -> new CommandFailed(where + " is in use; stop the daemon before its keys are changed"));
  }

  private static KeysFile keysOf(StoredDisk disk) throws IOException, CommandFailed {
    return new JournalFiles(DiskStorage.open(disk.journal()))
        .readKeys()
        .orElseThrow(() ->
            new CommandFailed(
                "there are no keys in %s: the journal of %s is not encrypted, or they are lost"
                    .formatted(disk.journal(), disk.name())));
  }

  private static StoredDisk find(DataDirectory data, DiskName name)
      throws IOException, CommandFailed {
    Optional<StoredDisk> disk = data.disk(name);
    if (disk.isEmpty()) {
      throw Histories.unknown(
          name, data.path(), data.disks().stream().map(d -> d.name().value()).toList());
    }
    return disk.get();
  }
}
