package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.ConfigSource;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.GroupConfig;
import io.everwhen.appliance.config.HostPort;
import io.everwhen.appliance.config.InvalidConfigException;
import io.everwhen.appliance.config.PortalConfig;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen serve} was asked for.
 *
 * @param source the configuration file, if one was named, with the command line's options over it
 * @param config what that says now
 */
public record ServeOptions(ConfigSource source, Config config) {

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "serve",
            "Serves disks over iSCSI and records every write.",
            "With no arguments: one thin disk of 1GiB called disk0, from ./"
                + Config.DEFAULT_DATA
                + ". Prints a line that starts with 'ready' when initiators can connect. SIGTERM ends it cleanly.");
    spec.addOption(
        Specs.option(
            "--data",
            "DIR",
            Path.class,
            "Keep the disks' images in DIR (default: " + Config.DEFAULT_DATA + ")."));
    spec.addOption(
        Specs.option(
            "--journal",
            "DIR",
            Path.class,
            "Keep the journals in DIR, best on another volume (default: in the data directory)."));
    spec.addOption(
        OptionSpec.builder("--disk")
            .paramLabel("NAME=SIZE")
            .arity("1")
            .type(List.class)
            .auxiliaryTypes(String.class)
            .description(
                "Serve the disk NAME, making it if it is not there; SIZE such as 512MiB, 10G or 1TiB. Can be repeated.")
            .build());
    spec.addOption(
        OptionSpec.builder("--group")
            .paramLabel("NAME=DISK,DISK")
            .arity("1")
            .type(List.class)
            .auxiliaryTypes(String.class)
            .description(
                "Let these disks, which are new, share one journal, so that an instant is the same for all of them.",
                "Can be repeated.")
            .build());
    spec.addOption(
        OptionSpec.builder("--listen")
            .paramLabel("HOST:PORT")
            .arity("1")
            .type(List.class)
            .auxiliaryTypes(String.class)
            .description(
                "Serve iSCSI there (default: "
                    + Config.DEFAULT.portals().getFirst()
                    + "); port 0 takes a free one. Can be repeated.")
            .build());
    spec.addOption(
        Specs.option(
            "--admin",
            "HOST:PORT",
            String.class,
            "Serve management there (default: "
                + Config.DEFAULT.admin()
                + "); port 0 takes a free one."));
    spec.addOption(
        Specs.option(
            "--config",
            "FILE",
            Path.class,
            "Read FILE (YAML) first; the options here go over it."));
    Specs.addJson(spec, "Print what becomes ready as JSON.");
    return spec;
  }

  static ServeOptions of(ParseResult parsed) throws UsageError {
    Path data = Specs.value(parsed, "--data", Path.class);
    Path journal = Specs.value(parsed, "--journal", Path.class);
    List<PortalConfig> portals = portals(parsed.matchedOptionValue("--listen", List.of()));
    HostPort admin = admin(Specs.value(parsed, "--admin", String.class));
    List<DiskConfig> disks = disks(parsed.matchedOptionValue("--disk", List.of()));
    List<GroupConfig> groups = groups(parsed.matchedOptionValue("--group", List.of()));
    ConfigSource source =
        new ConfigSource(
            Specs.value(parsed, "--config", Path.class),
            base -> {
              Config config = data == null ? base : base.withData(data);
              config = journal == null ? config : config.withJournal(journal);
              config = portals.isEmpty() ? config : config.withPortals(portals);
              config = admin == null ? config : config.withAdmin(admin);
              return config.withDisks(disks).withGroups(groups);
            });
    try {
      return new ServeOptions(source, source.read());
    } catch (InvalidConfigException e) {
      throw new UsageError(String.valueOf(e.getMessage()), e);
    }
  }

  private static List<PortalConfig> portals(List<String> listen) throws UsageError {
    return Specs.understood(
        () -> listen.stream().map(text -> new PortalConfig(HostPort.parse(text))).toList());
  }

  private static @Nullable HostPort admin(@Nullable String text) throws UsageError {
    return text == null ? null : Specs.understood(() -> HostPort.parse(text));
  }

  private static List<DiskConfig> disks(List<String> disks) throws UsageError {
    return Specs.understood(() -> disks.stream().map(DiskConfig::parse).toList());
  }

  private static List<GroupConfig> groups(List<String> groups) throws UsageError {
    return Specs.understood(() -> groups.stream().map(GroupConfig::parse).toList());
  }
}
