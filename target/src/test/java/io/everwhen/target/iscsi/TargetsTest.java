package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Geometry;
import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.scsi.DiskIdentity;
import io.everwhen.target.scsi.LogicalUnit;
import io.everwhen.target.scsi.LunMap;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.Initiator.Reply;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.PausingDisk;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Targets that change while initiators are logged in. */
@Timeout(300)
class TargetsTest {

  private static final String NAME = "iqn.2026-11.io.everwhen:changing";
  private static final String ONE = "iqn.2026-11.test:one";
  private static final String TWO = "iqn.2026-11.test:two";
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final String WRITE_1_BLOCK_AT_0 = "2a00 00000000 00 0001 00";
  private static final String READ_CAPACITY = "25000000000000000000";
  private static final int SENDS = BasicHeader.FINAL | BasicHeader.WRITE;
  private static final int LUNS_CHANGED = 0x63f0e;
  private static final int NO_SUCH_LUN = 0x52500;

  private final MemoryDisk small = new MemoryDisk(1 << 20);
  private final PausingDisk paused = new PausingDisk(new MemoryDisk(2 << 20));
  private final LogicalUnit first = unit("first", small);
  private final LogicalUnit second = unit("second", paused);
  private final Targets targets = new Targets();
  private Portal portal;
  private Initiator one;
  private Initiator two;

  private static LogicalUnit unit(String name, BlockDevice disk) {
    return new LogicalUnit(disk, DiskIdentity.of(name));
  }

