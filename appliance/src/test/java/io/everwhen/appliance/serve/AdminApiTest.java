package io.everwhen.appliance.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.HostPort;
import io.everwhen.journal.Group;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.log.SystemClock;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the management interface makes of requests that nobody should send. */
class AdminApiTest {

  private static final HostPort ANY = new HostPort("127.0.0.1", 0);

  @TempDir private Path directory;
  private Appliance appliance;

  @BeforeEach
  void start() throws Exception {
    Config config = new Config(directory, null, ANY, ANY, List.of(DiskConfig.parse("db=1MiB")));
    appliance = Appliance.start(config, new SystemClock(), new SecureRandom());
  }

  @AfterEach
  void stop() throws Exception {
    appliance.close();
  }

  private Object ask(String method, String path, String body) throws Exception {
    return new AdminApi(appliance).answer(method, path, body.getBytes(UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '`',
      value = {
        "GET    ! /                       !                                     ! 404 ! nothing at /",
        "GET    ! /v1/disks/db            !                                     ! 404 ! nothing at",
        "GET    ! /v1/disks/db/resize     !                                     ! 404 ! nothing at",
        "DELETE ! /v1/disks/db            !                                     ! 405 ! POST",
        "POST   ! /v1/status              ! {}                                  ! 405 ! GET it",
        "POST   ! /v1/disks/nosuch/resize ! {\"size\": 1048576}                 ! 404 ! no disk nosuch",
        "POST   ! /v1/disks/../resize     ! {\"size\": 1048576}                 ! 404 ! not a disk's name",
        "POST   ! /v1/disks/db/resize     !                                     ! 400 ! JSON",
        "POST   ! /v1/disks/db/resize     ! []                                  ! 400 ! expected a JSON object",
        "POST   ! /v1/disks/db/resize     ! {}                                  ! 400 ! size: expected a whole number",
        "POST   ! /v1/disks/db/resize     ! {\"size\": \"2MiB\"}                ! 400 ! size: expected a whole number",
        "POST   ! /v1/disks/db/resize     ! {\"size\": 1.5}                     ! 400 ! size: expected a whole number",
        "POST   ! /v1/disks/db/resize     ! {\"size\": 99999999999999999999}    ! 400 ! size: expected a whole number",
        "POST   ! /v1/disks/db/resize     ! {\"size\": -512}                    ! 400 ! size",
        "POST   ! /v1/disks/db/resize     ! {\"size\": 9223372036854775296}     ! 400 ! 64TiB",
        "POST   ! /v1/disks/db/resize     ! {\"size\": 512}                     ! 409 ! --force",
        "POST   ! /v1/disks/db/resize     ! {\"size\": 512, \"force\": 1}       ! 400 ! force: expected true or false",
        "POST   ! /v1/disks/db/resize     ! {\"size\": 512, \"fore\": true}     ! 400 ! unknown field 'fore'",
        "POST   ! /v1/disks/db/settings   ! {}                                  ! 400 ! nothing to set",
        "POST   ! /v1/disks/db/settings   ! {\"read_only\": null}               ! 400 ! nothing to set",
        "POST   ! /v1/disks/db/marks      ! {\"name\": 7}                       ! 400 ! expected a text",
        "POST   ! /v1/disks/db/marks      ! {\"name\": \" \"}                   ! 400 ! blank",
        "GET    ! /v1/disks/db/snapshots  !                                     ! 404 ! nothing at",
        "POST   ! /v1/disks/db/snapshots  ! {}                                  ! 400 ! name: expected a text",
        "POST   ! /v1/disks/db/snapshots  ! {\"name\": \"a\\nb\"}          ! 400 ! control characters",
        "POST   ! /v1/disks/db/snapshots  ! {\"name\": \"a\", \"at\": \"soon\"} ! 400 ! not an instant",
        "POST   ! /v1/disks/db/snapshots  ! {\"name\": \"a\", \"at\": \"seq:9\"} ! 409 ! no entry 9 yet",
        "POST   ! /v1/disks/no/snapshots  ! {\"name\": \"a\"}                   ! 404 ! no disk no",
        "POST   ! /v1/disks/db/snapshots/delete ! {\"name\": \"a\"}             ! 404 ! no snapshot 'a'",
        "POST   ! /v1/disks/db/snapshots/remove ! {\"name\": \"a\"}             ! 404 ! nothing at",
        "POST   ! /v1/disks/db/remove     ! {\"force\": true}                   ! 409 ! names db",
        "POST   ! /v1/disks               ! {\"name\": \"db\", \"size\": 512}   ! 409 ! already",
        "POST   ! /v1/disks               ! {\"name\": \"../a\", \"size\": 512} ! 400 ! not a disk's name",
        "POST   ! /v1/disks               ! {\"name\": \"a\", \"size\": 511}    ! 400 ! not a multiple",
        "POST   ! /v1/disks               ! {\"name\": \"a\", \"size\": 512, \"journal\": \"here\"} ! 400 ! absolute",
        "POST   ! /v1/disks               ! {\"name\": \"a\", \"from\": \"here\"}        ! 400 ! absolute",
        "POST   ! /v1/disks               ! {\"name\": \"a\", \"from\": \"/x\", \"size\": 512} ! 400 ! size",
        "POST   ! /v1/disks               ! {\"name\": \"a\", \"from\": \"/nosuch\"}     ! 409 ! no file or device",
        "POST   ! /v1/disks               ! {\"name\": \"db\", \"from\": \"/etc/hostname\"} ! 409 ! already",
      })
  void aRequestThatMakesNoSenseIsRefused(
      String method, String path, String body, int status, String said) {
    assertThatThrownBy(() -> ask(method, path, body == null ? "" : body))
        .isInstanceOfSatisfying(
            Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(status))
        .hasMessageContaining(said);
    assertThat(appliance.disks()).hasSize(1);
    assertThat(appliance.disks().getFirst().sizeBytes()).isEqualTo(1 << 20);
    assertThat(appliance.disks().getFirst().group().pins()).isEmpty();
  }

  @Test
  void aSnapshotOfANameThatThereIsLeavesNoMarkBehind() throws Exception {
    Group group = appliance.disks().getFirst().group();
    ask("POST", "/v1/disks/db/snapshots", "{\"name\":\"a\"}");
    long last = group.status().lastSequence();
    assertThatThrownBy(() -> ask("POST", "/v1/disks/db/snapshots", "{\"name\":\"a\"}"))
        .isInstanceOfSatisfying(
            Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(409))
        .hasMessage("there is a snapshot 'a' already");
    assertThat(group.status().lastSequence()).isEqualTo(last);
    ask("POST", "/v1/disks/db/snapshots", "{\"name\":\"b\",\"at\":\"snapshot:a\"}");
    assertThat(group.pins()).extracting(Pins.Pin::sequence).containsExactly(last, last);
    assertThatThrownBy(() -> ask("POST", "/v1/disks/db/snapshots/delete", "{\"name\":\"aa\"}"))
        .hasMessage("there is no snapshot 'aa'; did you mean a or b?");
    ask("POST", "/v1/disks/db/snapshots/delete", "{\"name\":\"a\"}");
    assertThat(group.pins()).extracting(Pins.Pin::name).containsExactly("b");
  }

  @Test
  void aDiskThatCannotBeMadeLeavesNothingBehind() throws Exception {
    String inTheWay = directory.resolve("admin.token").toString();
    assertThatThrownBy(() ->
            ask(
                "POST",
                "/v1/disks",
                "{\"name\":\"a\",\"size\":512,\"journal\":\"" + inTheWay + "\"}"))
        .isNotInstanceOf(RuntimeException.class);
    assertThat(directory.resolve("disks/a")).doesNotExist();
    ask("POST", "/v1/disks", "{\"name\":\"a\",\"size\":512}");
    assertThat(appliance.disks()).hasSize(2);
  }
}
