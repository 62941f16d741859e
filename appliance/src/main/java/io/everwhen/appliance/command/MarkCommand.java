package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.MarkOptions;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.MarkName;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.journal.log.SystemClock;
import java.io.Closeable;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Optional;

/** {@code everwhen mark}: by the daemon, or on the journal itself when there is none. */
public final class MarkCommand implements Command<MarkOptions> {

  @Override
  public void run(MarkOptions options, Output output)
      throws IOException, InterruptedException, CommandFailed, UsageError {
    Optional<String> wrong = MarkName.whatIsWrongWith(options.name());
    if (wrong.isPresent()) {
      throw new UsageError(wrong.get());
    }
    DataDirectory data = Histories.data(options.place());
    StoredDisk disk = Histories.stored(data, options.disk());
    Optional<DaemonClient> daemon = DaemonClient.find(data);
    long sequence =
        daemon.isPresent()
            ? daemon
                .get()
                .post(
                    "/v1/disks/" + disk.name() + "/marks",
                    Json.object().put("name", options.name()))
                .path("sequence")
                .asLong()
            : markAtRest(data, disk, options.name());
    if (output.json()) {
      output.object(json -> {
        json.writeStringProperty("disk", disk.name().value());
        json.writeStringProperty("mark", options.name());
        json.writeNumberProperty("sequence", sequence);
      });
    } else {
      output.line("marked %s: mark:%s is seq:%d".formatted(disk.name(), options.name(), sequence));
    }
  }

  private static long markAtRest(DataDirectory data, StoredDisk disk, String name)
      throws IOException {
    try (Closeable _ =
            data.tryLock().orElseThrow(() -> new IOException(data.path() + " is in use"));
        OpenGroup open =
            OpenGroup.open(data, data.groupOf(disk), new SystemClock(), new SecureRandom())) {
      return open.group().mark(name);
    }
  }
}
