package io.everwhen.journal.io;

import io.everwhen.journal.io.SimulatedInode.Change;
import io.everwhen.journal.io.SimulatedMachine.Fault;
import io.everwhen.journal.io.SimulatedMachine.Io;
import io.everwhen.journal.io.SimulatedMachine.Reading;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/** A directory of a {@link SimulatedMachine}. */
public final class SimulatedStorage implements Storage {

  /** A change of the names in the directory. Each is atomic, and none needs another. */
  private sealed interface NameChange {

    void applyTo(Map<String, SimulatedInode> names);

    /** The same of copied files. */
    NameChange copy(Map<SimulatedInode, SimulatedInode> copies);

    record Create(String name, SimulatedInode inode) implements NameChange {
      @Override
      public void applyTo(Map<String, SimulatedInode> names) {
        names.put(name, inode);
      }

      @Override
      public NameChange copy(Map<SimulatedInode, SimulatedInode> copies) {
        return new Create(name, copyOf(inode, copies));
      }
    }

    record Delete(String name, SimulatedInode inode) implements NameChange {
      @Override
      public void applyTo(Map<String, SimulatedInode> names) {
        names.remove(name, inode);
      }

      @Override
      public NameChange copy(Map<SimulatedInode, SimulatedInode> copies) {
        return new Delete(name, copyOf(inode, copies));
      }
    }

    record Rename(String from, String to, SimulatedInode inode) implements NameChange {
      @Override
      public void applyTo(Map<String, SimulatedInode> names) {
        names.remove(from, inode);
        names.put(to, inode);
      }

      @Override
      public NameChange copy(Map<SimulatedInode, SimulatedInode> copies) {
        return new Rename(from, to, copyOf(inode, copies));
      }
    }
  }

  private final SimulatedMachine machine;
  private final String name;
  private final Map<String, Integer> locks = new HashMap<>();
  private Map<String, SimulatedInode> names = new TreeMap<>();
  private Map<String, SimulatedInode> durableNames = new TreeMap<>();
  private final List<NameChange> unsynced = new ArrayList<>();
  private long capacityBytes = Long.MAX_VALUE;

  SimulatedStorage(SimulatedMachine machine, String name) {
    this.machine = machine;
    this.name = name;
  }

  /** Bounds what all files together may hold. */
  public void setCapacity(long bytes) {
    synchronized (machine) {
      capacityBytes = bytes;
    }
  }

  /** What all files together hold. */
  public long usedBytes() {
    synchronized (machine) {
      return names.values().stream().mapToLong(inode -> inode.seen().usedBytes()).sum();
    }
  }

  @Override
  public StorageFile open(String file) throws IOException {
    synchronized (machine) {
      machine.beginReading(Reading.OPEN, machine.incarnation());
      return new Handle(file, inode(file));
    }
  }

  private SimulatedInode inode(String file) throws NoSuchFileException {
    SimulatedInode inode = names.get(file);
    if (inode == null) {
      throw new NoSuchFileException(name + "/" + file);
    }
    return inode;
  }

  @Override
  public StorageFile openForReading(String file) throws IOException {
    return open(file);
  }

  @Override
  public StorageFile create(String file) throws IOException {
    synchronized (machine) {
      begin(Io.CREATE);
      if (names.containsKey(file)) {
        throw new FileAlreadyExistsException(name + "/" + file);
      }
      SimulatedInode inode = new SimulatedInode();
      change(new NameChange.Create(file, inode));
      return new Handle(file, inode);
    }
  }

  private void begin(Io io) throws IOException {
    if (machine.begin(io, machine.incarnation()) != null) {
      throw new IOException("simulated input/output error in " + io);
    }
  }

  private void change(NameChange change) {
    change.applyTo(names);
    unsynced.add(change);
  }

  @Override
  public boolean exists(String file) {
    synchronized (machine) {
      machine.checkAlive(machine.incarnation());
      return names.containsKey(file);
    }
  }

