package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import io.everwhen.target.testing.PausingDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EarlyRepliesTest {

  private static final int SENDS = BasicHeader.FINAL | BasicHeader.WRITE;
  private static final String WRITE_1_BLOCK_AT_0 = "2a00 00000000 00 0001 00";
  private static final String WRITE_64_BLOCKS_AT_0 = "2a00 00000000 00 0040 00";
  private static final String WRITE_1_BLOCK_AT_0_THROUGH = "2a08 00000000 00 0001 00";

  private final EarlyReplies replies = new EarlyReplies();

  @Test
  void areDueWhenEnoughWaitsForAsLongAsTheInitiatorSendsMoreMeanwhile() throws IOException {
    for (int burst = 0; burst < 100; burst++) {
      assertThat(replies.areDue(EarlyReplies.CHANGES - 1)).isFalse();
      assertThat(replies.areDue(EarlyReplies.CHANGES)).isTrue();
      replies.burstEnded(() -> 48);
    }
    assertThat(replies.areDue(EarlyReplies.CHANGES)).isTrue();
    replies.burstEnded(() -> 0);
    for (int burst = 0; burst < EarlyReplies.REST_BURSTS; burst++) {
      assertThat(replies.areDue(EarlyReplies.CHANGES)).as("burst %d", burst).isFalse();
      replies.burstEnded(() -> 48);
    }
    assertThat(replies.areDue(EarlyReplies.CHANGES)).isTrue();
  }

  @Test
  void theFirstOfManyWritesAreAnsweredWhileTheRestIsCarriedOut() throws Exception {
    assertThat(answeredWhileOneWaits(WRITE_1_BLOCK_AT_0)).isEqualTo(EarlyReplies.CHANGES);
  }

  @Test
  void manyWritesThatAreToBeFlushedAreFlushedTogether() throws Exception {
    assertThat(answeredWhileOneWaits(WRITE_1_BLOCK_AT_0_THROUGH)).isZero();
  }

  /** How many of 24 writes that come together are answered while the 20th waits. */
  private static int answeredWhileOneWaits(String write) throws Exception {
    PausingDisk disk = new PausingDisk(new MemoryDisk(1 << 20));
    try (MemoryPortal portal = new MemoryPortal(disk);
        Initiator initiator = new Initiator(portal.address())) {
      initiator.logIn();
      initiator.write(WRITE_64_BLOCKS_AT_0, ByteBuffer.allocate(64 * 512)); // has buffers grow
      disk.pauseAfter(19);
      for (int i = 0; i < 24; i++) {
        initiator.queue(
            Opcode.SCSI_COMMAND,
            ByteBuffer.allocate(512),
            header -> Initiator.fillCommand(header, write, SENDS, 512));
      }
      initiator.flush();
      disk.awaitWrite();
      int early = 0;
      if (initiator.hasArrived()) {
        for (; early < EarlyReplies.CHANGES; early++) {
          assertThat(initiator.receive().status()).isZero();
        }
        assertThat(initiator.hasArrived()).isFalse();
      }
      disk.release();
      for (int i = early; i < 24; i++) {
        assertThat(initiator.receive().status()).isZero();
      }
      return early;
    }
  }
}
