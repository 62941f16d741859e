package io.everwhen.journal.history;

import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.format.StampedHead;
import io.everwhen.journal.log.JournalFiles;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The signature and the time stamps of a history. Nothing of them is checked here. */
public final class Proofs {

  private final JournalFiles files;
  private final @Nullable SignedHead head;
  private final @Nullable String headDamage;
  private final List<Long> stamps;

  private Proofs(
      JournalFiles files,
      @Nullable SignedHead head,
      @Nullable String headDamage,
      List<Long> stamps) {
    this.files = files;
    this.head = head;
    this.headDamage = headDamage;
    this.stamps = stamps;
  }

  /** Those that there are. */
  static Proofs in(JournalFiles files) throws IOException {
    SignedHead head = null;
    String damage = null;
    try {
      head = files.readHead().orElse(null);
    } catch (FormatException e) {
      damage = e.getMessage();
    }
    return new Proofs(files, head, damage, List.copyOf(files.stampNumbers()));
  }

  /** The signed head; empty when there is none. */
  public Optional<SignedHead> signedHead() {
    return Optional.ofNullable(head);
  }

  /** Why {@link #signedHead} cannot be read; empty when it can, or is not there. */
  public Optional<String> headDamage() {
    return Optional.ofNullable(headDamage);
  }

  /** The segments whose heads were time-stamped, ascending. */
  public List<Long> stamps() {
    return stamps;
  }

  /**
   * Reads one of {@link #stamps}; empty when it was deleted since, as one of too many.
   *
   * @throws FormatException when it is damaged
   */
  public Optional<StampedHead> stamp(long number) throws IOException {
    try {
      return Optional.of(files.readStamp(number));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
