package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.VerifyOptions;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.serve.FindingReport;
import io.everwhen.appliance.store.Json;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.restore.run.Verifier;
import io.everwhen.restore.run.VerifyReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code everwhen verify}. Fails when there is damage. */
public final class VerifyCommand implements Command<VerifyOptions> {

  @Override
  public void run(VerifyOptions options, Output output) throws IOException, CommandFailed {
    int damaged = 0;
    DiskName wanted = options.disk();
    if (wanted != null) {
      try (History history = Histories.of(options.place(), wanted)) {
        damaged += verify(history, output);
      }
    } else {
      for (Path journal : Histories.journals(options.place())) {
        try (History history = Histories.open(journal)) {
          damaged += verify(history, output);
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

  private static int verify(History history, Output output) throws IOException {
    String disks =
        history.manifest().disks().stream()
            .map(Manifest.Disk::name)
            .collect(Collectors.joining(", "));
    ProgressLine progress = new ProgressLine("verifying " + disks, output);
    VerifyReport report = new Verifier(history, progress).verify();
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
    }
    return report.findings().size();
  }

  private static ObjectNode json(String disks, VerifyReport report) {
    ObjectNode node =
        Json.object()
            .put("disk", disks)
            .put("sound", report.findings().isEmpty())
            .put("segments", report.segments())
            .put("entries", report.entries())
            .put("bytes", report.bytes());
    ArrayNode findings = node.putArray("findings");
    for (VerifyReport.Finding finding : report.findings()) {
      findings.add(FindingReport.of(finding));
    }
    return node;
  }
}
