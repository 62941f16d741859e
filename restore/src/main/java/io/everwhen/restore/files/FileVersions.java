package io.everwhen.restore.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.restore.files.FileVersion.Kind;
import io.everwhen.restore.plan.DiffPlan;
import io.everwhen.restore.plan.UnavailableException;
import io.everwhen.restore.run.Changes;
import io.everwhen.restore.run.Progress;
import io.everwhen.restore.run.ScratchImage;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the versions of a file: at which changes of the disk another one begins. It is looked at as
 * of few instants: what the file system says of it, its times among that, is the same at two of
 * them only if it is so between them, as far as these times tell. Where there is no such file, that
 * is said by the directory that it would be in. One thread, as long as the history is open.
 */
public final class FileVersions {

  private final History history;
  private final PastFiles files;
  private final boolean content;
  private final Progress progress;

  /**
   * @param image of the disk
   * @param partition the number of the one to look into; null to find it
   * @param content whether the file's content is read and compared too
   */
  public FileVersions(
      History history,
      Manifest.Disk disk,
      ScratchImage image,
      @Nullable Integer partition,
      boolean content,
      Progress progress) {
    this.history = history;
    this.files = new PastFiles(disk, image, partition);
    this.content = content;
    this.progress = progress;
  }

  /**
   * What was found.
   *
   * @param versions the newest last
   * @param more whether there are older ones that were not looked for
   */
  public record Found(List<FileVersion> versions, boolean more) {}

  /**
   * Finds them.
   *
   * @param path from the root of the file system on, beginning with a slash
   * @param limit how many at most, the newest
   * @throws UnavailableException when there is no file system that is known, or several, or a
   *     program is missing
   */
  public Found find(DiffPlan plan, String path, long limit) throws IOException {
    Search search = new Search(new Changes(history, plan), plan.from(), path, limit);
    Look newest = search.look(search.changes.count() - 1);
    Look oldest = search.look(-1);
    if (newest.isNowhere() && oldest.isNowhere()) {
      throw files.noFileSystem();
    }
    search.between(-1, oldest, search.changes.count() - 1, newest);
    if (!search.isEnough() && oldest.entry != null) {
      search.found.add(new FileVersion(plan.from(), Kind.THERE, oldest.entry, null));
    }
    return new Found(search.found.reversed(), search.isEnough());
  }

  /**
   * What is seen of the file at an instant.
   *
   * @param key the same only if nothing became of it meanwhile
   */
  private record Look(String key, @Nullable FileEntry entry, @Nullable String problem) {

    static final Look NOWHERE = new Look("no file system", null, null);

    boolean isNowhere() {
      return equals(NOWHERE);
    }
  }

  /** One search. Changes are named by number; -1 is before the first. */
  private final class Search {
    private final Changes changes;
    private final Point from;
    private final String path;
    private final long limit;
    // The newest first.
    private final List<FileVersion> found = new ArrayList<>();

    Search(Changes changes, Point from, String path, long limit) {
      this.changes = changes;
      this.from = from;
      this.path = path;
      this.limit = limit;
    }

    boolean isEnough() {
      return found.size() >= limit;
    }

    private Point at(long change) throws IOException {
      return change < 0 ? from : changes.with(change);
    }

    Look look(long change) throws IOException {
      return FileVersions.this.look(at(change), path);
    }

    /** Finds those after one change and up to another, the newest first. */
    void between(long low, Look before, long high, Look after) throws IOException {
      progress.at(changes.count() - high, changes.count());
      if (isEnough() || before.key.equals(after.key)) {
        return;
      }
      if (high - low > 1) {
        long middle = low + (high - low) / 2;
        Look there = look(middle);
        between(middle, there, high, after);
        between(low, before, middle, there);
        return;
      }
      Kind kind = kind(before, after);
      if (kind != null) {
        found.add(new FileVersion(at(high), kind, after.entry, after.problem));
      }
    }

    /** Null when that says nothing of the file. */
    private static @Nullable Kind kind(Look before, Look after) {
      if (after.problem != null) {
        return before.problem == null ? Kind.UNREADABLE : null;
      }
      if (after.entry != null) {
        return before.entry == null && before.problem == null ? Kind.CREATED : Kind.CHANGED;
      }
      return before.entry == null && before.problem == null ? null : Kind.REMOVED;
    }
  }

  private Look look(Point at, String path) throws IOException {
    Optional<Partition> in = files.goTo(at);
    if (in.isEmpty()) {
      return Look.NOWHERE;
    }
    try {
      return look(in.get(), path);
    } catch (Tool.Failed e) {
      String problem = Objects.requireNonNullElse(e.getMessage(), e.toString());
      return new Look("unreadable " + problem, null, problem);
    }
  }

  /** What the directory says of the file; where that is not there either, the one above it. */
  private Look look(Partition in, String path) throws IOException {
    for (String below = path; !below.isEmpty(); below = parent(below)) {
      String directory = parent(below);
      Optional<String> inode = files.kit().find(in, directory.isEmpty() ? "/" : directory);
      if (inode.isPresent()) {
        return look(in, below, directory, inode.get(), below.equals(path));
      }
    }
    return new Look("no root", null, null);
  }

  private Look look(Partition in, String name, String directory, String inode, boolean itsDirectory)
      throws IOException {
    FileEntry[] entry = new FileEntry[1];
    MessageDigest names = sha256();
    files
        .kit()
        .directory(
            in,
            directory,
            inode,
            line -> {
              FileEntry.parse(line)
                  .filter(each -> itsDirectory && in.isNamed(each.path(), name))
                  .ifPresent(each -> entry[0] = each);
              names.update((FileEntry.name(line) + "\n").getBytes(UTF_8));
            });
    FileEntry there = entry[0];
    if (there == null) {
      names.update(files.kit().details(in, inode).getBytes(UTF_8));
      return new Look("none in " + inode + " " + hex(names), null, null);
    }
    MessageDigest state = sha256();
    state.update(there.state().getBytes(UTF_8));
    state.update(files.kit().details(in, there.inode()).getBytes(UTF_8));
    if (content && there.mode().startsWith("r")) {
      files.kit().read(in, there.inode(), bytes -> update(state, bytes));
    }
    return new Look(hex(state), there, null);
  }

  private static String parent(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  private static void update(MessageDigest digest, InputStream in) throws IOException {
    byte[] buffer = new byte[64 << 10];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      digest.update(buffer, 0, n);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
