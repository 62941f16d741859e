package io.everwhen.appliance.store;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.EncodingConfig;
import io.everwhen.appliance.config.SecretFile;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.format.Manifest;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A disk as the data directory remembers it.
 *
 * @param name its name
 * @param madeBytes its size when it was made; what it has become stands in its journal
 * @param blockBytes its logical block
 * @param journal the directory of its journal, absolute; all disks of a group have the same
 * @param historyBytes what its journal may take
 * @param readOnly whether initiators can only read it
 * @param encoding in what form its journal holds what is written from now on
 * @param place where in a group it is; null when it has a journal of its own
 * @param branch what it was made of; null when it is not a branch
 */
public record StoredDisk(
    DiskName name,
    long madeBytes,
    int blockBytes,
    Path journal,
    long historyBytes,
    boolean readOnly,
    EncodingConfig encoding,
    @Nullable Place place,
    @Nullable Branch branch) {

  // Version 1 had neither the history's bound nor a disk that is read-only; version 2 has no
  // groups, and is what is written of a disk that is in none; version 4 is that of a branch.
  private static final int VERSION = 4;
  private static final int VERSION_IN_GROUP = 3;
  private static final int VERSION_ALONE = 2;

  /**
   * A place in a group of disks that share a journal.
   *
   * @param group its name
   * @param number which disk of the journal it is, from 0
   */
  public record Place(DiskName group, int number) {}

  /**
   * What a branch was made of.
   *
   * @param of the disk
   * @param sequence the entry as of which
   * @param keep whether it is to be a disk of its own
   */
  public record Branch(DiskName of, long sequence, boolean keep) {}

  /**
   * Refuses a bound that no journal can keep.
   *
   * @throws IllegalArgumentException with what it needs
   */
  public StoredDisk {
    GroupOptions.DEFAULT.withHistoryBytes(historyBytes);
  }

  /** A disk with a journal of its own. */
  public StoredDisk(
      DiskName name,
      long madeBytes,
      int blockBytes,
      Path journal,
      long historyBytes,
      boolean readOnly,
      EncodingConfig encoding) {
    this(name, madeBytes, blockBytes, journal, historyBytes, readOnly, encoding, null, null);
  }

  /** Which disk of its journal it is. */
  int number() {
    return place == null ? 0 : place.number();
  }

  /** What its group is called; that of a disk with a journal of its own is called as it is. */
  public DiskName group() {
    return place == null ? name : place.group();
  }

  /** Whether it is in the group of this name; a disk with a journal of its own is in none. */
  public boolean isIn(DiskName group) {
    return place != null && place.group().equals(group);
  }

  /** Whether both have their history in the same journal. */
  boolean sharesJournalWith(StoredDisk other) {
    return name.equals(other.name) || (place != null && other.isIn(place.group()));
  }

  /** The disk as its journal knows it. */
  Manifest.Disk inGroup() {
    return new Manifest.Disk(number(), name.value(), madeBytes, blockBytes);
  }

  /** The same with its journal in another place. */
  public StoredDisk withJournal(Path other) {
    return new StoredDisk(
        name, madeBytes, blockBytes, other, historyBytes, readOnly, encoding, place, branch);
  }

  /** The same with another bound on its history. */
  public StoredDisk withHistoryBytes(long bytes) {
    return new StoredDisk(
        name, madeBytes, blockBytes, journal, bytes, readOnly, encoding, place, branch);
  }

  /** The same, read-only or not. */
  public StoredDisk withReadOnly(boolean only) {
    return new StoredDisk(
        name, madeBytes, blockBytes, journal, historyBytes, only, encoding, place, branch);
  }

  /** The same, with what is written held in another form from now on. */
  public StoredDisk withEncoding(EncodingConfig other) {
    return new StoredDisk(
        name, madeBytes, blockBytes, journal, historyBytes, readOnly, other, place, branch);
  }

  /** The same as a branch; null for none. */
  public StoredDisk withBranch(@Nullable Branch other) {
    return new StoredDisk(
        name, madeBytes, blockBytes, journal, historyBytes, readOnly, encoding, place, other);
  }

  /**
   * The record as JSON; a journal below {@code data} is written relative to it, so that both can be
   * moved together.
   */
  String encode(Path data) {
    Path written = journal.startsWith(data) ? data.relativize(journal) : journal;
    ObjectNode node =
        Json.object()
            .put("version", version())
            .put("name", name.value())
            .put("size", madeBytes)
            .put("block_size", blockBytes)
            .put("journal", written.toString())
            .put("journal_size", historyBytes)
            .put("read_only", readOnly);
    if (encoding.compressionLevel() > 0) {
      node.put("compress", encoding.compressionLevel());
    }
    SecretFile secret = encoding.secret();
    if (secret != null) {
      node.put(key(secret.kind()), secret.path().toString());
    }
    if (place != null) {
      node.putObject("group").put("name", place.group().value()).put("number", place.number());
    }
    if (branch != null) {
      node.putObject("branch")
          .put("of", branch.of().value())
          .put("sequence", branch.sequence())
          .put("keep", branch.keep());
    }
    return Json.text(node) + "\n";
  }

  private int version() {
    int plain = place == null ? VERSION_ALONE : VERSION_IN_GROUP;
    return branch == null ? plain : VERSION;
  }

  private static String key(SecretFile.Kind kind) {
    return switch (kind) {
      case KEY_FILE -> "key_file";
      case PASSPHRASE_FILE -> "passphrase_file";
    };
  }

  private static @Nullable SecretFile secret(JsonNode node) {
    for (SecretFile.Kind kind : SecretFile.Kind.values()) {
      if (node.has(key(kind))) {
        return new SecretFile(kind, Path.of(node.path(key(kind)).asString()));
      }
    }
    return null;
  }

  static StoredDisk decode(String text, Path data, String where) throws IOException {
    try {
      JsonNode node = Json.parse(text);
      int version = node.path("version").asInt();
      if (version < 1 || version > VERSION) {
        throw new IOException(
            where
                + " was written by another version of Everwhen; this one reads versions 1 to "
                + VERSION);
      }
      return new StoredDisk(
          new DiskName(node.required("name").asString()),
          node.required("size").asLong(),
          node.required("block_size").asInt(),
          data.resolve(node.required("journal").asString()).normalize(),
          node.path("journal_size").asLong(GroupOptions.DEFAULT.historyBytes()),
          node.path("read_only").asBoolean(false),
          new EncodingConfig(node.path("compress").asInt(0), secret(node)),
          node.has("group") ? place(node.required("group")) : null,
          node.has("branch") ? branch(node.required("branch")) : null);
    } catch (RuntimeException e) {
      throw new IOException(where + " is damaged: " + e.getMessage(), e);
    }
  }

  private static Branch branch(JsonNode node) {
    return new Branch(
        new DiskName(node.required("of").asString()),
        node.required("sequence").asLong(),
        node.required("keep").asBoolean());
  }

  private static Place place(JsonNode node) {
    return new Place(
        new DiskName(node.required("name").asString()), node.required("number").asInt());
  }
}
