package io.everwhen.appliance.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.ConfigSource;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Past disks of a daemon: how they are asked for, who may use them, and when they end. */
class PastDisksTest {

  private static final String ADMITTED = "iqn.2026-11.test:admitted";
  private static final String OTHER = "iqn.2026-11.test:other";

  @TempDir private Path directory;
  private Appliance appliance;
  private Path file;

  @BeforeEach
  void start() throws Exception {
    LibiscsiInitiator.need();
    file = directory.resolve("everwhen.yaml");
    configure("");
    appliance =
        Appliance.start(
            new ConfigSource(file, config -> config),
            Config.read(file),
            new SystemClock(),
            new SecureRandom());
  }

  private void configure(String more) throws IOException {
    Files.writeString(
        file,
        """
        data: %s
        listen: 127.0.0.1:0
        admin: 127.0.0.1:0
        disks:
          db: {size: 1MiB, past_logins: true}
          logs: {size: 1MiB}
          own: {size: 1MiB, initiators: ["iqn.2026-11.test:adm*"]}
        targets:
          cluster:
            luns: {0: db, 1: logs}
            access:
              - {initiators: ["iqn.2026-11.test:other"], luns: {0: logs}}
              - initiators: ["iqn.2026-11.test:*"]
        limits: {past_disks: 3}
        %s
        """
            .formatted(directory.resolve("data"), more));
  }

  @AfterEach
  void stop() throws Exception {
    appliance.close();
  }

  private JsonNode ask(String method, String path, String body) throws IOException, Refusal {
    return new AdminApi(appliance).answer(method, path, body.getBytes(UTF_8));
  }

  private JsonNode open(String disk, String at, String more) throws IOException, Refusal {
    return ask("POST", "/v1/disks/" + disk + "/open", "{\"at\":\"" + at + "\"" + more + "}");
  }

  private JsonNode close(String name) throws IOException, Refusal {
    return ask("POST", "/v1/past/" + name + "/close", "{}");
  }

  private OpenDisk disk(String name) {
    return appliance.disks().stream()
        .filter(disk -> disk.disk().name().equals(new DiskName(name)))
        .findFirst()
        .orElseThrow();
  }

  /** Fills the first block of a disk; which entry that was. */
  private long fill(String name, int value) throws IOException {
    OpenDisk disk = disk(name);
    byte[] data = new byte[512];
    Arrays.fill(data, (byte) value);
    disk.group().change(() -> disk.group().volume(0).write(0, ByteBuffer.wrap(data)));
    disk.group().volume(0).flush();
    return disk.group().status().lastSequence();
  }

  private LibiscsiInitiator connect(String target, String initiator) throws InitiatorException {
    return LibiscsiInitiator.connect(
        "iscsi://%s/iqn.2026-11.io.everwhen:%s/0"
            .formatted(DaemonFile.text(appliance.portalAddress()), target),
        initiator);
  }

