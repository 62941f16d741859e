package io.everwhen.journal.history;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.Zeros;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.payload.Secret;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a branch begins with: a disk of another group as it was at an instant, which is pinned
 * there.
 *
 * <p>It may be in use for as long as the branch is, so it does not keep that group from thinning
 * and folding what comes before and after: when files have gone meanwhile, it looks once more, and
 * nothing goes while it does. Opened when it is needed first. Any thread.
 */
public final class OriginView implements Closeable {

  private final Storage journal;
  private final boolean own;
  private final Manifest.Origin origin;
  private final @Nullable Secret secret;
  private @Nullable History history;
  private @Nullable PastView view;

  /**
   * The view.
   *
   * @param journal of the branch
   * @param secret that opens the other group, if that is encrypted
   */
  public OriginView(Storage journal, Manifest.Origin origin, @Nullable Secret secret) {
    this(journal, false, origin, secret);
  }

  private OriginView(
      Storage journal, boolean own, Manifest.Origin origin, @Nullable Secret secret) {
    this.journal = journal;
    this.own = own;
    this.origin = origin;
    this.secret = secret;
  }

  /**
   * What entries of the group itself say that a disk held, at one up to which nothing is folded:
   * where something was not recorded, it held something else.
   */
  public static OriginView recorded(
      Storage journal, Manifest group, int disk, long sequence, @Nullable Secret secret) {
    return new OriginView(
        journal, true, new Manifest.Origin(group.id(), disk, sequence, "here"), secret);
  }

  /** Bytes that the disk had. */
  public synchronized long sizeBytes() throws IOException {
    return looking(PastView::sizeBytes);
  }

  /**
   * Fills {@code into} from {@code offset} on; both in whole sectors. Behind the end of the disk
   * there are zeros.
   */
  public synchronized void read(long offset, ByteBuffer into) throws IOException {
    int start = into.position();
    int limit = into.limit();
    looking(past -> {
      long there = Math.clamp(past.sizeBytes() - offset, 0, limit - start);
      if (there > 0) {
        past.read(offset, into.limit(start + (int) there).position(start));
      }
      return there;
    });
    Zeros.fill(into.limit(limit));
  }

  /** Where anything but zeros may begin, at or after {@code offset}; the size when nothing does. */
  public synchronized long nextData(long offset) throws IOException {
    return looking(past -> {
      long size = past.sizeBytes();
      return offset >= size ? size : past.nextData(offset);
    });
  }

  /** Something that is looked up. */
  private interface Look {
    long at(PastView past) throws IOException;
  }

  /** Looks, and once more where that failed because something has gone. */
  private long looking(Look look) throws IOException {
    boolean fresh = view == null;
    try {
      return checked(look, view());
    } catch (IOException e) {
      close();
      if (fresh) {
        throw e;
      }
      return checked(look, view());
    } finally {
      unpin();
    }
  }

  private long checked(Look look, PastView past) throws IOException {
    long found = look.at(past);
    if (history != null) {
      history.checkNotFolded(origin.sequence());
    }
    return found;
  }

  /** Pinned when it was just opened. */
  private PastView view() throws IOException {
    PastView open = view;
    if (open == null) {
      open = open();
      view = open;
    }
    return open;
  }

  private PastView open() throws IOException {
    History opened = History.open(own ? journal : journal.other(origin.journal()), secret);
    boolean done = false;
    try {
      if (!opened.manifest().id().equals(origin.group())) {
        throw new DamageException(
            "%s holds another journal than the one that the branch in %s was made of"
                .formatted(opened.storage().describe(), journal.describe()));
      }
      Manifest.Disk disk = opened.manifest().disks().get(origin.disk());
      PastView past =
          own ? PastView.asRecorded(opened, disk, origin.sequence()) : whole(opened, disk);
      history = opened;
      done = true;
      return past;
    } finally {
      if (!done) {
        opened.close();
      }
    }
  }

  private PastView whole(History opened, Manifest.Disk disk) throws IOException {
    Optional<History.Point> point = opened.atSequence(origin.sequence());
    if (point.isEmpty() || point.get().sequence() != origin.sequence()) {
      throw new DamageException(
          "the instant of entry %d in %s, with which the branch in %s begins, is not there any more"
              .formatted(origin.sequence(), opened.storage().describe(), journal.describe()));
    }
    return new PastView(opened, disk, origin.sequence());
  }

  private void unpin() throws IOException {
    if (history != null) {
      history.unpin();
    }
  }

  @Override
  public synchronized void close() throws IOException {
    try (History _ = history;
        PastView _ = view) {
      history = null;
      view = null;
    }
  }
}
