package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import io.everwhen.target.testing.Program;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CHAP and access lists as initiators of other people see them: libiscsi's tools, and QEMU's. */
class RealChapTest {

  private static final String LIBISCSI_PACKAGE = "libiscsi-bin";
  private static final String QEMU_PACKAGES = "qemu-utils qemu-block-extra";
  private static final String ONE_WAY = "iqn.2026-11.io.everwhen:one-way";
  private static final String MUTUAL = "iqn.2026-11.io.everwhen:mutual";
  private static final String ELSEWHERE = "iqn.2026-11.io.everwhen:elsewhere";
  private static final Credentials.Account ALICE =
      new Credentials.Account("alice", Secret.of("first-secret"));
  private static final Credentials.Account TARGET =
      new Credentials.Account("everwhen", Secret.of("second-secret"));

  private MemoryPortal portal;

  @BeforeEach
  void start() throws IOException {
    portal = new MemoryPortal(new MemoryDisk(1 << 20));
    add(ONE_WAY, new Access(List.of(), List.of(), new Credentials(ALICE, null)));
    add(MUTUAL, new Access(List.of(), List.of(), new Credentials(ALICE, TARGET)));
    add(ELSEWHERE, new Access(List.of(), List.of(Network.parse("192.0.2.0/24")), null));
  }

  private void add(String name, Access access) {
    portal.add(name, new MemoryDisk(1 << 20), access);
  }

  @AfterEach
  void stop() throws IOException {
    portal.close();
  }

  @ParameterizedTest
  @CsvSource({
    "one-way,   '',                  false",
    "one-way,   alice%first-secret@, true",
    "one-way,   alice%wrong-secret@, false",
    "one-way,   bob%first-secret@,   false",
    "mutual,    alice%first-secret@, true",
    "elsewhere, '',                  false",
  })
  void qemuOpensTheDiskIfAndOnlyIfItMay(String disk, String account, boolean admitted)
      throws Exception {
    Program image = Program.require("qemu-img", QEMU_PACKAGES);
    Program.Result result = image.run("info", "-f", "raw", url(disk, account));
    assertThat(result.exitCode() == 0).as(result.output()).isEqualTo(admitted);
  }

  /** QEMU knows no account of the target's. */
  @ParameterizedTest
  @CsvSource({
    "one-way, first-secret, second-secret,  false",
    "mutual,  first-secret, second-secret,  true",
    "mutual,  first-secret, another-secret, false",
    "mutual,  wrong-secret, second-secret,  false",
  })
  void libiscsiAsksTheTargetForProof(String disk, String secret, String mutual, boolean admitted)
      throws Exception {
    Program inq = Program.require("iscsi-inq", LIBISCSI_PACKAGE);
    String arguments = "?target_user=everwhen&target_password=" + mutual;
    Program.Result result = inq.run(url(disk, "alice%" + secret + "@") + arguments);
    assertThat(result.exitCode() == 0).as(result.output()).isEqualTo(admitted);
  }

  private String url(String disk, String account) throws IOException {
    return portal.url("iqn.2026-11.io.everwhen:" + disk).replace("iscsi://", "iscsi://" + account);
  }

  @Test
  void aTargetThatTheInitiatorMayNotUseIsNotDiscovered() throws Exception {
    Program ls = Program.require("iscsi-ls", LIBISCSI_PACKAGE);
    assertThat(ls.run(portal.portalUrl()).output())
        .contains(MemoryPortal.NAME, ONE_WAY, MUTUAL)
        .doesNotContain(ELSEWHERE);
  }

  @Test
  void discoveryAsksForProof() throws Exception {
    Program ls = Program.require("iscsi-ls", LIBISCSI_PACKAGE);
    portal.targets().discoveryCredentials(new Credentials(ALICE, null));
    String url = portal.portalUrl();
    assertThat(ls.run(url).output()).doesNotContain(MemoryPortal.NAME);
    assertThat(ls.run(url.replace("iscsi://", "iscsi://alice%wrong-secret@")).output())
        .doesNotContain(MemoryPortal.NAME);
    assertThat(ls.run(url.replace("iscsi://", "iscsi://alice%first-secret@")).output())
        .contains(MemoryPortal.NAME);
  }
}
