package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CheckOptions;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.Place;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** Finds out by a command whether a disk was good. */
interface Check extends Closeable {

  /** Exit code of a command that found nothing wrong. */
  int GOOD = 0;

  /** Exit code of a command that cannot tell. */
  int SKIP = 125;

  /**
   * Checks the disk as it was at an instant.
   *
   * @return the command's exit code
   */
  int run(Point at) throws IOException, InterruptedException, CommandFailed;

  @Override
  void close() throws IOException;

  /** Opens the history of a disk with what the check needs of it. */
  static History history(CheckOptions options, Place place, DiskName disk)
      throws IOException, CommandFailed {
    return options.device() == null
        ? Histories.of(place, disk)
        : Histories.withContent(place, disk, null);
  }

  /**
   * One as it was asked for.
   *
   * @param history as {@link #history} opens it
   */
  static Check of(
      CheckOptions options, DataDirectory data, DiskName disk, History history, Output output)
      throws IOException, InterruptedException, CommandFailed {
    CheckProcess process = new CheckProcess(options.command(), output);
    Path scratch = options.device();
    return scratch == null
        ? PastDiskCheck.of(data, disk, options.portal(), process)
        : DeviceCheck.of(scratch, history, Histories.disk(history, disk), process);
  }
}