  @BeforeEach
  void start() throws IOException {
    portal = new Portal(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), targets);
    portal.start();
    one = new Initiator(portal.address());
    two = new Initiator(portal.address());
  }

  @AfterEach
  void stop() throws IOException {
    one.close();
    two.close();
    portal.close();
  }

  private static Target target(AccessRule... rules) {
    return new Target(NAME, List.of(rules));
  }

  private static AccessRule rule(String initiator, LogicalUnit... units) {
    Access access = new Access(List.of(initiator), List.of(), null);
    return new AccessRule(access, map(units));
  }

  private static LunMap map(LogicalUnit... units) {
    Map<Integer, LogicalUnit> byLun = new TreeMap<>();
    for (int lun = 0; lun < units.length; lun++) {
      byLun.put(lun, units[lun]);
    }
    return new LunMap(new TreeMap<>(byLun));
  }

  private static Reply send(Initiator initiator, int lun, String cdb, int flags, ByteBuffer data)
      throws IOException {
    initiator.send(
        Opcode.SCSI_COMMAND,
        data,
        header -> {
          Initiator.fillCommand(header, cdb, flags, data.remaining());
          header.lun((long) lun << 48);
        });
    return initiator.receive();
  }

  private static int ready(Initiator initiator, int lun) throws IOException {
    Reply reply = send(initiator, lun, "000000000000", BasicHeader.FINAL, NOTHING);
    return reply.status() == 0 ? 0 : reply.sense();
  }

  private static void assertAsync(Initiator initiator, int event) throws IOException {
    Reply reply = initiator.receive();
    assertThat(reply.header().opcode()).isEqualTo(Opcode.ASYNC_MESSAGE);
    assertThat(reply.header().byteAt(36)).isEqualTo(event);
  }

  private static void assertToldOfLuns(Initiator initiator) throws IOException {
    Reply reply = initiator.receive();
    assertThat(reply.header().opcode()).isEqualTo(Opcode.ASYNC_MESSAGE);
    assertThat(reply.header().byteAt(36)).as("SCSI event").isZero();
    assertThat(reply.sense()).isEqualTo(LUNS_CHANGED);
  }

  @Test
  void theFirstRuleThatAdmitsSaysWhatIsSeen() throws IOException {
    targets.add(target(rule(ONE, second, first), rule("iqn.2026-11.test:*", first)));
    one.logInAs(ONE, NAME, 1);
    two.logInAs(TWO, NAME, 1);
    assertThat(one.read(READ_CAPACITY, 8).data().getInt(0)).isEqualTo((2 << 20) / 512 - 1);
    assertThat(ready(one, 1)).isZero();
    assertThat(two.read(READ_CAPACITY, 8).data().getInt(0)).isEqualTo((1 << 20) / 512 - 1);
    assertThat(ready(two, 1)).isEqualTo(NO_SUCH_LUN);
    try (Initiator stranger = new Initiator(portal.address())) {
      assertThat(stranger.logInAs("iqn.2026-11.other:x", NAME, 1).loginStatus())
          .isEqualTo(LoginStatus.AUTHORIZATION_FAILURE.code());
    }
  }

  @Test
  void aDiskThatIsAddedIsSeenWithoutANewLogin() throws IOException {
    targets.add(target(rule("*", first)));
    one.logInAs(ONE, NAME, 1);
    assertThat(ready(one, 1)).isEqualTo(NO_SUCH_LUN);
    targets.update(target(rule("*", first, second)));
    assertToldOfLuns(one);
    assertThat(ready(one, 0)).isEqualTo(LUNS_CHANGED);
    assertThat(ready(one, 0)).isZero();
    assertThat(one.read("a000 00000000 00000018 0000", 24).data().getInt(0)).isEqualTo(16);
    assertThat(send(one, 1, WRITE_1_BLOCK_AT_0, SENDS, ByteBuffer.allocate(512)).status()).isZero();
  }

  @Test
  void aDiskIsOnlyTakenAwayWhenItsRunningCommandHasEnded() throws Exception {
    targets.add(target(rule("*", first, second)));
    one.logInAs(ONE, NAME, 1);
    two.logInAs(TWO, NAME, 1);
    paused.pause();
    one.send(
        Opcode.SCSI_COMMAND,
        ByteBuffer.allocate(512),
        header -> {
          Initiator.fillCommand(header, WRITE_1_BLOCK_AT_0, SENDS, 512);
          header.lun(1L << 48);
        });
    paused.awaitWrite();
    CompletableFuture<Void> update =
        CompletableFuture.runAsync(() -> targets.update(target(rule("*", first))));
    assertToldOfLuns(two);
    assertThat(ready(two, 1)).isEqualTo(NO_SUCH_LUN);
    assertThat(update).isNotDone();
    paused.release();
    update.get();
    assertThat(one.receive().status()).isZero();
    Reply next = one.receive();
    assertThat(next.header().opcode()).isEqualTo(Opcode.ASYNC_MESSAGE);
    assertThat(ready(one, 1)).isEqualTo(NO_SUCH_LUN);
  }

  @Test
  void aTargetIsOnlyRemovedWhenItsRunningCommandHasEnded() throws Exception {
    targets.add(target(rule("*", second)));
    one.logInAs(ONE, NAME, 1);
    two.logInAs(TWO, NAME, 1);
    paused.pause();
    one.command(WRITE_1_BLOCK_AT_0, SENDS, 512, ByteBuffer.allocate(512));
    paused.awaitWrite();
    CompletableFuture<Void> removal = CompletableFuture.runAsync(() -> targets.remove(NAME));
    assertThatExceptionOfType(IOException.class).isThrownBy(two::receive);
    assertThat(removal).isNotDone();
    paused.release();
    removal.get();
    assertThatExceptionOfType(IOException.class).isThrownBy(one::receive);
  }

  @Test
  void whoIsNotAdmittedAnyMoreIsAskedToLogOutAndDropped() throws IOException {
    targets.add(target(rule("*", first)));
    one.logInAs(ONE, NAME, 1);
    two.logInAs(TWO, NAME, 1);
    targets.update(target(rule(TWO, first)));
    assertAsync(one, 1);
    assertAsync(one, 2);
    assertThatExceptionOfType(IOException.class).isThrownBy(one::receive);
    assertThat(ready(two, 0)).as("goes on").isZero();
    assertThat(targets.status().getFirst().sessions()).hasSize(1);
  }

  @Test
  void whoWouldHaveToProveSomethingElseIsDropped() throws IOException {
    targets.add(target(rule("*", first)));
    one.logInAs(ONE, NAME, 1);
    Credentials asked = Credentials.oneWay("user", Secret.of("a secret of some length"));
    Access access = new Access(List.of(), List.of(), asked);
    targets.update(target(new AccessRule(access, map(first))));
    assertAsync(one, 1);
    assertAsync(one, 2);
    assertThatExceptionOfType(IOException.class).isThrownBy(one::receive);
  }

  @Test
  void aRuleThatSaysTheSameDisturbsNobody() throws IOException {
    targets.add(target(rule("*", first)));
    one.logInAs(ONE, NAME, 1);
    targets.update(target(rule(TWO, second), rule(ONE, first)));
    assertThat(ready(one, 0)).isZero();
  }

  @Test
  void aDiskThatGrowsOrBecomesReadOnlyIsNoticed() throws IOException {
    Geometry whole = small.geometry();
    small.geometry(new Geometry(512, 4096, 1024));
    targets.add(target(rule("*", unit("growing", small))));
    one.logInAs(ONE, NAME, 1);
    small.geometry(whole);
    assertThat(ready(one, 0)).isEqualTo(0x62a09);
    assertThat(one.read(READ_CAPACITY, 8).data().getInt(0)).isEqualTo(2047);
    small.readOnly(true);
    assertThat(ready(one, 0)).isEqualTo(0x62a01);
    assertThat(send(one, 0, WRITE_1_BLOCK_AT_0, SENDS, ByteBuffer.allocate(512)).sense())
        .isEqualTo(0x72700);
  }
}
