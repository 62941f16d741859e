package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.HostPort;
import io.everwhen.appliance.config.InvalidConfigException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen serve} was asked for.
 *
 * @param config the configuration file, if one was named, with the command line's options over it
 */
public record ServeOptions(Config config) {

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
        Specs.option(
            "--listen",
            "HOST:PORT",
            String.class,
            "Serve iSCSI there (default: "
                + Config.DEFAULT.listen()
                + "); port 0 takes a free one."));
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
    Config config = base(Specs.value(parsed, "--config", Path.class));
    Path data = Specs.value(parsed, "--data", Path.class);
    Path journal = Specs.value(parsed, "--journal", Path.class);
    String listen = Specs.value(parsed, "--listen", String.class);
    String admin = Specs.value(parsed, "--admin", String.class);
    List<String> disks = parsed.matchedOptionValue("--disk", List.of());
    config = data == null ? config : config.withData(data);
    config = journal == null ? config : config.withJournal(journal);
    config =
        listen == null ? config : config.withListen(Specs.understood(() -> HostPort.parse(listen)));
    config =
        admin == null ? config : config.withAdmin(Specs.understood(() -> HostPort.parse(admin)));
    Config whole = config;
    return new ServeOptions(
        Specs.understood(() -> whole.withDisks(disks.stream().map(DiskConfig::parse).toList())));
  }

  private static Config base(@Nullable Path file) throws UsageError {
    try {
      return file == null ? Config.DEFAULT : Config.read(file);
    } catch (InvalidConfigException e) {
      throw new UsageError(String.valueOf(e.getMessage()), e);
    }
  }
}
