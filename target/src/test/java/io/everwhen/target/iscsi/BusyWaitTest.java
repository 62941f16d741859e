package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class BusyWaitTest {

  private static final long SOON = 40_000;
  private static final long LATE = 5_000_000;

  /** A peer of which something arrives when the time has come; each look takes a microsecond. */
  private static final class Peer {
    private long now;
    private long arrivesAt = Long.MAX_VALUE;
    private long takenAt = Long.MAX_VALUE;
    private long takenFor;
    private int looks;

    private int arrived() {
      looks++;
      now += 1_000;
      if (now >= takenAt) {
        takenAt = Long.MAX_VALUE;
        now += takenFor;
      }
      return now >= arrivesAt ? 48 : 0;
    }
  }

  private final Peer peer = new Peer();
  private final Spinners spinners = new Spinners(2);
  private final BusyWait wait =
      new BusyWait(peer::arrived, spinners, new CpuLatency(), () -> peer.now);

  private int looksWhileWaiting(long arrivesIn) throws IOException {
    long start = peer.now;
    peer.arrivesAt = start + arrivesIn;
    peer.looks = 0;
    wait.await(start);
    peer.now = Math.max(peer.now, peer.arrivesAt); // sleeps for the rest
    wait.took(start, peer.now);
    return peer.looks;
  }

  @Test
  void doesNotSpinBeforeItKnowsThatThePeerIsQuick() throws IOException {
    assertThat(looksWhileWaiting(SOON)).isZero();
    assertThat(looksWhileWaiting(SOON)).isEqualTo(40);
  }

  @Test
  void stopsSpinningForAPeerThatHasBecomeSlow() throws IOException {
    looksWhileWaiting(SOON);
    assertThat(looksWhileWaiting(LATE)).isBetween(100, 102);
    assertThat(looksWhileWaiting(LATE)).isZero();
    assertThat(looksWhileWaiting(SOON)).isZero();
    assertThat(looksWhileWaiting(SOON)).isEqualTo(40);
  }

  @Test
  void sleepsWhileSomebodyElseWantsTheProcessorAndLongerEachTime() throws IOException {
    looksWhileWaiting(SOON);
    assertThat(sleepsBeforeItIsTaken()).isZero();
    assertThat(sleepsBeforeItIsTaken()).isEqualTo(3);
    assertThat(sleepsBeforeItIsTaken()).isEqualTo(5);
    assertThat(sleepsBeforeItIsTaken()).isEqualTo(10);
  }

  /** How many times it sleeps before it spins again, and is interrupted once more. */
  private int sleepsBeforeItIsTaken() throws IOException {
    peer.takenFor = 30_000;
    for (int sleeps = 0; ; sleeps++) {
      peer.takenAt = peer.now + 5_000;
      if (looksWhileWaiting(SOON) > 0) {
        assertThat(peer.looks).isEqualTo(5);
        return sleeps;
      }
    }
  }

  @Test
  void sleepsForAWhileAfterACommandThatTookLong() throws IOException {
    looksWhileWaiting(SOON);
    peer.now += 150_000; // serving
    for (int i = 0; i < 12; i++) {
      assertThat(looksWhileWaiting(SOON)).as("%d", i).isZero();
    }
    looksWhileWaiting(SOON);
    assertThat(looksWhileWaiting(SOON)).isEqualTo(40);
    peer.now += 60_000; // serving what does not take long
    assertThat(looksWhileWaiting(SOON)).isEqualTo(40);
  }

  @Test
  void takesNoBurstForACommandThatTookLong() throws IOException {
    looksWhileWaiting(SOON);
    for (int i = 0; i < 10; i++) {
      peer.now += 60_000; // serving many together
      wait.passed(peer.now);
    }
    peer.now += 60_000;
    assertThat(looksWhileWaiting(SOON)).isEqualTo(40);
  }

  @Test
  void leavesHalfOfTheProcessorsToOthers() throws IOException {
    looksWhileWaiting(SOON);
    assertThat(spinners.enter()).isTrue();
    assertThat(looksWhileWaiting(SOON)).isZero();
    spinners.leave();
    assertThat(looksWhileWaiting(SOON)).isEqualTo(40);
    assertThat(new Spinners(1).enter()).as("with one processor").isFalse();
  }
}
