package io.everwhen.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.config.AdoptedDisk;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.GroupConfig;
import io.everwhen.appliance.config.HostPort;
import io.everwhen.appliance.config.PortalConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CliTest {

  private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));
  private static final Place HERE = new Place(Path.of("everwhen-data"), null);

  private final List<Object> ran = new ArrayList<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private @Nullable Exception failure;

  @Test
  void serveNeedsNothing() {
    assertThat(run("serve")).isZero();
    assertThat(served()).isEqualTo(Config.DEFAULT);
  }

  @Test
  void serveTakesEveryOption() {
    assertThat(
            run(
                "serve",
                "--data",
                "d",
                "--journal",
                "j",
                "--disk",
                "a=1GiB",
                "--disk",
                "b=512",
                "--listen",
                "[::]:1",
                "--admin",
                "127.0.0.1:0"))
        .isZero();
    assertThat(served())
        .isEqualTo(
            new Config(
                Path.of("d"),
                Path.of("j"),
                new HostPort("::", 1),
                new HostPort("127.0.0.1", 0),
                List.of(DiskConfig.parse("a=1GiB"), DiskConfig.parse("b=512"))));
  }

  @Test
  void optionsOfServeGoOverTheConfigurationFile(@TempDir Path directory) throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("c.yaml"),
            "data: d\njournal: j\ndisks:\n- {name: a, size: 1G, block_size: 4096}\n");
    assertThat(run("serve", "--config", file.toString(), "--data", "other", "--disk", "a=2G"))
        .isZero();
    assertThat(served())
        .isEqualTo(
            new Config(
                Path.of("other"),
                Path.of("j"),
                Config.DEFAULT.portals().getFirst().listen(),
                Config.DEFAULT.admin(),
                List.of(
                    new DiskConfig(new DiskName("a"), ByteSize.parse("2G"), 4096, null, null))));
  }

  @Test
  void serveLetsDisksShareAJournal() {
    assertThat(run("serve", "--disk", "a=1GiB", "--disk", "b=1GiB", "--group", "g=a,b")).isZero();
    assertThat(served().groups()).containsExactly(GroupConfig.parse("g=a,b"));
    assertThat(run("serve", "--disk", "a=1GiB", "--group", "g=a,b")).isEqualTo(2);
    assertThat(run("serve", "--disk", "a=1GiB", "--group", "g")).isEqualTo(2);
  }

  @Test
  void serveListensWhereverItIsToldTo() {
    assertThat(run("serve", "--listen", "10.0.0.1:1", "--listen", "[fd00::1]:2")).isZero();
    assertThat(served().portals())
        .containsExactly(
            new PortalConfig(new HostPort("10.0.0.1", 1)),
            new PortalConfig(new HostPort("fd00::1", 2)));
  }

  @Test
  void theDiskCommandsTakeWhatTheyNeed() {
    DiskName db = new DiskName("db");
    Path data = Path.of("everwhen-data");
    assertThat(run("disk", "list", "--json")).isZero();
    assertThat(run("disk", "add", "db=1G", "--read-only", "--data", "d")).isZero();
    assertThat(run("disk", "add", "db", "--from", "/dev/sdb", "--journal", "/j")).isZero();
    assertThat(run("disk", "resize", "db", "2GiB", "--force")).isZero();
    assertThat(run("disk", "remove", "db", "--delete-history")).isZero();
    assertThat(run("disk", "set", "--read-write", "db")).isZero();
    assertThat(run("reload", "--data", "d")).isZero();
    assertThat(ran)
        .containsExactly(
            new DiskOptions.List(data),
            new DiskOptions.Add.Empty(
                Path.of("d"), DiskConfig.parse("db=1G").withReadOnly(true), null),
            new DiskOptions.Add.Adopted(
                data, new AdoptedDisk(db, Path.of("/dev/sdb"), false, Path.of("/j"))),
            new DiskOptions.Resize(data, db, ByteSize.parse("2GiB"), true),
            new DiskOptions.Remove(data, db, false, true),
            new DiskOptions.Set(data, db, false),
            new ReloadOptions(Path.of("d")));
  }

  @ParameterizedTest
  @CsvSource({
    "disk,                                   which command? One of",
    "disk resize db,                         SIZE",
    "disk resize db -1,                      not a size",
    "disk resize db 12Q,                     not a size",
    "disk add db,                            NAME=SIZE",
    "disk add Db=1G,                         lower case",
    "disk add db=1G --from file,             its name alone",
    "disk add Db --from file,                lower case",
    "disk set db,                            --read-only or --read-write",
    "disk set db --read-only --read-write,   --read-only or --read-write",
    "disk sett db,                           did you mean",
    "snapshot,                               which command? One of",
    "snapshot create db,                     NAME",
    "snapshot pin db,                        --at",
    "snapshot list,                          DISK",
    "snapshot delete db,                     NAME"
  })
  void aCommandOfAFamilyThatMakesNoSenseIsRefused(String arguments, String said) {
    assertThat(run(arguments.split(" "))).isEqualTo(2);
    assertThat(errors()).startsWith("everwhen: ").contains(said).hasLineCount(1);
    assertThat(ran).isEmpty();
  }

  @Test
  void theSnapshotCommandsTakeWhatTheyNeed() {
    DiskName db = new DiskName("db");
    Path data = Path.of("everwhen-data");
    assertThat(run("snapshot", "create", "db", "before upgrade")).isZero();
    assertThat(run("snapshot", "pin", "db", "--at", "mark:a", "--data", "d")).isZero();
    assertThat(run("snapshot", "pin", "db", "--at", "seq:7", "--as", "b", "--json")).isZero();
    assertThat(run("snapshot", "list", "db", "--journal", "j")).isZero();
    assertThat(run("snapshot", "delete", "db", "b")).isZero();
    assertThat(ran)
        .containsExactly(
            new SnapshotOptions.Create(data, db, "before upgrade"),
            new SnapshotOptions.Pin(Path.of("d"), db, "mark:a", null),
            new SnapshotOptions.Pin(data, db, "seq:7", "b"),
            new SnapshotOptions.List(new Place(data, Path.of("j")), db),
            new SnapshotOptions.Delete(data, db, "b"));
  }

  @Test
  void theReadingCommandsTakeWhatTheyNeed() {
    DiskName disk0 = new DiskName("disk0");
    assertThat(run("status")).isZero();
    assertThat(run("status", "--data", "d", "--journal", "j", "--json")).isZero();
    assertThat(run("timeline", "disk0", "--from", "seq:1", "--to", "now")).isZero();
    assertThat(run("timeline", "disk0", "--events")).isZero();
    assertThat(run("mark", "disk0", "before upgrade")).isZero();
    assertThat(run("restore", "disk0", "--at", "10 minutes ago", "--to", "out.img", "--force"))
        .isZero();
    assertThat(run("restore", "disk0", "log", "--at=now", "--to=dir", "--in-place", "--verify"))
        .isZero();
    assertThat(run("export", "disk0", "--at=now", "--to=vm.qcow2")).isZero();
    assertThat(run("diff", "disk0", "--from", "seq:1")).isZero();
    assertThat(run("diff", "disk0", "--from=seq:1", "--to=seq:2", "--written", "--limit=5"))
        .isZero();
    assertThat(run("history", "disk0", "--lba", "7-9", "--from", "seq:1")).isZero();
    assertThat(run("history", "disk0", "--file", "//etc//fstab/")).isZero();
    assertThat(
            run(
                "history",
                "disk0",
                "--file=etc/fstab",
                "--content",
                "--partition=2",
                "--scratch=s",
                "--limit=7",
                "--to=seq:9"))
        .isZero();
    assertThat(run("diff", "disk0", "--from=seq:1", "--files", "--partition=1", "--scratch=s"))
        .isZero();
    assertThat(run("bisect", "disk0", "--good=seq:1", "--bad=now", "--", "sh", "-c", "exit 1"))
        .isZero();
    assertThat(run("prove", "disk0", "--every=1h", "--random=5", "--", "fsck")).isZero();
    assertThat(run("prove", "disk0", "--device", "--scratch=s", "--", "fsck")).isZero();
    assertThat(run("verify")).isZero();
    assertThat(run("verify", "disk0", "--data=d")).isZero();
    assertThat(ran)
        .containsExactly(
            new StatusOptions(HERE),
            new StatusOptions(new Place(Path.of("d"), Path.of("j"))),
            new TimelineOptions(HERE, disk0, "seq:1", "now", false),
            new TimelineOptions(HERE, disk0, null, null, true),
            new MarkOptions(HERE, disk0, "before upgrade"),
            new RestoreOptions(
                HERE,
                List.of(disk0),
                "10 minutes ago",
                Path.of("out.img"),
                new RestoreOptions.Way(true, false, false),
                null),
            new RestoreOptions(
                HERE,
                List.of(disk0, new DiskName("log")),
                "now",
                Path.of("dir"),
                new RestoreOptions.Way(false, true, true),
                null),
            new ExportOptions(
                HERE,
                disk0,
                "now",
                Path.of("vm.qcow2"),
                ExportOptions.ImageFormat.QCOW2,
                false,
                null),
            new DiffOptions(HERE, disk0, "seq:1", "now", false, Long.MAX_VALUE, null, null),
            new DiffOptions(HERE, disk0, "seq:1", "seq:2", true, 5, null, null),
            new HistoryOptions(HERE, disk0, new HistoryOptions.Blocks(7, 9), "seq:1", "now"),
            new HistoryOptions(
                HERE,
                disk0,
                new HistoryOptions.File(
                    "/etc/fstab", new FilesOptions(false, null, TEMPORARY), 1000, null),
                null,
                "now"),
            new HistoryOptions(
                HERE,
                disk0,
                new HistoryOptions.File(
                    "/etc/fstab", new FilesOptions(true, 2, Path.of("s")), 7, null),
                null,
                "seq:9"),
            new DiffOptions(
                HERE,
                disk0,
                "seq:1",
                "now",
                false,
                10_000,
                new FilesOptions(false, 1, Path.of("s")),
                null),
            new BisectOptions(
                HERE.data(),
                disk0,
                "seq:1",
                "now",
                new CheckOptions(List.of("sh", "-c", "exit 1"), null, null)),
            new ProveOptions(
                HERE.data(),
                disk0,
                5,
                Duration.ofHours(1),
                new CheckOptions(List.of("fsck"), null, null)),
            new ProveOptions(
                HERE.data(), disk0, 2, null, new CheckOptions(List.of("fsck"), null, Path.of("s"))),
            new VerifyOptions(HERE, null, null, null),
            new VerifyOptions(new Place(Path.of("d"), null), disk0, null, null));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "''                                          ! which command?",
        "serv                                        ! serve",
        "serve --disks a=1G                          ! see 'everwhen serve --help'",
        "serve --disk a                              ! write NAME=SIZE",
        "serve --disk a=1000                         ! not a multiple of its block",
        "serve --disk a=65T                          ! at most 64TiB",
        "serve --disk A=1G                           ! write 'a' instead of 'A'",
        "serve --disk a=1G --disk a=1G               ! two disks are called 'a'",
        "serve --listen 3260                         ! HOST:PORT",
        "serve --admin                               ! --admin",
        "serve --config no-such-file.yaml            ! there is no configuration file no-such-file.yaml",
        "timeline                                    ! DISK",
        "mark disk0                                  ! NAME",
        "restore disk0 --at now                      ! --to",
        "restore disk0 --to file                     ! --at",
        "restore Disk0 --at now --to file            ! write 'disk0' instead of 'Disk0'",
        "export disk0 --at now --to vm               ! does not tell the format",
        "export disk0 --at now --to vm --format vdi  ! is not a format",
        "diff disk0                                  ! --from",
        "diff disk0 --from seq:1 --limit few         ! a whole number, not 'few'",
        "diff disk0 --from seq:1 --partition 1       ! --partition goes with --files",
        "diff disk0 --from seq:1 --scratch d         ! --scratch goes with --files",
        "diff disk0 --from seq:1 --files --written   ! --written is of blocks",
        "diff disk0 --from seq:1 --files --partition 0 ! --partition is a number from 1 on",
        "history disk0                               ! --lba, or which file with --file",
        "history disk0 --lba 1 --file /f             ! --lba, or which file with --file",
        "history disk0 --lba 1 --content             ! --content goes with --file",
        "history disk0 --lba 1 --limit 1             ! --limit goes with --file",
        "history disk0 --file /                      ! the path of a file",
        "history disk0 --file /a/../b                ! the path of a file",
        "history disk0 --lba 9-7                     ! ends before it begins",
        "history disk0 --lba x                       ! does not name blocks",
        "bisect disk0 --good seq:1 --bad now         ! COMMAND",
        "bisect disk0 --good seq:1 -- true           ! --bad",
        "prove disk0 --scratch s -- fsck             ! --scratch goes with --device",
        "prove disk0 --device --portal h:1 -- fsck   ! leave it out with --device",
        "prove disk0 --every often -- fsck           ! a number and s, m, h, d or w",
        "prove disk0                                 ! COMMAND",
        "verify a b                                  ! b",
        "status --data a --data b                    ! --data",
      })
  void wrongUsageIsOneLineAndCodeTwo(String line, String message) {
    assertThat(run(line.isEmpty() ? new String[0] : line.split(" ", -1))).isEqualTo(2);
    assertThat(ran).isEmpty();
    assertThat(errors()).startsWith("everwhen: ").contains(message).hasLineCount(1);
  }

  @Test
  void aFailureIsOneLineAndCodeOne() {
    failure = new CommandFailed("cannot do it: the disk is full; make room");
    assertThat(run("status")).isEqualTo(1);
    assertThat(errors()).isEqualTo("everwhen: cannot do it: the disk is full; make room\n");
  }

  @Test
  void anIoFailureOfTheJdkIsExplained() {
    failure = new NoSuchFileException("/nowhere");
    assertThat(run("status")).isEqualTo(1);
    assertThat(errors()).isEqualTo("everwhen: there is no file or directory /nowhere\n");
  }

  @Test
  void aFileWhereADirectoryBelongsIsExplained() {
    failure = new FileAlreadyExistsException("/journal");
    assertThat(run("status")).isEqualTo(1);
    assertThat(errors())
        .isEqualTo("everwhen: /journal is there already, where a directory is to be made\n");
  }

  @Test
  void aDefectSaysThatItIsOne() {
    failure = new IllegalStateException("oops");
    assertThat(run("status")).isEqualTo(1);
    assertThat(errors()).contains("a defect in Everwhen", "oops", "--verbose").hasLineCount(1);
  }

  @Test
  void verboseShowsTheStackTrace() {
    failure = new IOException("broken");
    assertThat(run("status", "-v")).isEqualTo(1);
    assertThat(errors()).startsWith("everwhen: broken\n").contains("\tat io.everwhen");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "serve ",
        "status ",
        "timeline ",
        "rewind ",
        "mark ",
        "restore ",
        "open ",
        "close ",
        "snapshot ",
        "snapshot pin ",
        "export ",
        "diff ",
        "history ",
        "bisect ",
        "prove ",
        "verify "
      })
  void everyCommandHasHelp(String command) {
    assertThat(run((command + "--help").split(" ", -1))).isZero();
    assertThat(ran).isEmpty();
    assertThat(printed()).startsWith("Usage: everwhen").contains("--help").doesNotContain("%n");
    assertThat(errors()).isEmpty();
  }

  @Test
  void printsItsVersion() {
    assertThat(run("--version")).isZero();
    assertThat(printed()).isEqualTo("everwhen 1.2.3\n");
  }

  @Test
  void jsonIsOneObjectALine() {
    Output output = new Output(stream(out), stream(err), true, false);
    output.object(
        json -> json.writeStringProperty("kind", "write").writeNumberProperty("offset", 512L));
    assertThat(printed()).isEqualTo("{\"kind\":\"write\",\"offset\":512}\n");
  }

  private Config served() {
    assertThat(ran).singleElement().isInstanceOf(ServeOptions.class);
    return ((ServeOptions) ran.getFirst()).config();
  }

  private int run(String... arguments) {
    return new Cli(everyCommandIsRecorded(), "1.2.3", verbose -> {})
        .run(stream(out), stream(err), arguments);
  }

  private Commands everyCommandIsRecorded() {
    Command<Object> recording = this::record;
    Constructor<?> constructor = Commands.class.getDeclaredConstructors()[0];
    try {
      return (Commands)
          constructor.newInstance(
              Collections.nCopies(constructor.getParameterCount(), recording).toArray());
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private void record(Object options, Output output) throws Exception {
    if (failure != null) {
      throw failure;
    }
    ran.add(options);
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String errors() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }
}
