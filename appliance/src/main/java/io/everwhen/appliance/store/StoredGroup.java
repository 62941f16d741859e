package io.everwhen.appliance.store;

import io.everwhen.appliance.config.DiskName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Disks that have one journal together, or one that has its own.
 *
 * @param disks at least one, by their numbers in the journal
 */
public record StoredGroup(List<StoredDisk> disks) {

  public StoredGroup {
    disks = disks.stream().sorted(Comparator.comparingInt(StoredDisk::number)).toList();
  }

  /** The groups that these disks are in, in the order of the first of each. */
  public static List<StoredGroup> of(Collection<StoredDisk> disks) {
    List<StoredDisk> rest = new ArrayList<>(disks);
    List<StoredGroup> groups = new ArrayList<>();
    while (!rest.isEmpty()) {
      StoredDisk first = rest.getFirst();
      groups.add(new StoredGroup(rest.stream().filter(first::sharesJournalWith).toList()));
      rest.removeIf(first::sharesJournalWith);
    }
    return groups;
  }

  /** Its name. */
  public DiskName name() {
    return disks.getFirst().group();
  }

  /** Where its journal is. */
  public Path journal() {
    return disks.getFirst().journal();
  }

  /** What its journal may take. */
  public long historyBytes() {
    return disks.getFirst().historyBytes();
  }

  /** What a disk that joins it gets. */
  int nextNumber() {
    return disks.getLast().number() + 1;
  }

  /** As messages name it: {@code the group db (data, logs)}. */
  public String describe() {
    return "the group %s (%s)"
        .formatted(name(), String.join(", ", disks.stream().map(d -> d.name().value()).toList()));
  }
}
