package io.everwhen.journal;

import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.JournalFiles;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs the head of a group's journal whenever a segment was sealed.
 *
 * <p>A head that was there before and does not fit the journal is evidence: it is left as it is,
 * and nothing more is signed. Synchronized by whoever maintains the group.
 */
final class HeadKeeper {

  private static final Logger log = LoggerFactory.getLogger(HeadKeeper.class);

  private final JournalFiles files;
  private final Manifest manifest;
  private final @Nullable HeadSigner signer;
  private final Clock clock;
  private long signedSegment;
  private volatile @Nullable SignedHead signed;
  private volatile @Nullable String alarm;

  /** For a journal that was just opened; looks whether the head that is there fits it. */
  HeadKeeper(
      JournalFiles files,
      Manifest manifest,
      @Nullable HeadSigner signer,
      Clock clock,
      Journal.Sealed sealed)
      throws IOException {
    this.files = files;
    this.manifest = manifest;
    this.signer = signer;
    this.clock = clock;
    if (signer != null) {
      check(signer, sealed);
    }
  }

  private void check(HeadSigner own, Journal.Sealed sealed) throws IOException {
    SignedHead head;
    try {
      Optional<SignedHead> there = files.readHead();
      if (there.isEmpty()) {
        return;
      }
      head = there.get();
    } catch (FormatException e) {
      refuse(String.valueOf(e.getMessage()));
      return;
    }
    if (!head.isSigned() || !head.group().equals(manifest.id())) {
      refuse("the head's signature does not match it");
      return;
    }
    if (head.segment() > sealed.segment() || head.sequence() > sealed.sequence()) {
      refuse(
          "it was signed that the journal has entry %d; it ends with entry %d"
              .formatted(head.sequence(), sealed.sequence()));
      return;
    }
    String seal = sealOf(head.segment(), sealed);
    if (!seal.isEmpty() && !seal.equals(head.seal())) {
      refuse("segment " + head.segment() + " is not as it was when it was signed");
      return;
    }
    boolean byOwn = head.key().equals(HexFormat.of().formatHex(own.publicKey()));
    if (!byOwn) {
      log.warn(
          "{}: the head was signed by another key, {}; from now on it is signed by {}",
          files.storage().describe(),
          head.fingerprint(),
          SignedHead.fingerprint(own.publicKey()));
    }
    signedSegment = byOwn ? head.segment() : 0;
    signed = byOwn ? head : null;
  }

  /** The seal of a segment up to the last one; empty when it was folded, or cannot be read. */
  private String sealOf(long segment, Journal.Sealed sealed) throws IOException {
    if (segment == sealed.segment()) {
      return sealed.seal();
    }
    if (segment == manifest.baseline().segment()) {
      return manifest.baseline().seal();
    }
    if (segment < manifest.baseline().segment()) {
      return "";
    }
    try {
      return HexFormat.of().formatHex(files.readIndex(manifest, segment).seal());
    } catch (FormatException | NoSuchFileException e) {
      return "damaged";
    }
  }

  private void refuse(String why) {
    alarm =
        "the journal in %s does not fit its signed head: %s. It is not signed any more; run `everwhen verify`"
            .formatted(files.storage().describe(), why);
    log.error("{}", alarm);
  }

  /** Why nothing is signed; null while all is well. */
  @Nullable String alarm() {
    return alarm;
  }

  /** The head that was signed last, and is durable; null when nothing is signed. Any thread. */
  @Nullable SignedHead signed() {
    return signed;
  }

  /** Signs what is sealed, if that is more than before; without room for it, later. */
  void sign(Journal.Sealed sealed) throws IOException {
    if (signer == null || alarm != null || sealed.segment() == signedSegment) {
      return;
    }
    try {
      SignedHead head =
          SignedHead.sign(
              manifest.id(),
              sealed.segment(),
              sealed.seal(),
              sealed.sequence(),
              sealed.timeNanos(),
              clock.wallNanos(),
              signer.publicKey(),
              signer);
      files.writeHead(head);
      signedSegment = sealed.segment();
      signed = head;
    } catch (NoSpaceException e) {
      log.debug("signing the head has to wait: {}", e.getMessage());
    } catch (GeneralSecurityException e) {
      throw new IOException("the head cannot be signed: " + e.getMessage(), e);
    }
  }
}
