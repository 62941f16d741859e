package io.everwhen.target.iscsi;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.iscsi.LoginAnswer.Complete;
import io.everwhen.target.iscsi.LoginAnswer.Continue;
import io.everwhen.target.iscsi.LoginAnswer.Refused;
import io.everwhen.target.pdu.TextKeys.Pair;
import io.everwhen.target.scsi.DiskIdentity;
import io.everwhen.target.testing.MemoryDisk;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations with a target that asks who is there. */
class AuthenticationTest {

  private static final String NAME = "iqn.2026-11.io.everwhen:disk0";
  private static final String WHO = "InitiatorName=iqn.2026-11.test:one\0";
  private static final String WHERE = "TargetName=" + NAME + "\0";
  private static final String DISCOVERY = "SessionType=Discovery\0";
  private static final Secret SECRET = Secret.of("a secret of 23 letters.");
  private static final Secret WRONG = Secret.of("a secret of 23 letters!");

  private final AtomicLong nanos = new AtomicLong();
  private final LoginFailures failures = new LoginFailures(nanos::get);
  private final InetAddress peer = InetAddress.ofLiteral("192.0.2.1");
  private final Targets targets = new Targets(new SplittableRandom(1));
  private final Login login = login();

  AuthenticationTest() {
    serve(new Access(List.of(), List.of(), Credentials.oneWay("alice", SECRET)));
  }

  private void serve(Access access) {
    targets.remove(NAME);
    targets.add(new Target(NAME, DiskIdentity.of(NAME), new MemoryDisk(1 << 20), access));
  }

  private Login login() {
    return new Login(targets, failures, peer, 1);
  }

  @Test
  void theRightSecretLeadsToFullFeaturePhase() throws Exception {
    Continue proven = (Continue) prove(login, WHO + WHERE, "alice", SECRET);
    assertThat(proven.transit()).isTrue();
    Complete complete = (Complete) login.step(request(true, 1, 3, "InitialR2T=No\0"));
    assertThat(complete.admission().target()).isSameAs(targets.find(NAME));
  }

  @Test
  void theWrongSecretOrUserIsRefused() throws Exception {
    assertRefused(prove(login, WHO + WHERE, "alice", WRONG), LoginStatus.AUTHENTICATION_FAILURE);
    assertRefused(prove(login(), WHO + WHERE, "bob", SECRET), LoginStatus.AUTHENTICATION_FAILURE);
  }

  @Test
  void discoveryAsksForItsOwn() throws Exception {
    assertThat(login.step(request(true, 1, 3, WHO + DISCOVERY))).isInstanceOf(Complete.class);
    targets.discoveryCredentials(Credentials.oneWay("finder", SECRET));
    assertRefused(
        login().step(request(true, 1, 3, WHO + DISCOVERY)), LoginStatus.AUTHENTICATION_FAILURE);
    assertRefused(
        prove(login(), WHO + DISCOVERY, "finder", WRONG), LoginStatus.AUTHENTICATION_FAILURE);
    Login right = login();
    assertThat(prove(right, WHO + DISCOVERY, "finder", SECRET)).isInstanceOf(Continue.class);
    assertThat(right.step(request(true, 1, 3, ""))).isInstanceOf(Complete.class);
  }