  @Override
  public long size(String file) throws IOException {
    synchronized (machine) {
      machine.beginReading(Reading.SIZE, machine.incarnation());
      return inode(file).seen().size();
    }
  }

  @Override
  public List<String> list() throws IOException {
    synchronized (machine) {
      machine.beginReading(Reading.LIST, machine.incarnation());
      return List.copyOf(names.keySet());
    }
  }

  @Override
  public void delete(String file) throws IOException {
    synchronized (machine) {
      if (names.containsKey(file)) {
        begin(Io.DELETE);
        change(new NameChange.Delete(file, inode(file)));
      }
    }
  }

  @Override
  public void rename(String from, String to) throws IOException {
    synchronized (machine) {
      begin(Io.RENAME);
      change(new NameChange.Rename(from, to, inode(from)));
    }
  }

  @Override
  public void syncDirectory() throws IOException {
    synchronized (machine) {
      begin(Io.SYNC_DIRECTORY);
      durableNames = new TreeMap<>(names);
      unsynced.clear();
    }
  }

  @Override
  public long usableBytes() {
    synchronized (machine) {
      machine.checkAlive(machine.incarnation());
      return capacityBytes == Long.MAX_VALUE
          ? capacityBytes
          : Math.max(0, capacityBytes - usedBytes());
    }
  }

  @Override
  public Optional<Closeable> tryLock(String file, LockMode mode) {
    synchronized (machine) {
      machine.checkAlive(machine.incarnation());
      int holders = locks.getOrDefault(file, 0);
      if (mode == LockMode.EXCLUSIVE ? holders != 0 : holders < 0) {
        return Optional.empty();
      }
      locks.put(file, mode == LockMode.EXCLUSIVE ? -1 : holders + 1);
      return Optional.of(new Release(file));
    }
  }

  private final class Release implements Closeable {

    private final String file;
    private final int since = machine.incarnation();
    private boolean closed;

    Release(String file) {
      this.file = file;
    }

    @Override
    public void close() {
      synchronized (machine) {
        if (!closed && since == machine.incarnation()) {
          locks.merge(file, 0, (held, none) -> held < 0 ? 0 : held - 1);
        }
        closed = true;
      }
    }
  }

  @Override
  public Storage other(String where) {
    return machine.directory(where);
  }

  @Override
  public String describe() {
    return name;
  }

  void releaseLocks() {
    locks.clear();
  }

  void crash(RandomGenerator random) {
    locks.clear();
    keepSome(random);
    unsynced.clear();
    names = new TreeMap<>(durableNames);
    double keep =
        switch (random.nextInt(4)) {
          case 0 -> 0;
          case 1 -> 1;
          default -> random.nextDouble();
        };
    double tear = random.nextBoolean() ? 0 : random.nextDouble();
    names.values().forEach(inode -> inode.crash(random, keep, tear));
  }

  /** As a file system does that writes them in order, or as one that does not. */
  private void keepSome(RandomGenerator random) {
    double keep = random.nextDouble();
    switch (random.nextInt(4)) {
      case 0 -> unsynced.forEach(change -> change.applyTo(durableNames));
      case 1 ->
          unsynced
              .subList(0, random.nextInt(unsynced.size() + 1))
              .forEach(change -> change.applyTo(durableNames));
      default -> {
        for (NameChange change : unsynced) {
          if (random.nextDouble() < keep) {
            change.applyTo(durableNames);
          }
        }
      }
    }
  }

  SimulatedStorage copyTo(SimulatedMachine other) {
    SimulatedStorage copy = new SimulatedStorage(other, name);
    Map<SimulatedInode, SimulatedInode> copies = new HashMap<>();
    copy.capacityBytes = capacityBytes;
    copy.names = copied(names, copies);
    copy.durableNames = copied(durableNames, copies);
    for (NameChange change : unsynced) {
      copy.unsynced.add(change.copy(copies));
    }
    return copy;
  }

