package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.Digest;
import io.everwhen.target.pdu.TextKeys.Pair;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Answers the operational keys that an initiator offers, RFC 7143 sections 6.2 and 13, and keeps
 * what was agreed. Keys that are never offered have their defaults.
 */
final class Negotiation {

  static final String NOT_UNDERSTOOD = "NotUnderstood";
  static final String REJECT = "Reject";
  static final String IRRELEVANT = "Irrelevant";
  static final String MAX_RECV_DATA_SEGMENT_LENGTH = "MaxRecvDataSegmentLength";

  private static final String YES = "Yes";
  private static final String NO = "No";
  private static final int SEGMENT_BYTES_MIN = 512;
  private static final int UINT_24_MAX = (1 << 24) - 1;
  private static final int UINT_16_MAX = (1 << 16) - 1;
  private static final int SECONDS_MAX = 3600;
  private static final int DEFAULT_FIRST_BURST_BYTES = 64 << 10;
  private static final int DEFAULT_BURST_BYTES = 256 << 10;
  private static final int TIME_TO_WAIT_SECONDS = 2;

  /** Keys without meaning in a session that only asks for targets. */
  private static final Set<String> IRRELEVANT_FOR_DISCOVERY =
      Set.of(
          "MaxConnections",
          "InitialR2T",
          "ImmediateData",
          "MaxBurstLength",
          "FirstBurstLength",
          "MaxOutstandingR2T",
          "DataPDUInOrder",
          "DataSequenceInOrder",
          "TaskReporting");

  /** Keys of the session as a whole, which only its first login negotiates. */
  private static final Set<String> LEADING_ONLY =
      Set.of(
          "MaxConnections",
          "InitialR2T",
          "ImmediateData",
          "MaxBurstLength",
          "FirstBurstLength",
          "DefaultTime2Wait",
          "DefaultTime2Retain",
          "MaxOutstandingR2T",
          "DataPDUInOrder",
          "DataSequenceInOrder",
          "ErrorRecoveryLevel",
          "TaskReporting",
          "iSCSIProtocolLevel");

  private final boolean discovery;
  private final boolean leading;
  private final Map<String, String> answered = new HashMap<>();

  private Digest headerDigest = Digest.NONE;
  private Digest dataDigest = Digest.NONE;
  private int connectionsMax = 1;
  private boolean initialR2t = true;
  private boolean immediateData = true;
  private int sendSegmentBytesMax = Limits.DEFAULT_SEGMENT_BYTES_MAX;
  private int burstBytesMax = DEFAULT_BURST_BYTES;
  private int firstBurstBytesMax = DEFAULT_FIRST_BURST_BYTES;
  private int outstandingR2tMax = 1;

  /**
   * @param leading whether this is the first connection of a session
   */
  Negotiation(boolean discovery, boolean leading) {
    this.discovery = discovery;
    this.leading = leading;
  }

  /** Whether the key was negotiated before, which a login may do once only. */
  boolean repeats(Pair offer) {
    return answered.containsKey(offer.key());
  }

  /** The answer to an offer; null if the key only declares something. */
  @Nullable Pair answer(Pair offer) {
    String value = answerValue(offer.key(), offer.value());
    answered.put(offer.key(), offer.value());
    return value == null ? null : new Pair(offer.key(), value);
  }

