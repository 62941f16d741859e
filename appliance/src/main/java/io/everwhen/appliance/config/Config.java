package io.everwhen.appliance.config;

import io.everwhen.journal.history.Retention;
import io.everwhen.target.iscsi.Credentials;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that {@code everwhen serve} is told.
 *
 * @param data the directory of the disks' images
 * @param journal the directory of the journals, or null for a place under {@code data}
 * @param portals where iSCSI is served, at least one address
 * @param admin where the management interface is served
 * @param disks the disks asked for, no two of one name; none means those that {@code data} holds,
 *     and {@link #DEFAULT_DISK} if it holds none
 * @param groups which of them share a journal
 * @param targets those beside the disks' own; a disk that one of them leads to has none of its own
 * @param limits what initiators may take
 * @param discoveryChap by what whoever asks for targets proves who it is, or null for nothing
 * @param timestamp who time-stamps the histories, or null for nobody
 * @param retention which instants are kept as histories get older, or null for all, as long as
 *     there is room
 * @param snapshots how often snapshots are made, or null when none are
 * @param whenFull what happens to changes when a journal has no room
 */
public record Config(
    Path data,
    @Nullable Path journal,
    List<PortalConfig> portals,
    HostPort admin,
    List<DiskConfig> disks,
    List<GroupConfig> groups,
    List<TargetConfig> targets,
    LimitsConfig limits,
    @Nullable Credentials discoveryChap,
    @Nullable TimestampConfig timestamp,
    @Nullable Retention retention,
    @Nullable SnapshotConfig snapshots,
    WhenFull whenFull) {

  /** Where data is when nothing is said: a directory under the current one. */
  public static final Path DEFAULT_DATA = Path.of("everwhen-data");

  /** The disk that is served when none was ever asked for. */
  public static final DiskConfig DEFAULT_DISK =
      new DiskConfig(new DiskName("disk0"), new ByteSize(1L << 30));

  /** What is served when nothing is said. */
  public static final Config DEFAULT =
      new Config(
          DEFAULT_DATA,
          null,
          new HostPort("127.0.0.1", 3260),
          new HostPort("127.0.0.1", 3280),
          List.of());

  private static final Set<PosixFilePermission> OWNERS =
      PosixFilePermissions.fromString("rwx------");

  private static final long SECRET_FILE_BYTES_MAX = 4096;
  private static final long TEXT_FILE_BYTES_MAX = 1 << 20;

  public Config {
    portals = List.copyOf(portals);
    disks = List.copyOf(disks);
    groups = List.copyOf(groups);
    targets = List.copyOf(targets);
    checkDisks(disks);
    checkGroups(groups, disks);
    checkPortals(portals);
    checkTargets(targets, disks);
  }

  /** A configuration of one portal that lets anyone ask for targets. */
  public Config(
      Path data, @Nullable Path journal, HostPort listen, HostPort admin, List<DiskConfig> disks) {
    this(
        data,
        journal,
        List.of(new PortalConfig(listen)),
        admin,
        disks,
        List.of(),
        List.of(),
        LimitsConfig.DEFAULT,
        null,
        null,
        null,
        null,
        WhenFull.REFUSE);
  }

  private static void checkDisks(List<DiskConfig> disks) {
    Set<DiskName> seen = new HashSet<>();
    for (DiskConfig disk : disks) {
      if (!seen.add(disk.name())) {
        throw new IllegalArgumentException(
            "two disks are called '" + disk.name() + "'; give each a name of its own");
      }
    }
  }

  private static void checkGroups(List<GroupConfig> groups, List<DiskConfig> disks) {
    Map<DiskName, DiskConfig> there = new LinkedHashMap<>();
    disks.forEach(disk -> there.put(disk.name(), disk));
    Map<DiskName, DiskName> groupOf = new LinkedHashMap<>();
    Set<DiskName> names = new HashSet<>();
    for (GroupConfig group : groups) {
      if (!names.add(group.name())) {
        throw new IllegalArgumentException("two groups are called '" + group.name() + "'");
      }
      for (DiskName name : group.disks()) {
        DiskConfig disk = there.get(name);
        if (disk == null) {
          throw new IllegalArgumentException(
              "the group %s has the disk %s, which is not under 'disks'"
                  .formatted(group.name(), name));
        }
        DiskName other = groupOf.put(name, group.name());
        if (other != null) {
          throw new IllegalArgumentException(
              "%s is in two groups, %s and %s; it has one journal"
                  .formatted(name, other, group.name()));
        }
        if (disk.journal() != null
            || disk.journalSize() != null
            || !disk.encoding().equals(EncodingConfig.PLAIN)) {
          throw new IllegalArgumentException(
              "%s shares the journal of the group %s: say journal, journal_size, compress and encrypt there"
                  .formatted(name, group.name()));
        }
      }
    }
    for (DiskName name : names) {
      if (there.containsKey(name) && !groupOf.containsKey(name)) {
        throw new IllegalArgumentException(
            "the group %s and the disk %s, which has a journal of its own, cannot have one name"
                .formatted(name, name));
      }
    }
  }

  private static void checkPortals(List<PortalConfig> portals) {
    Set<HostPort> seen = new HashSet<>();
    for (PortalConfig portal : portals) {
      if (portal.listen().port() != 0 && !seen.add(portal.listen())) {
        throw new IllegalArgumentException("two portals are at " + portal);
      }
    }
  }

  private static void checkTargets(List<TargetConfig> targets, List<DiskConfig> disks) {
    Set<String> seen = new HashSet<>();
    for (DiskConfig disk : disks) {
      boolean led = targets.stream().anyMatch(target -> target.leadsTo(disk.name()));
      if (led && !disk.access().open()) {
        throw new IllegalArgumentException(
            "a target leads to the disk " + disk.name() + ": say there who may use it");
      }
      if (!led) {
        seen.add(disk.name().iqn());
      }
    }
    Set<DiskName> there = new HashSet<>(disks.stream().map(DiskConfig::name).toList());
    for (TargetConfig target : targets) {
      if (!seen.add(target.name())) {
        throw new IllegalArgumentException(
            "two targets are called '" + target.name() + "'; a disk is one of its own name");
      }
      Stream.concat(
              Stream.of(target.luns()),
              target.rules().stream().map(TargetConfig.Rule::luns).filter(Objects::nonNull))
          .flatMap(luns -> luns.values().stream())
          .filter(disk -> !there.contains(disk))
          .findFirst()
          .ifPresent(disk -> {
            throw new IllegalArgumentException(
                "the target "
                    + target.name()
                    + " leads to "
                    + disk
                    + ", which is not under 'disks'");
          });
    }
  }

  /** The disk of this name, if the configuration speaks of it. */
  public Optional<DiskConfig> disk(DiskName name) {
    return disks.stream().filter(disk -> disk.name().equals(name)).findFirst();
  }

  /** The group that this disk is in, if the configuration says so. */
  public Optional<GroupConfig> groupOf(DiskName name) {
    return groups.stream().filter(group -> group.disks().contains(name)).findFirst();
  }

  /** Whether it keeps anyone from a disk: then it has to speak of every disk. */
  public boolean restricts() {
    return disks.stream().anyMatch(disk -> !disk.access().open())
        || targets.stream().anyMatch(TargetConfig::restricted);
  }

  /**
   * Reads a configuration file; what it does not say is as in {@link #DEFAULT}.
   *
   * @throws InvalidConfigException if it cannot be read, or says something that makes no sense
   */
  public static Config read(Path file) throws InvalidConfigException {
    try {
      return new ConfigReader(file.toString(), Config::secret, Config::text)
          .read(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new InvalidConfigException("there is no configuration file " + file, e);
    } catch (CharacterCodingException e) {
      throw new InvalidConfigException("the configuration file " + file + " is not UTF-8 text", e);
    } catch (IOException e) {
      throw new InvalidConfigException(
          "cannot read the configuration file " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads a short text.
   *
   * @throws IllegalArgumentException if it cannot be read, or is no text, or too long
   */
  static String text(Path file) {
    try {
      if (Files.size(file) > TEXT_FILE_BYTES_MAX) {
        throw new IllegalArgumentException(
            "%s has more than %d bytes".formatted(file, TEXT_FILE_BYTES_MAX));
      }
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("there is no file " + file, e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file + " is not UTF-8 text", e);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads a file that holds a key, and that nobody but its owner may read.
   *
   * @throws IllegalArgumentException if it is no such file; the message says what to do
   */
  static byte[] key(Path file) {
    try {
      checkOwnersOnly(file);
      if (Files.size(file) > TEXT_FILE_BYTES_MAX) {
        throw new IllegalArgumentException(file + " is too large for a key file");
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("there is no file " + file, e);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static void checkOwnersOnly(Path file) throws IOException {
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
    if (!OWNERS.containsAll(mode)) {
      throw new IllegalArgumentException(
          "%s holds a secret, and others than its owner may use it (%s); chmod 600 it"
              .formatted(file, PosixFilePermissions.toString(mode)));
    }
  }

  /**
   * Reads a file that holds one line, a secret, and that nobody but its owner may read.
   *
   * @throws IllegalArgumentException if it is no such file; the message says what to do
   */
  static String secret(Path file) {
    try {
      checkOwnersOnly(file);
      if (Files.size(file) > SECRET_FILE_BYTES_MAX) {
        throw new IllegalArgumentException(
            "%s has more than %d bytes; a secret is one line"
                .formatted(file, SECRET_FILE_BYTES_MAX));
      }
      List<String> lines = Files.readAllLines(file);
      if (lines.size() != 1) {
        throw new IllegalArgumentException(
            "%s has %d lines; a secret is one".formatted(file, lines.size()));
      }
      return lines.getFirst();
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("there is no file " + file, e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file + " is not UTF-8 text", e);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** This configuration with another directory for images. */
  public Config withData(Path other) {
    return new Config(
        other,
        journal,
        portals,
        admin,
        disks,
        groups,
        targets,
        limits,
        discoveryChap,
        timestamp,
        retention,
        snapshots,
        whenFull);
  }

  /** This configuration with another directory for journals. */
  public Config withJournal(Path other) {
    return new Config(
        data,
        other,
        portals,
        admin,
        disks,
        groups,
        targets,
        limits,
        discoveryChap,
        timestamp,
        retention,
        snapshots,
        whenFull);
  }

  /** This configuration with other addresses for iSCSI. */
  public Config withPortals(List<PortalConfig> other) {
    return new Config(
        data,
        journal,
        other,
        admin,
        disks,
        groups,
        targets,
        limits,
        discoveryChap,
        timestamp,
        retention,
        snapshots,
        whenFull);
  }

  /** This configuration with another address for management. */
  public Config withAdmin(HostPort other) {
    return new Config(
        data,
        journal,
        portals,
        other,
        disks,
        groups,
        targets,
        limits,
        discoveryChap,
        timestamp,
        retention,
        snapshots,
        whenFull);
  }

  /**
   * This configuration with the disks {@code wanted}: one that it has already takes the new size
   * and keeps the rest, one that it has not is added.
   */
  public Config withDisks(List<DiskConfig> wanted) {
    checkDisks(wanted);
    Map<DiskName, DiskConfig> merged = new LinkedHashMap<>();
    disks.forEach(disk -> merged.put(disk.name(), disk));
    wanted.forEach(disk -> merged.merge(disk.name(), disk, (had, now) -> had.withSize(now.size())));
    return new Config(
        data,
        journal,
        portals,
        admin,
        List.copyOf(merged.values()),
        groups,
        targets,
        limits,
        discoveryChap,
        timestamp,
        retention,
        snapshots,
        whenFull);
  }

  /** This configuration with the groups {@code wanted} beside those that it has. */
  public Config withGroups(List<GroupConfig> wanted) {
    List<GroupConfig> all = Stream.concat(groups.stream(), wanted.stream()).toList();
    return new Config(
        data,
        journal,
        portals,
        admin,
        disks,
        all,
        targets,
        limits,
        discoveryChap,
        timestamp,
        retention,
        snapshots,
        whenFull);
  }
}
