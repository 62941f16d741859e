package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Place;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.SecretFile;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Suggestions;
import io.everwhen.restore.plan.Times;
import java.io.IOException;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the histories that a command is about. */
final class Histories {

  private Histories() {}

  /** The data directory. */
  static DataDirectory data(Place place) throws IOException, CommandFailed {
    return data(place.data(), ", or the journal alone with --journal if the data is lost");
  }

  /** The data directory of a command that needs one. */
  static DataDirectory data(Path directory) throws IOException, CommandFailed {
    return data(directory, "");
  }

  /** A disk that a data directory remembers. */
  static StoredDisk stored(DataDirectory data, DiskName name) throws IOException, CommandFailed {
    List<StoredDisk> disks = data.disks();
    return disks.stream()
        .filter(disk -> disk.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            unknown(name, data.path(), disks.stream().map(disk -> disk.name().value()).toList()));
  }

  private static DataDirectory data(Path directory, String orElse)
      throws IOException, CommandFailed {
    if (DiskStorage.kindOf(directory) != DiskStorage.Kind.DIRECTORY) {
      throw new CommandFailed(
          "there is no data directory "
              + directory.toAbsolutePath()
              + "; name it with --data"
              + orElse);
    }
    return DataDirectory.open(directory);
  }

  /** The journal directories of all disks; that of a group once. */
  static List<Path> journals(Place place) throws IOException, CommandFailed {
    Path journal = place.journal();
    if (journal == null) {
      return data(place).disks().stream().map(StoredDisk::journal).distinct().toList();
    }
    if (DiskStorage.kindOf(journal) != DiskStorage.Kind.DIRECTORY) {
      throw new CommandFailed("there is no journal directory " + journal.toAbsolutePath());
    }
    if (DataDirectory.holdsGroup(journal)) {
      return List.of(journal);
    }
    List<Path> journals = new ArrayList<>();
    for (String name : DiskStorage.open(journal).subdirectories()) {
      if (DataDirectory.holdsGroup(journal.resolve(name))) {
        journals.add(journal.resolve(name));
      }
    }
    return journals;
  }

  /** Opens the history of a journal directory. */
  static History open(Path journal) throws IOException, CommandFailed {
    return open(journal, null);
  }

  private static History open(Path journal, @Nullable SecretFile secret)
      throws IOException, CommandFailed {
    if (!DataDirectory.holdsGroup(journal)) {
      throw new CommandFailed(
          "there is no journal in "
              + journal
              + "; if it is on a volume of its own, mount that,"
              + " if it was moved, name its place with --journal");
    }
    DiskStorage storage = DiskStorage.open(journal);
    return secret == null ? History.open(storage) : History.open(storage, secret.read());
  }

  /** Opens the history that a disk belongs to; of an encrypted one all but the content. */
  static History of(Place place, DiskName name) throws IOException, CommandFailed {
    return of(place, name, null);
  }

  /**
   * Opens the history that a disk belongs to, with its content.
   *
   * @param secret what opens an encrypted one; null for what the data directory remembers
   */
  static History withContent(Place place, DiskName name, @Nullable SecretFile secret)
      throws IOException, CommandFailed {
    SecretFile opens = secret;
    if (opens == null && place.journal() == null) {
      Optional<StoredDisk> disk = data(place).disk(name);
      opens = disk.isEmpty() ? null : disk.get().encoding().secret();
    }
    History history = of(place, name, opens);
    if (opens == null && history.manifest().encrypts()) {
      history.close();
      throw new CommandFailed(
          "the history of %s is encrypted: name what opens it with --key-file or --passphrase-file"
              .formatted(name));
    }
    return history;
  }

  private static History of(Place place, DiskName name, @Nullable SecretFile secret)
      throws IOException, CommandFailed {
    List<String> there = new ArrayList<>();
    if (place.journal() == null) {
      for (StoredDisk disk : data(place).disks()) {
        if (disk.name().equals(name)) {
          return open(disk.journal(), secret);
        }
        there.add(disk.name().value());
      }
      for (DataDirectory.RemovedDisk removed : data(place).removed().reversed()) {
        if (removed.disk().name().equals(name)) {
          throw new CommandFailed(
              "the disk "
                  + name
                  + " was removed; its history is there with --journal "
                  + removed.disk().journal());
        }
      }
      throw unknown(name, place.data(), there);
    }
    for (Path journal : journals(place)) {
      History history = open(journal, secret);
      if (history.disk(name.value()).isPresent()) {
        return history;
      }
      history.manifest().disks().forEach(disk -> there.add(disk.name()));
      history.close();
    }
    throw unknown(name, place.journal(), there);
  }

  /** A disk of a history. */
  static Manifest.Disk disk(History history, DiskName name) throws CommandFailed {
    return history
        .disk(name.value())
        .orElseThrow(() ->
            unknown(
                name,
                Path.of(history.storage().describe()),
                history.manifest().disks().stream().map(Manifest.Disk::name).toList()));
  }

  static CommandFailed unknown(DiskName name, Path where, List<String> there) {
    return new CommandFailed(
        "there is no disk " + name + " in " + where + Suggestions.near(name.value(), there));
  }

  /** Understands an instant; what cannot be understood is a wrong usage. */
  static Instant instant(String text, long nowNanos) throws UsageError {
    try {
      return Instant.parse(text, nowNanos, ZoneId.systemDefault());
    } catch (IllegalArgumentException e) {
      throw new UsageError(String.valueOf(e.getMessage()), e);
    }
  }

  /** The instant so that it means the same to the daemon, which may be in another time zone. */
  static String unambiguous(String at) throws UsageError {
    long now = new SystemClock().wallNanos();
    Instant here = instant(at, now);
    if (here instanceof Instant.Clean clean) {
      return "clean:" + unambiguous(clean.of().text());
    }
    return here instanceof Instant.AtTime time
            && !here.equals(Instant.parse(at, now, ZoneOffset.UTC))
        ? Times.text(time.nanos())
        : at;
  }
}
