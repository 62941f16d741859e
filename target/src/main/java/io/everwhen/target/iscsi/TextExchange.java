package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.ProtocolException;
import io.everwhen.target.pdu.TextKeys;
import io.everwhen.target.pdu.TextKeys.Pair;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Text requests in full feature phase, RFC 7143 sections 11.10 and 11.11: SendTargets, and a new
 * MaxRecvDataSegmentLength. A text or an answer longer than a PDU is carried over several. For one
 * thread.
 */
final class TextExchange {

  /** Names the one exchange that a connection can have under way. */
  private static final int TRANSFER_TAG = 1;

  private static final String ALL = "All";

  private final Targets targets;
  private final String initiator;
  private final InetAddress from;
  private final @Nullable ServedTarget own;
  private final Supplier<List<String>> addresses;
  private final Replies replies;
  private final IntConsumer segmentBytesMaxChanged;

  private final ByteArrayOutputStream request = new ByteArrayOutputStream();
  private ByteBuffer answer = ByteBuffer.allocate(0);
  private int segmentBytesMax;

  /**
   * @param initiator who asks, and so for whom targets are named
   * @param from where it comes from
   * @param own the session's target, null in a discovery session
   * @param addresses values of TargetAddress: where the initiator finds targets
   */
  TextExchange(
      Targets targets,
      String initiator,
      InetAddress from,
      @Nullable ServedTarget own,
      Supplier<List<String>> addresses,
      Replies replies,
      int segmentBytesMax,
      IntConsumer segmentBytesMaxChanged) {
    this.targets = targets;
    this.initiator = initiator;
    this.from = from;
    this.own = own;
    this.addresses = addresses;
    this.replies = replies;
    this.segmentBytesMax = segmentBytesMax;
    this.segmentBytesMaxChanged = segmentBytesMaxChanged;
  }

  void request(BasicHeader header, ByteBuffer data) throws IOException {
    boolean more = header.hasFlag(BasicHeader.CONTINUE);
    if (more && header.hasFlag(BasicHeader.FINAL)) {
      replies.reject(header, Replies.PROTOCOL_ERROR);
      return;
    }
    if (header.targetTransferTag() == BasicHeader.NO_TAG) {
      request.reset();
      answer = ByteBuffer.allocate(0);
    }
    if (request.size() + data.remaining() > Limits.TEXT_BYTES_MAX) {
      throw new ProtocolException("more text than " + Limits.TEXT_BYTES_MAX + " bytes");
    }
    byte[] part = new byte[data.remaining()];
    data.get(data.position(), part);
    request.writeBytes(part);
    if (!more && request.size() > 0) {
      List<Pair> offers = TextKeys.decode(ByteBuffer.wrap(request.toByteArray()));
      request.reset();
      answer = ByteBuffer.wrap(TextKeys.encode(answers(offers)));
    }
    respond(header, more);
  }

  /** Sends what fits in one PDU; the initiator asks for the rest with an empty request. */
  private void respond(BasicHeader header, boolean more) throws IOException {
    int tag = header.initiatorTaskTag();
    long lun = header.lun();
    boolean finalRequest = header.hasFlag(BasicHeader.FINAL);
    ByteBuffer part =
        answer.slice(answer.position(), Math.min(answer.remaining(), segmentBytesMax));
    answer.position(answer.position() + part.remaining());
    boolean rest = answer.hasRemaining();
    boolean ends = !rest && !more && finalRequest;
    int flags = ends ? BasicHeader.FINAL : rest ? BasicHeader.CONTINUE : 0;
    BasicHeader response = replies.add(Opcode.TEXT_RESPONSE, tag, part);
    response.flags(flags).lun(lun).targetTransferTag(ends ? BasicHeader.NO_TAG : TRANSFER_TAG);
  }

  private List<Pair> answers(List<Pair> offers) {
    List<Pair> answers = new ArrayList<>();
    for (Pair offer : offers) {
      switch (offer.key()) {
        case "SendTargets" -> sendTargets(offer.value(), answers);
        case Negotiation.MAX_RECV_DATA_SEGMENT_LENGTH -> {
          int bytes = Negotiation.number(offer.value(), 512, (1 << 24) - 1);
          if (bytes < 0) {
            answers.add(new Pair(offer.key(), Negotiation.REJECT));
          } else {
            segmentBytesMax = bytes;
            segmentBytesMaxChanged.accept(bytes);
          }
        }
        case "InitiatorAlias" -> {}
        default -> answers.add(new Pair(offer.key(), answerToOther(offer)));
      }
    }
    return answers;
  }

  /** A key that only a login may negotiate is rejected, any other is not understood. */
  private static String answerToOther(Pair offer) {
    Pair answer = new Negotiation(false, true).answer(offer);
    boolean unknown = answer != null && answer.value().equals(Negotiation.NOT_UNDERSTOOD);
    return unknown ? Negotiation.NOT_UNDERSTOOD : Negotiation.REJECT;
  }

  private void sendTargets(String which, List<Pair> answers) {
    if (which.equals(ALL) && own != null) {
      answers.add(new Pair("SendTargets", Negotiation.REJECT));
      return;
    }
    List<String> names = new ArrayList<>();
    if (which.equals(ALL)) {
      names.addAll(targets.names(initiator, from));
    } else if (which.isEmpty() && own != null) {
      names.add(own.name());
    } else {
      ServedTarget named = targets.find(which);
      if (named != null && named.rule(initiator, from) != null) {
        names.add(named.name());
      }
    }
    for (String name : names) {
      answers.add(new Pair("TargetName", name));
      addresses.get().forEach(address -> answers.add(new Pair("TargetAddress", address)));
    }
  }
}
