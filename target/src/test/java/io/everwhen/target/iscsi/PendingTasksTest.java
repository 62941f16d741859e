package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.Initiator.Reply;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PendingTasksTest {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final String BLOCK_ERASE = "48 02 0000000000 0000 00".replace(" ", "");
  private static final String TEST_UNIT_READY = "000000000000";
  private static final int SANITIZE_IN_PROGRESS = 0x2041b;

  private MemoryPortal portal;
  private Initiator initiator;

  @BeforeEach
  void start() throws IOException {
    portal = new MemoryPortal(new MemoryDisk(1 << 20));
    initiator = new Initiator(portal.address());
    initiator.logIn();
    portal.disk().holdChanges();
  }

  @AfterEach
  void stop() throws IOException {
    portal.disk().releaseChanges();
    initiator.close();
    portal.close();
  }

  @Test
  void theConnectionGoesOnAndTheAnswerComesWhenTheTaskHasEnded() throws IOException {
    int tag = initiator.command(BLOCK_ERASE, BasicHeader.FINAL, 0, NOTHING);
    assertThat(initiator.write(TEST_UNIT_READY, NOTHING).sense()).isEqualTo(SANITIZE_IN_PROGRESS);
    portal.disk().releaseChanges();
    Reply end = initiator.receive();
    assertThat(end.header().initiatorTaskTag()).isEqualTo(tag);
    assertThat(end.status()).isZero();
    assertThat(initiator.write(TEST_UNIT_READY, NOTHING).status()).isZero();
  }

  @Test
  void anAbortedTaskEndsUnheard() throws Exception {
    int tag = initiator.command(BLOCK_ERASE, BasicHeader.FINAL, 0, NOTHING);
    initiator.send(
        Opcode.TASK_MANAGEMENT_REQUEST | 0x40,
        NOTHING,
        header -> header.flags(BasicHeader.FINAL | 1).targetTransferTag(tag));
    assertThat(initiator.receive().header().byteAt(2)).isEqualTo(TaskManagement.FUNCTION_COMPLETE);
    assertThat(initiator.write(TEST_UNIT_READY, NOTHING).sense()).isEqualTo(SANITIZE_IN_PROGRESS);
    portal.disk().releaseChanges();
    Reply ready = initiator.write(TEST_UNIT_READY, NOTHING);
    while (ready.status() != 0) {
      assertThat(ready.sense()).isEqualTo(SANITIZE_IN_PROGRESS);
      ready = initiator.write(TEST_UNIT_READY, NOTHING);
    }
    assertThat(initiator.write(TEST_UNIT_READY, NOTHING).status()).isZero();
  }

  @Test
  void aConnectionThatIsGoneIsNotMissed() throws Exception {
    initiator.command(BLOCK_ERASE, BasicHeader.FINAL, 0, NOTHING);
    assertThat(initiator.write(TEST_UNIT_READY, NOTHING).sense()).isEqualTo(SANITIZE_IN_PROGRESS);
    initiator.close();
    portal.disk().releaseChanges();
    try (Initiator other = new Initiator(portal.address())) {
      other.logIn();
      Reply ready = other.write(TEST_UNIT_READY, NOTHING);
      while (ready.status() != 0) {
        ready = other.write(TEST_UNIT_READY, NOTHING);
      }
      assertThat(ready.status()).isZero();
    }
  }
}
