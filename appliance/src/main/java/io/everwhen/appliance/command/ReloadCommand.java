package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.ReloadOptions;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import java.io.IOException;
import tools.jackson.databind.JsonNode;

/** {@code everwhen reload}: asks the daemon to read its configuration again. */
public final class ReloadCommand implements Command<ReloadOptions> {

  @Override
  public void run(ReloadOptions options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    DataDirectory data = Histories.data(options.data());
    DaemonClient daemon =
        DaemonClient.find(data)
            .orElseThrow(() ->
                new CommandFailed(
                    "no daemon serves "
                        + data.path()
                        + "; it reads its configuration when it starts"));
    JsonNode done = daemon.post("/v1/reload", Json.object());
    if (output.json()) {
      output.line(Json.text(done));
    } else if (done.path("changes").isEmpty()) {
      output.line("nothing has changed");
    }
    for (JsonNode change : done.path("changes")) {
      if (!output.json()) {
        output.line(change.asString());
      }
    }
    for (JsonNode note : done.path("notes")) {
      output.note(note.asString());
    }
  }
}
