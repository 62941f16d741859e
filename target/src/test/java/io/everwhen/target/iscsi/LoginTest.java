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
import java.util.List;
import org.junit.jupiter.api.Test;

class LoginTest {

  private static final String NAME = "iqn.2026-11.io.everwhen:disk0";
  private static final String WHO = "InitiatorName=iqn.2026-11.test:one\0";
  private static final String WHERE = "TargetName=" + NAME + "\0";

  private final Targets targets = new Targets();
  private final Login login;

  LoginTest() {
    targets.add(new Target(NAME, DiskIdentity.of(NAME), new MemoryDisk(1 << 20)));
    login = login();
  }

  private Login login() {
    return new Login(targets, new LoginFailures(() -> 0), InetAddress.getLoopbackAddress(), 1);
  }

  @Test
  void aLoginInTwoStagesEndsInFullFeaturePhase() {
    LoginAnswer first =
        login.step(request(true, 0, 1, WHO + WHERE + "SessionType=Normal\0AuthMethod=CHAP,None\0"));
    assertThat(first).isInstanceOf(Continue.class);
    Continue security = (Continue) first;
    assertThat(security.transit()).isTrue();
    assertThat(security.nextStage()).isEqualTo(1);
    assertThat(security.keys())
        .contains(new Pair("AuthMethod", "None"), new Pair("TargetPortalGroupTag", "1"));

    Complete complete =
        (Complete) login.step(request(true, 1, 3, "MaxBurstLength=16776192\0InitialR2T=No\0"));
    assertThat(complete.keys())
        .contains(
            new Pair("MaxBurstLength", Integer.toString(Limits.BURST_BYTES_MAX)),
            new Pair("InitialR2T", "No"),
            new Pair(
                "MaxRecvDataSegmentLength", Integer.toString(Limits.RECEIVE_SEGMENT_BYTES_MAX)));
    assertThat(complete.admission().target()).isSameAs(targets.find(NAME));
    assertThat(complete.admission().parameters().initialR2t()).isFalse();
  }

  @Test
  void aLoginMayStartWithOperationalKeys() {
    assertThat(login.step(request(true, 1, 3, WHO + WHERE))).isInstanceOf(Complete.class);
  }

  @Test
  void textMayComeInPieces() {
    LoginRequest first = new LoginRequest(false, true, 1, 0, 0, 1, 0, 0, text(WHO + "TargetNa"));
    assertThat(login.step(first)).isEqualTo(new Continue(false, 1, 0, List.of()));
    assertThat(login.step(request(true, 1, 3, "me=" + NAME + "\0"))).isInstanceOf(Complete.class);
  }

  @Test
  void discoveryNeedsNoTarget() {
    Complete complete =
        (Complete)
            login.step(request(true, 1, 3, WHO + "SessionType=Discovery\0MaxConnections=1\0"));
    assertThat(complete.admission().target()).isNull();
    assertThat(complete.keys()).contains(new Pair("MaxConnections", "Irrelevant"));
  }

  @Test
  void whatIsMissingOrWrongIsRefusedWithItsStatus() {
    assertRefused(WHERE, LoginStatus.MISSING_PARAMETER);
    assertRefused(WHO, LoginStatus.MISSING_PARAMETER);
    assertRefused(WHO + "TargetName=iqn.2026-11.io.everwhen:other\0", LoginStatus.NOT_FOUND);
    assertRefused(WHO + WHERE + "SessionType=Strange\0", LoginStatus.SESSION_TYPE_NOT_SUPPORTED);
    assertRefused(WHO + WHERE + "AuthMethod=CHAP\0", LoginStatus.AUTHENTICATION_FAILURE);
    assertRefused(
        WHO + WHERE + "MaxBurstLength=512\0MaxBurstLength=512\0", LoginStatus.INITIATOR_ERROR);
    assertRefused("nonsense", LoginStatus.INITIATOR_ERROR);
  }

  private void assertRefused(String text, LoginStatus status) {
    LoginAnswer answer = login().step(request(true, 1, 3, text));
    assertThat(answer)
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.status()).isEqualTo(status));
  }

  @Test
  void stagesOutOfOrderAreRefused() {
    for (int[] stages : new int[][] {{1, 0}, {1, 1}, {0, 2}, {3, 3}, {2, 3}}) {
      LoginAnswer answer = login().step(request(true, stages[0], stages[1], WHO + WHERE));
      assertThat(answer).isInstanceOf(Refused.class);
    }
    login.step(request(true, 0, 1, WHO + WHERE));
    assertThat(login.step(request(true, 0, 1, ""))).isInstanceOf(Refused.class);
  }

  @Test
  void aNewerVersionIsRefused() {
    LoginRequest request = new LoginRequest(true, false, 1, 3, 1, 1, 0, 0, text(WHO + WHERE));
    assertThat(login.step(request)).isInstanceOf(Refused.class);
  }

  @Test
  void endlessTextIsRefused() {
    LoginRequest request = new LoginRequest(false, true, 1, 0, 0, 1, 0, 0, text("x".repeat(8192)));
    LoginAnswer answer = login.step(request);
    for (int i = 0; i < Limits.TEXT_BYTES_MAX / 8192; i++) {
      answer = login.step(request);
    }
    assertThat(answer).isInstanceOf(Refused.class);
  }

  @Test
  void textOverManyRequestsIsLimitedToo() {
    LoginAnswer answer = login.step(request(false, 1, 0, WHO + WHERE));
    for (int i = 0; answer instanceof Continue && i < Limits.TEXT_BYTES_MAX / 1000; i++) {
      answer = login.step(request(false, 1, 0, "X-%060d=%1000d\0".formatted(i, i)));
    }
    assertThat(answer).isInstanceOf(Refused.class);
  }

  private static LoginRequest request(boolean transit, int current, int next, String text) {
    return new LoginRequest(transit, false, current, next, 0, 1, 0, 0, text(text));
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }
}
