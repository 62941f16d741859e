package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a portal takes leave of its initiators. */
@Timeout(20)
class DismissalTest {

  /** The lower half, which is enough here. */
  private static final int STAT_SN = 26;

  private static final int LOGOUT_REQUESTED = 1;
  private static final int CONNECTION_DROPPED = 2;

  private final MemoryPortal portal;
  private final Initiator initiator;

  DismissalTest() throws IOException {
    portal = new MemoryPortal(new MemoryDisk(1 << 20));
    initiator = new Initiator(portal.address());
    initiator.logIn();
  }

  @Test
  void anInitiatorIsAskedToLogOutAndCanFinishFirst() throws Exception {
    Thread closing = closing();
    BasicHeader asked = initiator.receive().header();
    assertThat(asked.opcode()).isEqualTo(Opcode.ASYNC_MESSAGE);
    assertThat(asked.byteAt(36)).isEqualTo(LOGOUT_REQUESTED);
    assertThat(asked.shortAt(42)).as("seconds").isEqualTo(1);
    assertThat(initiator.write("2a00 00000000 00 0001 00", ByteBuffer.allocate(512)).status())
        .isZero();
    initiator.send(Opcode.LOGOUT_REQUEST, ByteBuffer.allocate(0), _ -> {});
    BasicHeader loggedOut = initiator.receive().header();
    assertThat(loggedOut.opcode()).isEqualTo(Opcode.LOGOUT_RESPONSE);
    assertThat(loggedOut.shortAt(STAT_SN)).isEqualTo(asked.shortAt(STAT_SN) + 2);
    closing.join();
  }

  @Test
  void oneThatDoesNotLogOutIsToldThatItIsDropped() throws Exception {
    Thread closing = closing();
    assertThat(initiator.receive().header().byteAt(36)).isEqualTo(LOGOUT_REQUESTED);
    BasicHeader dropped = initiator.receive().header();
    assertThat(dropped.opcode()).isEqualTo(Opcode.ASYNC_MESSAGE);
    assertThat(dropped.byteAt(36)).isEqualTo(CONNECTION_DROPPED);
    assertThat(dropped.shortAt(40)).as("seconds to wait").isEqualTo(Limits.RETURN_AFTER_SECONDS);
    assertThatExceptionOfType(IOException.class).isThrownBy(initiator::receive);
    closing.join();
  }

  @Test
  void onesThatAreNotLoggedInAreNotAsked() throws Exception {
    initiator.close();
    Initiator stranger = new Initiator(portal.address());
    portal.close();
    assertThatExceptionOfType(IOException.class).isThrownBy(stranger::receive);
    stranger.close();
  }

  private Thread closing() {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            portal.close();
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
