package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.config.AdoptedDisk;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.restore.run.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What can be done to the disks of a data directory; each answers with a report. */
sealed interface Disks permits DisksOfDaemon, DisksAtRest {

  /** By the daemon that serves them, or without one if there is none. */
  static Disks in(Path directory) throws IOException, CommandFailed {
    DataDirectory data = Histories.data(directory);
    Optional<DaemonClient> daemon = DaemonClient.find(data);
    return daemon.isPresent() ? new DisksOfDaemon(daemon.get()) : new DisksAtRest(data);
  }

  JsonNode list() throws IOException, InterruptedException, CommandFailed;

  JsonNode add(DiskConfig wanted) throws IOException, InterruptedException, CommandFailed;

  /**
   * Makes a disk of content that is there already.
   *
   * @param progress told how far that is copied
   */
  JsonNode adopt(AdoptedDisk wanted, Progress progress)
      throws IOException, InterruptedException, CommandFailed;

  JsonNode resize(DiskName name, ByteSize size, boolean force)
      throws IOException, InterruptedException, CommandFailed;

  /**
   * Takes a disk out of service.
   *
   * @param force even while initiators are logged in
   */
  JsonNode remove(DiskName name, boolean force, boolean deleteHistory)
      throws IOException, InterruptedException, CommandFailed;

  JsonNode set(DiskName name, boolean readOnly)
      throws IOException, InterruptedException, CommandFailed;
}
