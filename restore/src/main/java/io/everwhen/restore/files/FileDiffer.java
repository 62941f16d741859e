package io.everwhen.restore.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.everwhen.journal.format.Manifest;
import io.everwhen.restore.plan.DiffPlan;
import io.everwhen.restore.plan.UnavailableException;
import io.everwhen.restore.run.ScratchImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares the files of a disk at two instants, by what the file system says of each: its inode,
 * size, owner, permissions and times, but not when it was read. One thread.
 */
public final class FileDiffer {

  /** More names need more memory than a command should take. */
  private static final int NAMES_MAX = 4_000_000;

  private final PastFiles files;
  private final boolean content;

  /**
   * @param image of the disk
   * @param partition the number of the one to look into; null to find it
   * @param content whether the files' content is read and compared too
   */
  public FileDiffer(
      Manifest.Disk disk, ScratchImage image, @Nullable Integer partition, boolean content) {
    this.files = new PastFiles(disk, image, partition);
    this.content = content;
  }

  /** What became of a name; null where it was not there. */
  public record Change(@Nullable FileEntry before, @Nullable FileEntry after) {}

  /** Receives changes: first what was added, then what was changed or removed. */
  @FunctionalInterface
  public interface Receiver {
    void accept(Change change) throws IOException;
  }

  /**
   * What was found.
   *
   * @param before where the file system was at the earlier instant; null when there was none
   * @param after the same at the later one
   */
  public record Result(
      long added,
      long removed,
      long changed,
      @Nullable Partition before,
      @Nullable Partition after) {}

  /**
   * Compares.
   *
   * @param limit how many changes are received; all are counted
   * @throws UnavailableException when there is no file system that is known, or several, or a
   *     program is missing
   */
  public Result compare(DiffPlan plan, long limit, Receiver receiver) throws IOException {
    Map<Long, Long> states = new HashMap<>();
    Optional<Partition> before = files.goTo(plan.from());
    if (before.isPresent()) {
      files.kit().list(before.get(), content, entry -> remember(states, entry));
    }
    Optional<Partition> after = files.goTo(plan.to());
    if (before.isEmpty() && after.isEmpty()) {
      throw files.noFileSystem();
    }
    long[] added = {0};
    Map<String, FileEntry> changed = new HashMap<>();
    long[] changes = {0};
    if (after.isPresent()) {
      files
          .kit()
          .list(
              after.get(),
              content,
              entry -> {
                Long was = states.remove(hash(entry.path()));
                if (was == null) {
                  if (added[0]++ < limit) {
                    receiver.accept(new Change(null, entry));
                  }
                } else if (was != hash(entry.state())
                    && changes[0]++ < Math.max(0, limit - added[0])) {
                  changed.put(entry.path(), entry);
                }
              });
    }
    long removed = states.size();
    long[] left = {limit - added[0]};
    if (before.isPresent() && left[0] > 0 && removed + changed.size() > 0) {
      files.goTo(plan.from());
      files
          .kit()
          .list(
              before.get(),
              content,
              entry -> {
                FileEntry now = changed.get(entry.path());
                if ((now != null || states.containsKey(hash(entry.path()))) && left[0]-- > 0) {
                  receiver.accept(new Change(entry, now));
                }
              });
    }
    return new Result(added[0], removed, changes[0], before.orElse(null), after.orElse(null));
  }

  private static void remember(Map<Long, Long> states, FileEntry entry) throws IOException {
    if (states.size() == NAMES_MAX) {
      throw new UnavailableException(
          "there are more than " + NAMES_MAX + " files; mount past disks to compare so many");
    }
    states.put(hash(entry.path()), hash(entry.state()));
  }

  private static long hash(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return ByteBuffer.wrap(digest).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