  private @Nullable String answerValue(String key, String value) {
    if (discovery && IRRELEVANT_FOR_DISCOVERY.contains(key)) {
      return IRRELEVANT;
    }
    if (!leading && LEADING_ONLY.contains(key)) {
      return REJECT;
    }
    return switch (key) {
      case "HeaderDigest" -> {
        Digest chosen = digest(value);
        headerDigest = chosen == null ? Digest.NONE : chosen;
        yield chosen == null ? REJECT : name(chosen);
      }
      case "DataDigest" -> {
        Digest chosen = digest(value);
        dataDigest = chosen == null ? Digest.NONE : chosen;
        yield chosen == null ? REJECT : name(chosen);
      }
      case "InitialR2T" -> {
        initialR2t = !value.equals(NO);
        yield truth(value, initialR2t);
      }
      case "ImmediateData" -> {
        immediateData = value.equals(YES);
        yield truth(value, immediateData);
      }
      case MAX_RECV_DATA_SEGMENT_LENGTH -> {
        int bytes = number(value, SEGMENT_BYTES_MIN, UINT_24_MAX);
        sendSegmentBytesMax = bytes < 0 ? sendSegmentBytesMax : bytes;
        yield bytes < 0 ? REJECT : null;
      }
      case "MaxBurstLength" -> {
        int bytes = Math.min(number(value, SEGMENT_BYTES_MIN, UINT_24_MAX), Limits.BURST_BYTES_MAX);
        burstBytesMax = bytes < 0 ? burstBytesMax : bytes;
        yield text(bytes);
      }
      case "FirstBurstLength" -> {
        int bytes =
            Math.min(number(value, SEGMENT_BYTES_MIN, UINT_24_MAX), Limits.FIRST_BURST_BYTES_MAX);
        firstBurstBytesMax = bytes < 0 ? firstBurstBytesMax : bytes;
        yield text(bytes);
      }
      case "MaxOutstandingR2T" -> {
        int count = Math.min(number(value, 1, UINT_16_MAX), Limits.OUTSTANDING_R2T_MAX);
        outstandingR2tMax = Math.max(1, count);
        yield text(count);
      }
      case "MaxConnections" -> {
        int count = Math.min(number(value, 1, UINT_16_MAX), Limits.CONNECTIONS_PER_SESSION_MAX);
        connectionsMax = Math.max(1, count);
        yield text(count);
      }
      case "ErrorRecoveryLevel" -> text(Math.min(number(value, 0, 2), 0));
      case "DefaultTime2Wait" -> {
        int seconds = number(value, 0, SECONDS_MAX);
        yield text(seconds < 0 ? seconds : Math.max(seconds, TIME_TO_WAIT_SECONDS));
      }
      case "DefaultTime2Retain" -> text(Math.min(number(value, 0, SECONDS_MAX), 0));
      // Data always comes and goes in order: both functions are OR, and we say Yes.
      case "DataPDUInOrder", "DataSequenceInOrder" -> truth(value, true);
      // Markers are gone since RFC 7143; initiators of RFC 3720 still ask.
      case "IFMarker", "OFMarker" -> truth(value, false);
      case "IFMarkInt", "OFMarkInt" -> IRRELEVANT;
      case "TaskReporting" ->
          List.of(value.split(",", -1)).contains("RFC3720") ? "RFC3720" : REJECT;
      case "iSCSIProtocolLevel" -> text(Math.min(number(value, 0, 31), 1));
      // What a target declares, or is asked in full feature phase.
      case "SendTargets", "TargetAddress", "TargetAlias", "TargetPortalGroupTag" -> REJECT;
      default -> NOT_UNDERSTOOD;
    };
  }

  /** The first of the initiator's list that we have too. */
  private static @Nullable Digest digest(String list) {
    for (String name : list.split(",", -1)) {
      for (Digest digest : Digest.values()) {
        if (name.equals(name(digest))) {
          return digest;
        }
      }
    }
    return null;
  }

  private static String name(Digest digest) {
    return switch (digest) {
      case NONE -> "None";
      case CRC32C -> "CRC32C";
    };
  }

  private static String truth(String offered, boolean result) {
    return offered.equals(YES) || offered.equals(NO) ? (result ? YES : NO) : REJECT;
  }

  private static String text(int number) {
    return number < 0 ? REJECT : Integer.toString(number);
  }

  /** A numerical value, decimal or hexadecimal; -1 if it is none or out of range. */
  static int number(String value, int min, int max) {
    try {
      long number =
          value.startsWith("0x") || value.startsWith("0X")
              ? Long.parseLong(value, 2, value.length(), 16)
              : Long.parseLong(value);
      return number < min || number > max ? -1 : (int) number;
    } catch (NumberFormatException _) {
      return -1;
    }
  }

  /** What was agreed on for the session. */
  SessionParameters session() {
    return new SessionParameters(
        connectionsMax,
        initialR2t,
        immediateData,
        burstBytesMax,
        Math.min(firstBurstBytesMax, burstBytesMax),
        outstandingR2tMax);
  }

  /** What was agreed on for this connection. */
  ConnectionParameters connection() {
    return new ConnectionParameters(headerDigest, dataDigest, sendSegmentBytesMax);
  }
}