  private static void assertRefused(ThrowingCall call, int status, String... said) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(status))
        .satisfies(refusal -> assertThat(refusal.getMessage()).contains(said));
  }

  /** Something that may be refused. */
  private interface ThrowingCall {
    void run() throws IOException, Refusal;
  }

  @Test
  void itShowsWhatWasThereTakesNoWritesAndEndsWhenItIsClosed() throws Exception {
    long first = fill("db", 1);
    fill("db", 2);
    JsonNode opened = open("db", "seq:" + first, ",\"as\":\"then\"");
    assertThat(opened.path("name").asString()).isEqualTo("then");
    assertThat(opened.path("target").asString()).isEqualTo("iqn.2026-11.io.everwhen:then");
    assertThat(opened.path("disk").asString()).isEqualTo("db");
    assertThat(opened.path("at").asString()).isEqualTo("seq:" + first);
    assertThat(opened.path("sequence").asLong()).isEqualTo(first);
    assertThat(opened.path("size_bytes").asLong()).isEqualTo(1 << 20);
    assertThat(opened.path("portal").asString())
        .isEqualTo(DaemonFile.text(appliance.portalAddress()));
    assertThat(java.time.Instant.parse(opened.path("time").asString())).isNotNull();

    try (LibiscsiInitiator initiator = connect("then", ADMITTED)) {
      assertThat(initiator.read(0, 1)).containsOnly(1);
      fill("db", 3);
      assertThat(initiator.read(0, 1)).containsOnly(1);
      assertThatThrownBy(() -> initiator.write(0, new byte[512], false))
          .hasMessageContaining("DATA PROTECT")
          .hasMessageContaining("WRITE_PROTECTED");
      assertThat(initiator.read(0, 1)).containsOnly(1);
      initiator.flush();

      JsonNode status = ask("GET", "/v1/status", "");
      assertThat(status.path("past").path(0).path("name").asString()).isEqualTo("then");
      assertThat(status.path("targets").toString()).contains("{\"0\":\"then\"}");
      assertThat(ask("GET", "/v1/past", "").path("past").size()).isEqualTo(1);
      assertThat(close("then").path("name").asString()).isEqualTo("then");
      assertThatThrownBy(() -> initiator.read(0, 1)).isInstanceOf(InitiatorException.class);
    }
    assertThatThrownBy(() -> connect("then", ADMITTED)).isInstanceOf(InitiatorException.class);
    assertThat(ask("GET", "/v1/past", "").path("past").size()).isZero();
    assertRefused(() -> close("then"), 404, "there is no past disk or branch then; there is none");
  }

  @Test
  void thoseWhoMayNotUseTheDiskSeeNothingOfItsPast() throws Exception {
    fill("db", 1);
    fill("own", 2);
    open("db", "now", ",\"as\":\"shared\"");
    open("own", "now", ",\"as\":\"kept\"");
    try (LibiscsiInitiator initiator = connect("shared", ADMITTED)) {
      assertThat(initiator.read(0, 1)).containsOnly(1);
    }
    try (LibiscsiInitiator initiator = connect("kept", ADMITTED)) {
      assertThat(initiator.read(0, 1)).containsOnly(2);
    }
    assertThatThrownBy(() -> connect("shared", OTHER)).isInstanceOf(InitiatorException.class);
    assertThatThrownBy(() -> connect("shared", "iqn.2027-01.elsewhere:x"))
        .isInstanceOf(InitiatorException.class);
    assertThatThrownBy(() -> connect("kept", OTHER)).isInstanceOf(InitiatorException.class);
  }

  @Test
  void aReloadKeepsThemAndTheirRulesFollowThoseOfTheDisk() throws Exception {
    fill("own", 1);
    open("own", "now", ",\"as\":\"kept\"");
    try (LibiscsiInitiator initiator = connect("kept", ADMITTED)) {
      configure("retention: every instant for 1d\n");
      ask("POST", "/v1/reload", "{}");
      assertThat(initiator.read(0, 1)).containsOnly(1);
      Files.writeString(file, Files.readString(file).replace("test:adm*", "test:oth*"));
      ask("POST", "/v1/reload", "{}");
    }
    assertThatThrownBy(() -> connect("kept", ADMITTED)).isInstanceOf(InitiatorException.class);
    try (LibiscsiInitiator initiator = connect("kept", OTHER)) {
      assertThat(initiator.read(0, 1)).containsOnly(1);
    }
    Files.writeString(
        file, Files.readString(file).replace("  own:", "  kept: {size: 1MiB}\n  own:"));
    assertRefused(() -> ask("POST", "/v1/reload", "{}"), 409, "there is a past disk kept");
  }

  @Test
  void namesAndNumbersAreBounded() throws Exception {
    long sequence = fill("db", 1);
    String at = "seq:" + sequence;
    String usual = "db-at-" + sequence;
    assertThat(open("db", at, "").path("name").asString()).isEqualTo(usual);
    assertThat(open("db", at, "").path("name").asString()).isEqualTo(usual + "-2");
    assertRefused(() -> open("db", at, ",\"as\":\"logs\""), 409, "a disk or a target logs already");
    assertRefused(() -> open("db", at, ",\"as\":\"cluster\""), 409, "a target cluster already");
    assertRefused(() -> open("db", at, ",\"as\":\"" + usual + "\""), 409, "a past disk " + usual);
    assertRefused(() -> open("db", at, ",\"as\":\"A\""), 400, "lower case");
    assertRefused(() -> open("db", at, ",\"like\":\"x\""), 400, "unknown field");
    assertRefused(() -> open("dc", at, ""), 404, "there is no disk dc; did you mean db?");
    open("db", at, "");
    assertRefused(
        () -> open("db", at, ""),
        409,
        "3 past disks and branches are open",
        "past_disks",
        usual + "-3");
    close(usual);
    assertThat(open("db", at, "").path("name").asString()).isEqualTo(usual);
  }

  @Test
  void anInstantThatCannotBeIsRefusedAsARestoreRefusesIt() throws Exception {
    fill("db", 1);
    ask("POST", "/v1/disks/db/marks", "{\"name\":\"before\"}");
    assertRefused(
        () -> open("db", "yesteryear", ""), 400, "is not an instant: write a time such as");
    assertRefused(() -> open("db", "seq:99", ""), 409, "there is no entry 99 yet");
    assertRefused(() -> open("db", "2 hours ago", ""), 409, "is before the horizon");
    assertRefused(() -> open("db", "mark:bfore", ""), 409, "did you mean before?");
    assertThat(ask("GET", "/v1/past", "").path("past").size()).isZero();
    assertThat(open("db", "mark:before", "").path("at").asString()).isEqualTo("mark:before");
  }

  private int open() throws Exception {
    return ask("GET", "/v1/past", "").path("past").size();
  }

  private void awaitNoneOpen() throws Exception {
    for (int i = 0; i < 500 && open() > 0; i++) {
      Thread.sleep(20);
    }
    assertThat(open()).isZero();
  }

  @Test
  void aLoginOpensWhatItsNameSaysAndItEndsWithItsLastSession() throws Exception {
    long first = fill("db", 1);
    ask("POST", "/v1/disks/db/marks", "{\"name\":\"one\"}");
    String time = java.time.Instant.now().plusSeconds(1).toString();
    fill("db", 2);
    try (LibiscsiInitiator initiator = connect("db:seq-" + first, ADMITTED)) {
      assertThat(initiator.read(0, 1)).containsOnly(1);
      JsonNode past = ask("GET", "/v1/past", "").path("past").path(0);
      assertThat(past.path("by_login").asBoolean()).isTrue();
      assertThat(past.path("target").asString())
          .isEqualTo("iqn.2026-11.io.everwhen:db:seq-" + first);
      try (LibiscsiInitiator second = connect("DB@seq:" + first, ADMITTED + "2")) {
        assertThat(second.read(0, 1)).containsOnly(1);
        assertThat(open()).isEqualTo(1);
      }
      ask("POST", "/v1/reload", "{}");
      assertThat(initiator.read(0, 1)).containsOnly(1);
      try (LibiscsiInitiator marked = connect("db@mark-one", ADMITTED)) {
        assertThat(marked.read(0, 1)).containsOnly(1);
        assertThat(open()).isEqualTo(2);
      }
    }
    awaitNoneOpen();
    Thread.sleep(1500);
    String compact =
        time.replaceAll("\\..*|Z", "").replaceAll("[-:]", "").toLowerCase(Locale.ROOT) + "z";
    for (String name :
        new String[] {"db@now", "db:" + compact, "db:" + time.toLowerCase(Locale.ROOT)}) {
      try (LibiscsiInitiator initiator = connect(name, ADMITTED)) {
        assertThat(initiator.read(0, 1)).as(name).containsOnly(2);
      }
    }
    awaitNoneOpen();
  }

  @Test
  void aLoginOpensNothingWhereItMayNotOrCannot() throws Exception {
    long sequence = fill("db", 1);
    for (String name :
        new String[] {
          "logs:seq-0",
          "own:now",
          "nosuch:now",
          "db:seq-99",
          "db:mark-nosuch",
          "db:yesteryear",
          "db:"
        }) {
      assertThatThrownBy(() -> connect(name, ADMITTED))
          .as(name)
          .isInstanceOf(InitiatorException.class)
          .hasMessageContaining("not found");
    }
    assertThatThrownBy(() -> connect("db:now", OTHER)).hasMessageContaining("not found");
    assertThatThrownBy(() -> connect("db:now", "iqn.2027-01.elsewhere:x"))
        .isInstanceOf(InitiatorException.class);
    assertThat(open()).isZero();

    String at = "seq:" + sequence;
    for (int i = 0; i < 3; i++) {
      open("db", at, "");
    }
    assertThatThrownBy(() -> connect("db:now", ADMITTED)).hasMessageContaining("not found");
    close("db-at-" + sequence);
    try (LibiscsiInitiator initiator = connect("db:now", ADMITTED)) {
      String name = ask("GET", "/v1/past", "").path("past").path(2).path("name").asString();
      assertThat(name).isEqualTo("db-at-" + sequence);
      close(name);
      assertThatThrownBy(() -> initiator.read(0, 1)).isInstanceOf(InitiatorException.class);
    }
    try (LibiscsiInitiator initiator = connect("db:now", ADMITTED)) {
      Files.writeString(
          file, Files.readString(file).replace("past_logins: true", "past_logins: false"));
      ask("POST", "/v1/reload", "{}");
      assertThatThrownBy(() -> initiator.read(0, 1)).isInstanceOf(InitiatorException.class);
    }
    assertThatThrownBy(() -> connect("db:now", ADMITTED)).hasMessageContaining("not found");
  }

  @Test
  void aDiskStaysWhileItIsOpenAsItWas() throws Exception {
    Files.writeString(
        file,
        "data: %s\nlisten: 127.0.0.1:0\nadmin: 127.0.0.1:0\n".formatted(directory.resolve("free")));
    try (Appliance free =
        Appliance.start(
            new ConfigSource(file, config -> config),
            Config.read(file),
            new SystemClock(),
            new SecureRandom())) {
      AdminApi api = new AdminApi(free);
      api.answer(
          "POST", "/v1/disks/disk0/open", "{\"at\":\"now\",\"as\":\"then\"}".getBytes(UTF_8));
      assertRefused(
          () -> api.answer("POST", "/v1/disks/disk0/remove", "{\"force\":true}".getBytes(UTF_8)),
          409,
          "disk0 is open as it was, as then");
      assertRefused(
          () -> api.answer("POST", "/v1/disks", "{\"name\":\"then\",\"size\":512}".getBytes(UTF_8)),
          409,
          "there is a past disk then");
      api.answer("POST", "/v1/past/then/close", "{}".getBytes(UTF_8));
      api.answer("POST", "/v1/disks/disk0/remove", "{}".getBytes(UTF_8));
    }
  }
}
