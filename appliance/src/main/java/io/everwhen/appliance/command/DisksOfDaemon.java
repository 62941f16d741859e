package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.config.AdoptedDisk;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.Json;
import io.everwhen.restore.run.Progress;
import java.io.IOException;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The disks that a daemon serves. */
record DisksOfDaemon(DaemonClient daemon) implements Disks {

  private static final String DISKS = "/v1/disks";

  @Override
  public JsonNode list() throws IOException, InterruptedException, CommandFailed {
    return daemon.get(DISKS);
  }

  @Override
  public JsonNode add(DiskConfig wanted) throws IOException, InterruptedException, CommandFailed {
    ObjectNode disk =
        Json.object()
            .put("name", wanted.name().value())
            .put("size", wanted.size().bytes())
            .put("read_only", Boolean.TRUE.equals(wanted.readOnly()));
    Path journal = wanted.journal();
    if (journal != null) {
      disk.put("journal", journal.toAbsolutePath().toString());
    }
    return daemon.post(DISKS, disk);
  }

  @Override
  public JsonNode adopt(AdoptedDisk wanted, Progress progress)
      throws IOException, InterruptedException, CommandFailed {
    ObjectNode disk =
        Json.object()
            .put("name", wanted.name().value())
            .put("from", wanted.from().toString())
            .put("read_only", wanted.readOnly());
    Path journal = wanted.journal();
    if (journal != null) {
      disk.put("journal", journal.toString());
    }
    return daemon.post(DISKS, disk, () -> tell(wanted.name(), progress));
  }

  private void tell(DiskName name, Progress progress)
      throws IOException, InterruptedException, CommandFailed {
    for (JsonNode adopting : list().path("adopting")) {
      if (adopting.path("name").asString().equals(name.value())) {
        progress.at(adopting.path("copied_bytes").asLong(), adopting.path("data_bytes").asLong());
      }
    }
  }

  @Override
  public JsonNode resize(DiskName name, ByteSize size, boolean force)
      throws IOException, InterruptedException, CommandFailed {
    return post(name, "resize", Json.object().put("size", size.bytes()).put("force", force));
  }

  @Override
  public JsonNode remove(DiskName name, boolean force, boolean deleteHistory)
      throws IOException, InterruptedException, CommandFailed {
    return post(
        name, "remove", Json.object().put("force", force).put("delete_history", deleteHistory));
  }

  @Override
  public JsonNode set(DiskName name, boolean readOnly)
      throws IOException, InterruptedException, CommandFailed {
    return post(name, "settings", Json.object().put("read_only", readOnly));
  }

  private JsonNode post(DiskName name, String verb, ObjectNode what)
      throws IOException, InterruptedException, CommandFailed {
    return daemon.post(DISKS + "/" + name + "/" + verb, what);
  }
}