  private static Map<String, SimulatedInode> copied(
      Map<String, SimulatedInode> names, Map<SimulatedInode, SimulatedInode> copies) {
    Map<String, SimulatedInode> copy = new TreeMap<>();
    names.forEach((file, inode) -> copy.put(file, copyOf(inode, copies)));
    return copy;
  }

  private static SimulatedInode copyOf(
      SimulatedInode inode, Map<SimulatedInode, SimulatedInode> copies) {
    return copies.computeIfAbsent(inode, SimulatedInode::copy);
  }

  /** An open file. */
  private final class Handle implements StorageFile {

    private final String file;
    private final SimulatedInode inode;
    private final int since = machine.incarnation();
    private boolean closed;

    Handle(String file, SimulatedInode inode) {
      this.file = file;
      this.inode = inode;
    }

    private void checkOpen() {
      machine.checkAlive(since);
      if (closed) {
        throw new IllegalStateException(describe() + " is closed");
      }
    }

    @Override
    public String describe() {
      return name + "/" + file;
    }

    @Override
    public long size() {
      synchronized (machine) {
        checkOpen();
        return inode.seen().size();
      }
    }

    @Override
    public int read(long position, ByteBuffer into) throws IOException {
      synchronized (machine) {
        checkOpen();
        machine.beginReading(Reading.READ, since);
        return inode.seen().read(position, into);
      }
    }

    @Override
    public void write(long position, ByteBuffer data) throws IOException {
      write(position, new ByteBuffer[] {data}, 1);
    }

    @Override
    public void write(long position, ByteBuffer[] data, int count) throws IOException {
      synchronized (machine) {
        checkOpen();
        Fault fault = machine.begin(Io.WRITE, since);
        ByteBuffer all = gather(data, count);
        if (inode.seen().missingBytes(position, all.limit()) > usableBytes()) {
          throw new NoSpaceException("no space left on the volume of " + describe());
        }
        if (fault != null) {
          int part = machine.random().nextInt(all.limit());
          String message =
              "simulated input/output error after %d of %d bytes".formatted(part, all.limit());
          inode.change(new Change.Write(position, all.limit(part)));
          throw new IOException(message);
        }
        inode.change(new Change.Write(position, all));
      }
    }

    private static ByteBuffer gather(ByteBuffer[] data, int count) {
      int total = 0;
      for (int i = 0; i < count; i++) {
        total += data[i].remaining();
      }
      ByteBuffer all = ByteBuffer.allocate(total);
      for (int i = 0; i < count; i++) {
        all.put(data[i]);
      }
      return all.flip();
    }

    @Override
    public void sync() throws IOException {
      synchronized (machine) {
        checkOpen();
        if (machine.begin(Io.SYNC, since) != null) {
          machine.lost(inode.failSync(machine.random()));
          throw new IOException("simulated failure to sync " + describe());
        }
        inode.sync();
      }
    }

    @Override
    public void setSize(long bytes) throws IOException {
      change(Io.SET_SIZE, new Change.SetSize(bytes), 0);
    }

    @Override
    public void allocate(long bytes) throws IOException {
      synchronized (machine) {
        change(Io.ALLOCATE, new Change.Allocate(bytes), inode.seen().missingBytes(0, bytes));
      }
    }

    @Override
    public void punchHole(long position, long length) throws IOException {
      change(Io.PUNCH_HOLE, new Change.Zero(position, length), 0);
    }

    private void change(Io io, Change change, long needed) throws IOException {
      synchronized (machine) {
        checkOpen();
        if (machine.begin(io, since) != null) {
          throw new IOException("simulated input/output error in " + io);
        }
        if (needed > usableBytes()) {
          throw new NoSpaceException("no space left on the volume of " + describe());
        }
        inode.change(change);
      }
    }

    @Override
    public long nextData(long position) {
      synchronized (machine) {
        checkOpen();
        return inode.seen().nextData(position);
      }
    }

    @Override
    public long nextHole(long position) {
      synchronized (machine) {
        checkOpen();
        return inode.seen().nextHole(position);
      }
    }

    @Override
    public void close() {
      synchronized (machine) {
        closed = true;
      }
    }
  }
}
