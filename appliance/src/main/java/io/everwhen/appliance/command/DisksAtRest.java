package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.serve.DiskReport;
import io.everwhen.appliance.serve.Refusal;
import io.everwhen.appliance.serve.ResizeCheck;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.DataDirectory.RemovedDisk;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.log.SystemClock;
import java.io.Closeable;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is done to disks of a data directory that no daemon serves. */
final class DisksAtRest {

  private DisksAtRest() {}

  static ObjectNode list(DataDirectory data) throws IOException, CommandFailed {
    ObjectNode report = DiskReport.list();
    ArrayNode disks = report.withArray("disks");
    for (StoredDisk disk : data.disks()) {
      try (History history = Histories.open(disk.journal())) {
        Manifest.Disk inGroup = Histories.disk(history, disk.name());
        disks.add(DiskReport.of(disk, history.sizeBytesAt(inGroup, history.head().sequence())));
      }
    }
    DiskReport.addRemoved(report, data);
    return report;
  }

  static ObjectNode add(DataDirectory data, DiskConfig wanted) throws IOException, CommandFailed {
    try (Closeable _ = lock(data)) {
      if (data.disk(wanted.name()).isPresent()) {
        throw new CommandFailed("there is a disk " + wanted.name() + " already");
      }
      StoredDisk disk = data.diskFor(wanted, Config.DEFAULT.withData(data.path()));
      try (OpenDisk open = open(data, disk)) {
        return DiskReport.of(open.disk(), open.sizeBytes());
      }
    }
  }

  static ObjectNode resize(DataDirectory data, DiskName name, ByteSize size, boolean force)
      throws IOException, CommandFailed {
    try (Closeable _ = lock(data);
        OpenDisk open = open(data, find(data, name))) {
      ResizeCheck.check(open, size, force);
      return DiskReport.of(open.disk(), size.bytes()).put("sequence", open.resize(size.bytes()));
    } catch (Refusal e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  static ObjectNode remove(DataDirectory data, DiskName name, boolean deleteHistory)
      throws IOException, CommandFailed {
    try (Closeable _ = lock(data)) {
      RemovedDisk removed = data.remove(find(data, name), new SystemClock().wallNanos());
      if (deleteHistory) {
        removed.delete();
      }
      return DiskReport.of(removed, deleteHistory);
    }
  }

  static ObjectNode set(DataDirectory data, DiskName name, boolean readOnly)
      throws IOException, CommandFailed {
    try (Closeable _ = lock(data)) {
      StoredDisk disk = data.note(find(data, name).withReadOnly(readOnly));
      return DiskReport.of(disk);
    }
  }

  private static Closeable lock(DataDirectory data) throws IOException {
    return data.tryLock().orElseThrow(() -> new IOException(data.path() + " is in use"));
  }

  private static OpenDisk open(DataDirectory data, StoredDisk disk) throws IOException {
    return OpenDisk.open(data, disk, new SystemClock(), new SecureRandom());
  }

  private static StoredDisk find(DataDirectory data, DiskName name)
      throws IOException, CommandFailed {
    List<StoredDisk> disks = data.disks();
    return disks.stream()
        .filter(disk -> disk.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            Histories.unknown(
                name, data.path(), disks.stream().map(d -> d.name().value()).toList()));
  }
}
