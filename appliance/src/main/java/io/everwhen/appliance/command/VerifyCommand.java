package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.VerifyOptions;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.serve.FindingReport;
import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.SigningKey;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.Verifier;
import io.everwhen.restore.run.VerifyReport;
import io.everwhen.restore.stamp.TrustedAuthorities;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code everwhen verify}. Fails when there is damage. */
public final class VerifyCommand implements Command<VerifyOptions> {

  private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{64}");

  @Override
  public void run(VerifyOptions options, Output output) throws IOException, CommandFailed {
    String key = trustedKey(options.key());
    TrustedAuthorities authorities = trustedAuthorities(options.tsaCertificate());
    int damaged = 0;
    DiskName wanted = options.disk();
    if (wanted != null) {
      try (History history = Histories.of(options.place(), wanted)) {
        damaged += verify(history, key, authorities, output);
      }
    } else {
      for (Path journal : Histories.journals(options.place())) {
        try (History history = Histories.open(journal)) {
          damaged += verify(history, key, authorities, output);
        }
      }
    }
    if (damaged > 0) {
      throw new CommandFailed(
          damaged
              + (damaged == 1 ? " place is" : " places are")
              + " damaged. Copy the journal away before anything else; instants that do not need them can be restored");
    }
  }

  private static int verify(
      History history,
      @Nullable String key,
      @Nullable TrustedAuthorities authorities,
      Output output)
      throws IOException {
    String disks =
        history.manifest().disks().stream()
            .map(Manifest.Disk::name)
            .collect(Collectors.joining(", "));
    ProgressLine progress = new ProgressLine("verifying " + disks, output);
    VerifyReport report = new Verifier(history, progress, key, authorities).verify();
    progress.end();
    if (output.json()) {
      output.line(Json.text(json(disks, report)));
    } else {
      for (VerifyReport.Finding finding : report.findings()) {
        output.line("DAMAGED  " + finding.where());
        output.line("         " + finding.what());
        output.line("         " + finding.cost());
      }
      output.line(
          "%s: %s; %d entries in %d segments, %d MiB read"
              .formatted(
                  disks,
                  report.findings().isEmpty() ? "sound" : report.findings().size() + " damaged",
                  report.entries(),
                  report.segments(),
                  report.bytes() >> 20));
      output.line("  " + signature(report.signed()));
      stamps(report).forEach(line -> output.line("  " + line));
    }
    return report.findings().size();
  }

  /** The fingerprint that was given, or that of the key in the file that was. */
  private static @Nullable String trustedKey(@Nullable String given)
      throws IOException, CommandFailed {
    if (given == null || FINGERPRINT.matcher(given).matches()) {
      return given;
    }
    try {
      return SigningKey.fingerprintIn(
          text(
              Path.of(given),
              "neither a fingerprint (64 hexadecimal digits) nor a file with a public key"));
    } catch (IllegalArgumentException | CharacterCodingException e) {
      throw new CommandFailed("there is no public key in " + given + " (signing.pub has one)");
    }
  }

  private static @Nullable TrustedAuthorities trustedAuthorities(@Nullable Path given)
      throws IOException, CommandFailed {
    if (given == null) {
      return null;
    }
    try {
      return TrustedAuthorities.of(text(given, "no file with a certificate"));
    } catch (IllegalArgumentException | CharacterCodingException e) {
      throw new CommandFailed("there is no certificate in PEM in " + given + ": " + e.getMessage());
    }
  }

  private static String text(Path given, String otherwise) throws IOException, CommandFailed {
    Path file = given.toAbsolutePath();
    Path directory = file.getParent();
    if (directory == null || DiskStorage.kindOf(file) != DiskStorage.Kind.FILE) {
      throw new CommandFailed(given + " is " + otherwise);
    }
    return DiskStorage.open(directory).readText(file.getFileName().toString());
  }

  /** What the time stamps say; the newest says most of the end, the oldest of the beginning. */
  private static List<String> stamps(VerifyReport report) {
    List<String> lines = new ArrayList<>();
    if (!report.stamped().isEmpty()) {
      VerifyReport.Stamped newest = report.stamped().getLast();
      lines.add(
          "time-stamped: up to seq:%d (%s) all was as it is at %s, says %s%s; %d newer entries are not stamped yet"
              .formatted(
                  newest.sequence(),
                  Times.text(newest.timeNanos()),
                  Times.text(newest.stampedNanos()),
                  newest.authority(),
                  newest.trusted() ? "" : " (which may be anybody: see --tsa-cert)",
                  newest.newerEntries()));
    }
    if (report.stamped().size() > 1) {
      VerifyReport.Stamped oldest = report.stamped().getFirst();
      lines.add(
          "%d time stamps hold; by the oldest, up to seq:%d at %s"
              .formatted(
                  report.stamped().size(), oldest.sequence(), Times.text(oldest.stampedNanos())));
    }
    if (report.foldedStamps() > 0) {
      lines.add(
          "%d time stamps speak only of what was folded into the baseline since"
              .formatted(report.foldedStamps()));
    }
    return lines;
  }

  private static String signature(VerifyReport.@Nullable Signed signed) {
    return signed == null
        ? "not signed, as far as it is there and sound"
        : "signed up to seq:%d (%s) by %s at %s; %d newer entries are not signed yet"
            .formatted(
                signed.sequence(),
                Times.text(signed.timeNanos()),
                signed.key(),
                Times.text(signed.signedNanos()),
                signed.newerEntries());
  }

  private static ObjectNode json(String disks, VerifyReport report) {
    ObjectNode node =
        Json.object()
            .put("disk", disks)
            .put("sound", report.findings().isEmpty())
            .put("segments", report.segments())
            .put("entries", report.entries())
            .put("bytes", report.bytes());
    VerifyReport.Signed signed = report.signed();
    if (signed != null) {
      node.putObject("signed")
          .put("key", signed.key())
          .put("sequence", signed.sequence())
          .put("time", Times.text(signed.timeNanos()))
          .put("signed_at", Times.text(signed.signedNanos()))
          .put("newer_entries", signed.newerEntries());
    }
    ArrayNode stamped = node.putArray("stamped");
    for (VerifyReport.Stamped stamp : report.stamped()) {
      stamped.add(
          Json.object()
              .put("authority", stamp.authority())
              .put("trusted", stamp.trusted())
              .put("stamped_at", Times.text(stamp.stampedNanos()))
              .put("sequence", stamp.sequence())
              .put("time", Times.text(stamp.timeNanos()))
              .put("newer_entries", stamp.newerEntries()));
    }
    node.put("folded_stamps", report.foldedStamps());
    ArrayNode findings = node.putArray("findings");
    for (VerifyReport.Finding finding : report.findings()) {
      findings.add(FindingReport.of(finding));
    }
    return node;
  }
}
