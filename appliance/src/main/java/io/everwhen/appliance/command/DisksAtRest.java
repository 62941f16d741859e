package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.config.AdoptedDisk;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.serve.DiskReport;
import io.everwhen.appliance.serve.Refusal;
import io.everwhen.appliance.serve.ResizeCheck;
import io.everwhen.appliance.store.Adoption;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.DataDirectory.RemovedDisk;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.CopySource;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.run.Progress;
import java.io.Closeable;
import java.io.IOException;
import java.security.SecureRandom;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The disks of a data directory that no daemon serves. */
record DisksAtRest(DataDirectory data) implements Disks {

  @Override
  public JsonNode list() throws IOException, CommandFailed {
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

  @Override
  public JsonNode add(DiskConfig wanted) throws IOException, CommandFailed {
    try (Closeable _ = lock()) {
      checkIsNew(wanted.name());
      StoredDisk disk = data.diskFor(wanted, Config.DEFAULT.withData(data.path()));
      try (OpenGroup group = open(disk)) {
        OpenDisk open = group.disk(wanted.name());
        return DiskReport.of(open.disk(), open.sizeBytes());
      }
    }
  }

  @Override
  public JsonNode adopt(AdoptedDisk wanted, Progress progress) throws IOException, CommandFailed {
    try (Closeable _ = lock();
        CopySource content = CopySource.open(wanted.from())) {
      checkIsNew(wanted.name());
      DiskConfig config = wanted.disk(content.sizeBytes());
      StoredDisk disk = data.diskFor(config, Config.DEFAULT.withData(data.path()));
      Adoption adoption = Adoption.begin(data, disk, wanted.from(), content);
      long bytes = content.dataBytes();
      long[] copied = new long[1];
      adoption.run(
          read -> {
            copied[0] += read;
            progress.at(Math.min(bytes, copied[0]), bytes);
          },
          new SystemClock(),
          new SecureRandom());
      return DiskReport.of(disk, content.sizeBytes()).put("from", wanted.from().toString());
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private void checkIsNew(DiskName name) throws IOException, CommandFailed {
    if (data.disk(name).isPresent()) {
      throw new CommandFailed("there is a disk " + name + " already");
    }
  }

  @Override
  public JsonNode resize(DiskName name, ByteSize size, boolean force)
      throws IOException, CommandFailed {
    try (Closeable _ = lock();
        OpenGroup group = open(find(name))) {
      OpenDisk open = group.disk(name);
      ResizeCheck.check(open, size, force);
      return DiskReport.of(open.disk(), size.bytes()).put("sequence", open.resize(size.bytes()));
    } catch (Refusal e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public JsonNode remove(DiskName name, boolean force, boolean deleteHistory)
      throws IOException, CommandFailed {
    try (Closeable _ = lock()) {
      RemovedDisk removed = data.remove(find(name), new SystemClock().wallNanos());
      if (deleteHistory) {
        removed.delete();
      }
      return DiskReport.of(removed, deleteHistory);
    }
  }

  @Override
  public JsonNode set(DiskName name, boolean readOnly) throws IOException, CommandFailed {
    try (Closeable _ = lock()) {
      StoredDisk disk = data.note(find(name).withReadOnly(readOnly));
      return DiskReport.of(disk);
    }
  }

  private Closeable lock() throws IOException {
    Closeable lock = data.tryLock().orElseThrow(() -> new IOException(data.path() + " is in use"));
    try {
      Adoption.forgetUnfinished(data);
      return lock;
    } catch (IOException | RuntimeException e) {
      try (lock) {
        throw e;
      }
    }
  }

  private OpenGroup open(StoredDisk disk) throws IOException {
    return OpenGroup.open(data, data.groupOf(disk), new SystemClock(), new SecureRandom());
  }

  private StoredDisk find(DiskName name) throws IOException, CommandFailed {
    return Histories.stored(data, name);
  }
}
