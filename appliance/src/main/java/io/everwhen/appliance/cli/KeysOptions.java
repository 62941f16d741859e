package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.SecretFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** What {@code everwhen keys …} was asked for. */
public final class KeysOptions {

  private static final String NEW = "new-";

  private KeysOptions() {}

  /**
   * Which keys there are.
   *
   * @param data the data directory
   * @param disk whose journal is encrypted
   */
  public record List(Path data, DiskName disk) {

    static CommandSpec spec() {
      return command("list", "Says how the keys of a disk's journal are wrapped, and how many.");
    }

    static List of(ParseResult parsed) throws UsageError {
      return new List(Specs.data(parsed), Specs.disk(parsed, 0));
    }
  }

  /**
   * Another secret for the keys that there are.
   *
   * @param data the data directory
   * @param disk whose journal is encrypted
   * @param secret what opens it; null for what the data directory remembers
   * @param next what is to open it from now on
   */
  public record Rotate(Path data, DiskName disk, @Nullable SecretFile secret, SecretFile next) {

    static CommandSpec spec() {
      CommandSpec spec =
          command(
              "rotate",
              "Lets another key file or passphrase open a disk's journal, at rest; no data is written anew.");
      addSecretTo(spec, NEW);
      addSecretTo(spec, "");
      return spec;
    }

    static Rotate of(ParseResult parsed) throws UsageError {
      SecretFile next = KeysOptions.secret(parsed, NEW);
      if (next == null) {
        throw new UsageError("name what is to open it: --new-key-file or --new-passphrase-file");
      }
      return new Rotate(
          Specs.data(parsed), Specs.disk(parsed, 0), KeysOptions.secret(parsed, ""), next);
    }
  }

  /**
   * One more key, for what is written from now on.
   *
   * @param data the data directory
   * @param disk whose journal is encrypted
   * @param secret what opens it; null for what the data directory remembers
   */
  public record Renew(Path data, DiskName disk, @Nullable SecretFile secret) {

    static CommandSpec spec() {
      CommandSpec spec =
          command(
              "renew",
              "Makes a new key for what is written to a disk from now on, at rest; the old ones stay for what is there.");
      addSecretTo(spec, "");
      return spec;
    }

    static Renew of(ParseResult parsed) throws UsageError {
      return new Renew(Specs.data(parsed), Specs.disk(parsed, 0), KeysOptions.secret(parsed, ""));
    }
  }

  private static CommandSpec command(String name, String description) {
    CommandSpec spec = Specs.command(name, description);
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    Specs.addData(spec);
    return spec;
  }

  /** Adds the options that name a secret. */
  static void addSecretTo(CommandSpec spec, String prefix) {
    String what = prefix.isEmpty() ? "what opens an encrypted journal" : "what is to open it";
    spec.addOption(
        Specs.option(
            "--" + prefix + "key-file", "FILE", Path.class, "The key file, " + what + "."));
    spec.addOption(
        Specs.option(
            "--" + prefix + "passphrase-file",
            "FILE",
            Path.class,
            "A file with the passphrase, " + what + "."));
  }

  /** The secret that was named; null when none was. */
  static @Nullable SecretFile secret(ParseResult parsed, String prefix) throws UsageError {
    Path keyFile = Specs.value(parsed, "--" + prefix + "key-file", Path.class);
    Path passphraseFile = Specs.value(parsed, "--" + prefix + "passphrase-file", Path.class);
    try {
      return SecretFile.of(keyFile, passphraseFile);
    } catch (IllegalArgumentException e) {
      throw new UsageError(String.valueOf(e.getMessage()), e);
    }
  }
}