  /** Stage to stage, with these texts: none of them gets in. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "1>3 ",
        "0>3 ",
        "0>1 ",
        "0>3 AuthMethod=None",
        "0>1 AuthMethod=None",
        "0>0 AuthMethod=None,KRB5",
        "0>0 AuthMethod=CHAP|0>3 ",
        "0>0 AuthMethod=CHAP|0>0 AuthMethod=None",
        "0>0 AuthMethod=CHAP|0>0 CHAP_A=5|0>3 ",
        "0>0 AuthMethod=CHAP|0>0 CHAP_A=5|0>1 CHAP_N=alice",
        "0>0 AuthMethod=CHAP|0>0 CHAP_A=5|0>1 CHAP_N=alice CHAP_R=0x00",
        "0>0 AuthMethod=CHAP|0>0 CHAP_A=5 CHAP_A=7",
        "0>0 AuthMethod=CHAP|0>0 CHAP_A=5|1>3 ",
        "0>0 AuthMethod=CHAP|0>1 CHAP_N=alice CHAP_R=0x00",
      })
  void thereIsNoWayAround(String conversation) {
    String introduction = WHO + WHERE;
    LoginAnswer answer = new Continue(false, 0, 0, List.of());
    for (String step : conversation.split("\\|", -1)) {
      assertThat(answer).as(step).isInstanceOf(Continue.class);
      assertThat(((Continue) answer).transit()).isFalse();
      int from = step.charAt(0) - '0';
      int to = step.charAt(2) - '0';
      String keys = step.substring(4).replace(' ', '\0') + "\0";
      answer = login.step(request(to > 0, from, to, introduction + keys));
      introduction = "";
    }
    assertThat(answer).isInstanceOf(Refused.class);
  }

  @Test
  void aTransitBeforeTheProofIsPutOff() {
    Continue method =
        (Continue) login.step(request(true, 0, 1, WHO + WHERE + "AuthMethod=CHAP,None\0"));
    assertThat(method.transit()).isFalse();
    assertThat(method.keys()).contains(new Pair("AuthMethod", "CHAP"));
  }

  @Test
  void onlyTheInitiatorsOfTheListAreLetIn() {
    serve(
        new Access(
            List.of("iqn.2026-11.test:o*", "iqn.2026-11.test:Two"),
            List.of(Network.parse("192.0.2.0/24")),
            null));
    assertThat(login.step(request(true, 1, 3, WHO + WHERE))).isInstanceOf(Complete.class);
    assertThat(login().step(request(true, 1, 3, WHO.replace("one", "TWO") + WHERE)))
        .isInstanceOf(Complete.class);
    assertRefused(
        login().step(request(true, 1, 3, WHO.replace("one", "three") + WHERE)),
        LoginStatus.AUTHORIZATION_FAILURE);
    Login elsewhere = new Login(targets, failures, InetAddress.ofLiteral("192.0.3.1"), 1);
    assertRefused(
        elsewhere.step(request(true, 1, 3, WHO + WHERE)), LoginStatus.AUTHORIZATION_FAILURE);
  }

  @Test
  void guessesOfOneAddressAreLimited() throws Exception {
    for (int i = 0; i < Limits.FAILED_LOGINS_MAX; i++) {
      assertRefused(
          prove(login(), WHO + WHERE, "alice", WRONG), LoginStatus.AUTHENTICATION_FAILURE);
    }
    assertRefused(begin(login(), WHO + WHERE), LoginStatus.SERVICE_UNAVAILABLE);
    Login neighbour = new Login(targets, failures, InetAddress.ofLiteral("192.0.2.2"), 1);
    assertThat(prove(neighbour, WHO + WHERE, "alice", SECRET)).isInstanceOf(Continue.class);
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(Limits.FAILED_LOGIN_SECONDS));
    assertThat(prove(login(), WHO + WHERE, "alice", SECRET)).isInstanceOf(Continue.class);
  }

  private static void assertRefused(LoginAnswer answer, LoginStatus status) {
    assertThat(answer)
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.status()).isEqualTo(status));
  }

  /** Up to the challenge. */
  private static LoginAnswer begin(Login login, String introduction) {
    login.step(request(false, 0, 0, introduction + "AuthMethod=CHAP,None\0"));
    return login.step(request(false, 0, 0, "CHAP_A=5\0"));
  }

  private static LoginAnswer prove(Login login, String introduction, String user, Secret secret)
      throws Exception {
    Continue begun = (Continue) begin(login, introduction);
    Map<String, String> challenge = new HashMap<>();
    begun.keys().forEach(pair -> challenge.put(pair.key(), pair.value()));
    StringBuilder text = new StringBuilder();
    ChapTest.proof(challenge, "MD5", user, secret)
        .forEach((key, value) -> text.append(key).append('=').append(value).append('\0'));
    return login.step(request(true, 0, 1, text.toString()));
  }

  private static LoginRequest request(boolean transit, int current, int next, String text) {
    return new LoginRequest(
        transit, false, current, next, 0, 1, 0, 0, ByteBuffer.wrap(text.getBytes(UTF_8)));
  }
}
