package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen verify} was asked for.
 *
 * @param place where the history is
 * @param disk whose history, or null for every disk's
 * @param key the public key that must have signed it, a file or a fingerprint; null for any
 * @param tsaCertificate a file with the certificates by which a time-stamp authority is trusted;
 *     null for any authority
 */
public record VerifyOptions(
    Place place, @Nullable DiskName disk, @Nullable String key, @Nullable Path tsaCertificate) {

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "verify", "Checks every byte of the history, and says which instants a damage costs.");
    spec.addPositional(
        Specs.positional(0, "DISK", false, "The disk's name (default: every disk)."));
    spec.addOption(
        Specs.option(
            "--key",
            "FILE|FINGERPRINT",
            String.class,
            "The public key that must have signed the history: a copy of signing.pub, or what 'status' shows."));
    spec.addOption(
        Specs.option(
            "--tsa-cert",
            "FILE",
            Path.class,
            "The certificate (PEM) of the time-stamp authority that must have stamped the history, or of the CA that it leads to."));
    Place.addTo(spec);
    Specs.addJson(spec, "Print one JSON object a disk.");
    return spec;
  }

  static VerifyOptions of(ParseResult parsed) throws UsageError {
    return new VerifyOptions(
        Place.of(parsed),
        parsed.hasMatchedPositional(0) ? Specs.disk(parsed, 0) : null,
        Specs.value(parsed, "--key", String.class),
        Specs.value(parsed, "--tsa-cert", Path.class));
  }
}
