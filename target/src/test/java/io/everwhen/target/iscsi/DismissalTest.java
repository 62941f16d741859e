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
@Timeout(300)
class DismissalTest {

  /** The lower half, which is enough here. */
  private static final int STAT_SN = 26;

  private static final int LOGOUT_REQUESTED = 1;
  private static final int CONNECTION_DROPPED = 2;

  /**
   * The portal waits in real time, and not for long: where the machine stands still meanwhile, an
   * attempt says nothing.
   */
  private static final int ATTEMPTS_MAX = 20;

  /** How a portal takes leave of one initiator. */
  @FunctionalInterface
  private interface Leave {
    void take(MemoryPortal portal, Initiator initiator) throws Exception;
  }

  private static void atLeastOnce(Leave leave) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try (MemoryPortal portal = new MemoryPortal(new MemoryDisk(1 << 20));
          Initiator initiator = new Initiator(portal.address())) {
        initiator.logIn();
        leave.take(portal, initiator);
        return;
      } catch (IOException | AssertionError e) {
        if (attempt == ATTEMPTS_MAX) {
          throw e;
        }
      }
    }
  }

  @Test
  void anInitiatorIsAskedToLogOutAndCanFinishFirst() throws Exception {
    atLeastOnce(DismissalTest::finishAndLogOut);
  }

  private static void finishAndLogOut(MemoryPortal portal, Initiator initiator) throws Exception {
    Thread closing = closing(portal);
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
    atLeastOnce(DismissalTest::stayUntilDropped);
  }

  private static void stayUntilDropped(MemoryPortal portal, Initiator initiator) throws Exception {
    Thread closing = closing(portal);
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
    try (MemoryPortal portal = new MemoryPortal(new MemoryDisk(1 << 20));
        Initiator stranger = new Initiator(portal.address())) {
      Thread closing = closing(portal);
      assertThatExceptionOfType(IOException.class).isThrownBy(stranger::receive);
      closing.join();
    }
  }

  private static Thread closing(MemoryPortal portal) {
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
