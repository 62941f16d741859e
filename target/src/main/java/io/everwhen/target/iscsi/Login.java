package io.everwhen.target.iscsi;

import static io.everwhen.target.iscsi.LoginAnswer.FULL_FEATURE_PHASE;
import static io.everwhen.target.iscsi.LoginAnswer.OPERATIONAL_NEGOTIATION;
import static io.everwhen.target.iscsi.LoginAnswer.SECURITY_NEGOTIATION;

import io.everwhen.target.iscsi.LoginAnswer.Admission;
import io.everwhen.target.iscsi.LoginAnswer.Complete;
import io.everwhen.target.iscsi.LoginAnswer.Continue;
import io.everwhen.target.iscsi.LoginAnswer.Refused;
import io.everwhen.target.pdu.ProtocolException;
import io.everwhen.target.pdu.TextKeys;
import io.everwhen.target.pdu.TextKeys.Pair;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The login of one connection, RFC 7143 section 6.3: requests in, answers out; no sockets, no
 * clock. Where the target, or discovery, has {@link Credentials}, nothing gets past the security
 * stage without {@link Chap}.
 */
final class Login {

  private static final int VERSION = 0;
  private static final int NO_STAGE = -1;
  private static final int RESERVED_STAGE = 2;

  private static final String CHAP = "CHAP";
  private static final String NONE = "None";
  private static final String CHAP_KEYS = "CHAP_";

  private final Targets targets;
  private final LoginFailures failures;
  private final InetAddress from;
  private final int portalGroup;
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();

  private int textBytes;
  private int stage = NO_STAGE;
  private boolean introduced;
  private boolean segmentDeclared;
  private @Nullable String initiator;
  private @Nullable String targetName;
  private @Nullable ServedTarget target;
  private @Nullable AccessRule rule;
  private boolean unmade; // the target is made when this login is complete
  private boolean discovery;
  private @Nullable Credentials credentials;
  private @Nullable Chap chap;
  private boolean methodChosen;
  private boolean proven;
  private @Nullable Negotiation negotiation;

  /**
   * @param failures of all peers; a wrong secret is added here
   * @param from the peer's address
   * @param portalGroup tag of the portal group that it has come to
   */
  Login(Targets targets, LoginFailures failures, InetAddress from, int portalGroup) {
    this.portalGroup = portalGroup;
    this.targets = targets;
    this.failures = failures;
    this.from = from;
  }

  /** Takes the next request. After {@link Complete} or {@link Refused} there is none. */
  LoginAnswer step(LoginRequest request) {
    Refused malformed = checkStages(request);
    if (malformed != null) {
      return malformed;
    }
    // Of all requests together: what they negotiate is kept until the login ends.
    textBytes += request.text().remaining();
    if (textBytes > Limits.TEXT_BYTES_MAX) {
      return new Refused(
          LoginStatus.INITIATOR_ERROR, "more login text than " + Limits.TEXT_BYTES_MAX + " bytes");
    }
    text.writeBytes(bytes(request.text()));
    if (request.more()) {
      return new Continue(false, stage, 0, List.of());
    }
    List<Pair> offers;
    try {
      offers = TextKeys.decode(ByteBuffer.wrap(text.toByteArray()));
    } catch (ProtocolException e) {
      return new Refused(LoginStatus.INITIATOR_ERROR, "login text: " + e.getMessage());
    }
    text.reset();
    return take(request, offers);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(buffer.position(), bytes);
    return bytes;
  }

  private @Nullable Refused checkStages(LoginRequest request) {
    if (stage == NO_STAGE) {
      if (request.versionMin() > VERSION) {
        return new Refused(LoginStatus.UNSUPPORTED_VERSION, "version " + request.versionMin());
      }
      stage = request.currentStage();
    }
    boolean valid =
        request.currentStage() == stage
            && stage <= OPERATIONAL_NEGOTIATION
            && !(request.transit() && request.more())
            && !(request.transit()
                && (request.nextStage() <= stage || request.nextStage() == RESERVED_STAGE));
    return valid ? null : new Refused(LoginStatus.INITIATOR_ERROR, "login stages out of order");
  }

  private LoginAnswer take(LoginRequest request, List<Pair> offers) {
    List<Pair> answers = new ArrayList<>();
    if (!introduced) {
      Refused stranger = introduce(offers);
      if (stranger != null) {
        return stranger;
      }
      introduced = true;
      if (!discovery) {
        answers.add(new Pair("TargetPortalGroupTag", Integer.toString(portalGroup)));
      }
    }
    boolean begun = chap != null;
    Map<String, String> chapKeys = new HashMap<>();
    Negotiation keys =
        negotiation == null ? new Negotiation(discovery, request.tsih() == 0) : negotiation;
    negotiation = keys;
    for (Pair offer : offers) {
      Refused refused =
          chap != null && offer.key().startsWith(CHAP_KEYS)
              ? collect(offer, chapKeys)
              : answer(keys, offer, answers);
      if (refused != null) {
        return refused;
      }
    }
    Refused unproven = authenticate(request, begun, chapKeys, answers);
    if (unproven != null) {
      return unproven;
    }
    if (stage == OPERATIONAL_NEGOTIATION && !segmentDeclared) {
      segmentDeclared = true;
      String bytes = Integer.toString(Limits.RECEIVE_SEGMENT_BYTES_MAX);
      answers.add(new Pair(Negotiation.MAX_RECV_DATA_SEGMENT_LENGTH, bytes));
    }
    return advance(request, keys, answers);
  }

