package io.everwhen.appliance.config;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Disks that share one journal: an instant is the same instant for all of them.
 *
 * @param name of the group, by the rules for names of disks
 * @param disks the names of its disks, at least one, in an order that makes no difference
 * @param journalSize bytes that its journal may take, or null for the appliance's own choice
 * @param journal the directory of its journal, or null for a place under the appliance's journal
 *     directory
 * @param encoding in what form its journal holds what is written
 */
public record GroupConfig(
    DiskName name,
    List<DiskName> disks,
    @Nullable ByteSize journalSize,
    @Nullable Path journal,
    EncodingConfig encoding) {

  public GroupConfig {
    disks = List.copyOf(disks);
    if (disks.isEmpty()) {
      throw new IllegalArgumentException("the group " + name + " has no disks");
    }
    if (new HashSet<>(disks).size() < disks.size()) {
      throw new IllegalArgumentException("the group " + name + " has a disk twice");
    }
  }

  /**
   * The group that {@code NAME=DISK,DISK} means.
   *
   * @throws IllegalArgumentException if it does not mean one
   */
  public static GroupConfig parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw new IllegalArgumentException(
          "not a group: '" + text + "'; write NAME=DISK,DISK, such as db=data,logs");
    }
    return new GroupConfig(
        new DiskName(text.substring(0, equals)),
        Stream.of(text.substring(equals + 1).split(",", -1)).map(DiskName::new).toList(),
        null,
        null,
        EncodingConfig.PLAIN);
  }
}
