package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.pdu.Digest;
import io.everwhen.target.pdu.TextKeys.Pair;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NegotiationTest {

  private final Negotiation negotiation = new Negotiation(false, true);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HeaderDigest|CRC32C,None|CRC32C",
        "HeaderDigest|None,CRC32C|None",
        "DataDigest|MD5,CRC32C|CRC32C",
        "DataDigest|MD5|Reject",
        "MaxConnections|1|1",
        "MaxConnections|4|4",
        "MaxConnections|65535|8",
        "MaxConnections|0|Reject",
        "InitialR2T|Yes|Yes",
        "InitialR2T|No|No",
        "InitialR2T|Perhaps|Reject",
        "ImmediateData|No|No",
        "ImmediateData|Yes|Yes",
        "MaxBurstLength|262144|262144",
        "MaxBurstLength|0x40000|262144",
        "MaxBurstLength|511|Reject",
        "MaxBurstLength|99999999999999999999|Reject",
        "FirstBurstLength|16777215|262144",
        "MaxOutstandingR2T|1|1",
        "MaxOutstandingR2T|65535|8",
        "DefaultTime2Wait|0|2",
        "DefaultTime2Retain|20|0",
        "ErrorRecoveryLevel|2|0",
        "ErrorRecoveryLevel|3|Reject",
        "DataPDUInOrder|No|Yes",
        "DataSequenceInOrder|No|Yes",
        "IFMarker|Yes|No",
        "OFMarkInt|2048|Irrelevant",
        "iSCSIProtocolLevel|2|1",
        "TaskReporting|FastAbort,RFC3720|RFC3720",
        "X-com.example.key|1|NotUnderstood",
        "Whatever|1|NotUnderstood",
        "X#NodeArchitecture|1|NotUnderstood",
        "TaskReporting|FastAbort|Reject",
        "ErrorRecoveryLevel|1|0",
        "SendTargets|All|Reject",
        "TargetPortalGroupTag|1|Reject",
      })
  void answersAsTheRfcSays(String key, String offer, String answer) {
    assertThat(negotiation.answer(new Pair(key, offer))).isEqualTo(new Pair(key, answer));
  }

  @Test
  void keepsWhatWasAgreed() {
    assertThat(offer("MaxRecvDataSegmentLength", "65536")).isNull();
    offer("MaxBurstLength", "8192");
    offer("FirstBurstLength", "65536");
    offer("ImmediateData", "No");
    offer("HeaderDigest", "CRC32C");
    SessionParameters agreed = negotiation.session();
    assertThat(agreed.burstBytesMax()).isEqualTo(8192);
    assertThat(agreed.firstBurstBytesMax()).as("never more than MaxBurstLength").isEqualTo(8192);
    assertThat(agreed.immediateData()).isFalse();
    assertThat(agreed.initialR2t()).as("the default").isTrue();
    assertThat(agreed.connectionsMax()).as("the default").isEqualTo(1);
    ConnectionParameters own = negotiation.connection();
    assertThat(own.sendSegmentBytesMax()).isEqualTo(65536);
    assertThat(own.headerDigest()).isEqualTo(Digest.CRC32C);
    assertThat(own.dataDigest()).isEqualTo(Digest.NONE);
  }

  @Test
  void keysOfTheSessionAreNotNegotiatedAgainByALaterConnection() {
    Negotiation joining = new Negotiation(false, false);
    for (String key : List.of("MaxConnections", "MaxBurstLength", "ErrorRecoveryLevel")) {
      assertThat(joining.answer(new Pair(key, "1"))).isEqualTo(new Pair(key, "Reject"));
    }
    assertThat(joining.answer(new Pair("HeaderDigest", "CRC32C")))
        .isEqualTo(new Pair("HeaderDigest", "CRC32C"));
  }

  private @Nullable Pair offer(String key, String value) {
    return negotiation.answer(new Pair(key, value));
  }
}