  /** Takes the keys that say who asks for what, which the first request has to have. */
  private @Nullable Refused introduce(List<Pair> offers) {
    String type = "Normal";
    for (Pair offer : offers) {
      switch (offer.key()) {
        case "InitiatorName" -> initiator = offer.value();
        case "TargetName" -> targetName = offer.value();
        case "SessionType" -> type = offer.value();
        default -> {}
      }
    }
    discovery = type.equals("Discovery");
    if (!discovery && !type.equals("Normal")) {
      return new Refused(LoginStatus.SESSION_TYPE_NOT_SUPPORTED, "SessionType=" + type);
    }
    String name = initiator;
    if (name == null || name.isEmpty() || name.length() > Target.NAME_CHARACTERS_MAX) {
      return new Refused(LoginStatus.MISSING_PARAMETER, "no InitiatorName");
    }
    if (discovery) {
      credentials = targets.discoveryCredentials();
      return null;
    }
    String wanted = targetName;
    if (wanted == null || wanted.isEmpty()) {
      return new Refused(LoginStatus.MISSING_PARAMETER, "no TargetName");
    }
    ServedTarget found = targets.find(wanted);
    if (found == null) {
      found = targets.offered(wanted);
      unmade = found != null;
    }
    if (found == null) {
      return notFound();
    }
    AccessRule admitting = found.rule(name, from);
    if (admitting == null) {
      return new Refused(
          LoginStatus.AUTHORIZATION_FAILURE, name + " may not use " + wanted + " from there");
    }
    if (unmade && admitting.luns().units().isEmpty()) {
      return notFound(); // there will be nothing for it there
    }
    target = found;
    rule = admitting;
    credentials = admitting.access().credentials();
    return null;
  }

  private Refused notFound() {
    return new Refused(LoginStatus.NOT_FOUND, "no target " + targetName);
  }

  private static @Nullable Refused collect(Pair offer, Map<String, String> chapKeys) {
    return chapKeys.put(offer.key(), offer.value()) == null
        ? null
        : new Refused(LoginStatus.INITIATOR_ERROR, offer.key() + " twice");
  }

  /** Goes on with CHAP; null unless the login ends here. */
  private @Nullable Refused authenticate(
      LoginRequest request, boolean begun, Map<String, String> chapKeys, List<Pair> answers) {
    if (credentials == null) {
      return null;
    }
    Chap exchange = chap;
    if (exchange == null) {
      return request.transit() || stage != SECURITY_NEGOTIATION
          ? new Refused(LoginStatus.AUTHENTICATION_FAILURE, "it does not offer CHAP")
          : null;
    }
    boolean due = begun && !proven;
    if (!due && chapKeys.isEmpty()) {
      return null;
    }
    if (failures.blocked(from)) {
      return new Refused(LoginStatus.SERVICE_UNAVAILABLE, "too many failed logins from there");
    }
    return switch (exchange.step(chapKeys)) {
      case Chap.Answer.Challenge challenge -> {
        answers.addAll(challenge.keys());
        yield null;
      }
      case Chap.Answer.Passed passed -> {
        answers.addAll(passed.keys());
        proven = true;
        yield null;
      }
      case Chap.Answer.Failed failed -> {
        failures.failed(from);
        yield new Refused(LoginStatus.AUTHENTICATION_FAILURE, failed.reason());
      }
    };
  }

  private @Nullable Refused chooseMethod(String offered, List<Pair> answers) {
    Credentials asked = credentials;
    String method = asked == null ? NONE : CHAP;
    if (methodChosen) {
      return new Refused(LoginStatus.INITIATOR_ERROR, "AuthMethod negotiated twice");
    }
    if (!List.of(offered.split(",", -1)).contains(method)) {
      return new Refused(
          LoginStatus.AUTHENTICATION_FAILURE, "AuthMethod=" + offered + " has no " + method);
    }
    methodChosen = true;
    chap = asked == null ? null : new Chap(asked, targets.random());
    answers.add(new Pair("AuthMethod", method));
    return null;
  }

  private @Nullable Refused answer(Negotiation keys, Pair offer, List<Pair> answers) {
    switch (offer.key()) {
      case "InitiatorName", "TargetName", "SessionType", "InitiatorAlias" -> {}
      case "AuthMethod" -> {
        return chooseMethod(offer.value(), answers);
      }
      default -> {
        if (keys.repeats(offer)) {
          return new Refused(
              LoginStatus.INITIATOR_ERROR, "key " + offer.key() + " negotiated twice");
        }
        Pair answer = keys.answer(offer);
        if (answer != null) {
          answers.add(answer);
        }
      }
    }
    return null;
  }

  private LoginAnswer advance(LoginRequest request, Negotiation keys, List<Pair> answers) {
    int current = stage;
    if (!request.transit() || (credentials != null && !proven)) {
      return new Continue(false, current, 0, answers);
    }
    stage = request.nextStage();
    if (stage != FULL_FEATURE_PHASE) {
      return new Continue(true, current, stage, answers);
    }
    if (unmade) {
      target = targets.open(Objects.requireNonNull(target, "offered"));
      if (target == null) {
        return notFound();
      }
    }
    String name = Objects.requireNonNull(initiator, "introduced without a name");
    return new Complete(
        current,
        answers,
        new Admission(
            name,
            target,
            rule,
            request.isid(),
            request.tsih(),
            request.connectionId(),
            keys.session(),
            keys.connection()));
  }
}
