package io.everwhen.appliance.store;

import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.EncodingConfig;
import io.everwhen.appliance.config.GroupConfig;
import io.everwhen.journal.GroupOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A disk that a configuration asks for, held against what the data directory remembers. */
final class WantedDisk {

  private final DataDirectory data;
  private final DiskConfig wanted;
  private final Config config;
  private final @Nullable GroupConfig group;

  WantedDisk(DataDirectory data, DiskConfig wanted, Config config) {
    this.data = data;
    this.wanted = wanted;
    this.config = config;
    this.group = config.groupOf(wanted.name()).orElse(null);
  }

  /** As {@link DataDirectory#diskFor} says. */
  StoredDisk find() throws IOException {
    Optional<StoredDisk> there = data.disk(wanted.name());
    StoredDisk disk = there.isPresent() ? there.get() : made();
    if (there.isEmpty()) {
      checkNobodyMakes(disk);
    }
    checkSame(disk);
    checkSamePlace(disk);
    Path asked = journalAskedFor(disk.group());
    if (asked != null && !asked.equals(disk.journal())) {
      if (DataDirectory.holdsGroup(disk.journal()) || !DataDirectory.holdsGroup(asked)) {
        throw new IOException(
            "the journal of %s is in %s, not in %s; to move it, stop Everwhen, move the directory, and start again"
                .formatted(disk.group(), disk.journal(), asked));
      }
      disk = disk.withJournal(asked);
    }
    Boolean readOnly = wanted.readOnly();
    disk = readOnly == null ? disk : disk.withReadOnly(readOnly);
    if (group != null) {
      disk = disk.withEncoding(group.encoding().after(disk.encoding()));
    } else if (disk.place() == null) {
      disk = disk.withEncoding(wanted.encoding().after(disk.encoding()));
    }
    ByteSize history = group == null ? wanted.journalSize() : group.journalSize();
    try {
      return history == null ? disk : disk.withHistoryBytes(history.bytes());
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "the journal_size of " + disk.group() + " will not do: " + e.getMessage(), e);
    }
  }

  private @Nullable Path journalAskedFor(DiskName name) {
    Path own = group == null ? wanted.journal() : group.journal();
    Path journals = config.journal();
    Path asked = own != null ? own : journals == null ? null : journals.resolve(name.value());
    return asked == null ? null : asked.toAbsolutePath().normalize();
  }

  private StoredDisk made() throws IOException {
    long historyBytes = GroupOptions.DEFAULT.historyBytes();
    if (group == null) {
      return made(journalFor(wanted.name()), historyBytes, null);
    }
    int number = 0;
    for (DiskName before : group.disks().subList(0, group.disks().indexOf(wanted.name()))) {
      number += data.disk(before).isPresent() ? 0 : 1;
    }
    Optional<StoredGroup> there = data.group(group.name());
    return there.isPresent()
        ? made(
            there.get().journal(),
            there.get().historyBytes(),
            new StoredDisk.Place(group.name(), there.get().nextNumber() + number))
        : made(journalFor(group.name()), historyBytes, new StoredDisk.Place(group.name(), number));
  }

  private Path journalFor(DiskName name) {
    Path asked = journalAskedFor(name);
    return asked == null ? data.journalFor(name) : asked;
  }

  private StoredDisk made(Path journal, long historyBytes, StoredDisk.@Nullable Place place) {
    return new StoredDisk(
        wanted.name(),
        wanted.size().bytes(),
        wanted.blockSize(),
        journal,
        historyBytes,
        false,
        group == null ? wanted.encoding() : group.encoding(),
        place,
        null);
  }

  private void checkNobodyMakes(StoredDisk disk) throws IOException {
    for (StoredDisk other : data.adopting()) {
      if (other.name().equals(disk.name()) || other.journal().equals(disk.journal())) {
        throw new IOException(
            "%s is just being made of content that is there already, with its journal in %s; try again when that has ended"
                .formatted(other.name(), other.journal()));
      }
    }
  }

  private void checkSame(StoredDisk disk) throws IOException {
    if (wanted.blockSize() != disk.blockBytes()) {
      throw new IOException(
          "%s has blocks of %d bytes, which cannot become blocks of %d; ask for what it has, or choose another name"
              .formatted(disk.name(), disk.blockBytes(), wanted.blockSize()));
    }
  }

  /**
   * A disk is where it was made: alone, or in a group, which more can join. Where a configuration
   * says nothing of a group, what was made stays.
   */
  private void checkSamePlace(StoredDisk disk) throws IOException {
    StoredDisk.Place place = disk.place();
    if (group != null && !disk.isIn(group.name())) {
      throw new IOException(
          "%s %s, and cannot move to the group %s: a disk joins a group when it is made. Take it out there; for its content in the group, add another disk to that and copy it over"
              .formatted(
                  disk.name(),
                  place == null ? "has a journal of its own" : "is in " + described(disk),
                  group.name()));
    }
    if (group != null) {
      checkHasAll(group);
      return;
    }
    if (place == null) {
      return;
    }
    if (config.groups().stream().anyMatch(said -> said.name().equals(place.group()))) {
      throw new IOException(
          "%s is in %s, and cannot leave it; name it there"
              .formatted(disk.name(), described(disk)));
    }
    if (wanted.journal() != null
        || wanted.journalSize() != null
        || !wanted.encoding().equals(EncodingConfig.PLAIN)) {
      throw new IOException(
          "%s is in %s: say journal, journal_size, compress and encrypt under 'groups'"
              .formatted(disk.name(), described(disk)));
    }
  }

  /** What a group is said to be is said of all its disks. */
  private void checkHasAll(GroupConfig said) throws IOException {
    Optional<StoredGroup> there = data.group(said.name());
    if (there.isPresent()) {
      for (StoredDisk member : there.get().disks()) {
        if (!said.disks().contains(member.name())) {
          throw new IOException(
              "%s is in %s, and cannot leave it; name it there"
                  .formatted(member.name(), there.get().describe()));
        }
      }
    }
  }

  private String described(StoredDisk disk) throws IOException {
    return data.groupOf(disk).describe();
  }
}
