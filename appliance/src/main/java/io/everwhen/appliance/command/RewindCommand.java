package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.RewindOptions;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.appliance.serve.Rewinding;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.journal.log.SystemClock;
import java.io.Closeable;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** {@code everwhen rewind}: by the daemon, or on the journal itself when there is none. */
public final class RewindCommand implements Command<RewindOptions> {

  @Override
  public void run(RewindOptions options, Output output)
      throws IOException, InterruptedException, CommandFailed, UsageError {
    DataDirectory data = Histories.data(options.data());
    String at = Histories.unambiguous(options.at());
    Optional<DaemonClient> daemon = DaemonClient.find(data);
    JsonNode done =
        daemon.isPresent()
            ? daemon
                .get()
                .post(
                    "/v1/disks/" + options.disk() + "/rewind",
                    Json.object().put("at", at).put("force", options.force()))
            : rewindAtRest(data, options);
    if (output.json()) {
      output.line(Json.text(done));
      return;
    }
    output.line(
        "%s is as it was after seq:%d, %s"
            .formatted(
                options.disk(),
                done.path("to_sequence").asLong(),
                done.path("to_time").asString()));
    output.line("what it was before is at seq:%d".formatted(done.path("sequence").asLong() - 1));
  }

  private static JsonNode rewindAtRest(DataDirectory data, RewindOptions options)
      throws IOException, CommandFailed, UsageError {
    SystemClock clock = new SystemClock();
    StoredDisk disk = Histories.stored(data, options.disk());
    try (Closeable _ =
            data.tryLock().orElseThrow(() -> new IOException(data.path() + " is in use"));
        OpenGroup open = OpenGroup.open(data, data.groupOf(disk), clock, new SecureRandom())) {
      long now = clock.wallNanos();
      return Rewinding.rewind(open.disk(options.disk()), Histories.instant(options.at(), now), now);
    }
  }
}
