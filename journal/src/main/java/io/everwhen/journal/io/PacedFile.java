package io.everwhen.journal.io;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A file for reading, whose every read is told to somebody who may then take a rest. */
public final class PacedFile implements StorageFile {

  private final StorageFile file;
  private final Pace pace;

  public PacedFile(StorageFile file, Pace pace) {
    this.file = file;
    this.pace = pace;
  }

  @Override
  public int read(long position, ByteBuffer into) throws IOException {
    int bytes = file.read(position, into);
    pace.spend(bytes);
    return bytes;
  }

  @Override
  public String describe() {
    return file.describe();
  }

  @Override
  public long size() throws IOException {
    return file.size();
  }

  @Override
  public long nextData(long position) throws IOException {
    return file.nextData(position);
  }

  @Override
  public long nextHole(long position) throws IOException {
    return file.nextHole(position);
  }

  @Override
  public void write(long position, ByteBuffer data) throws IOException {
    throw readOnly();
  }

  @Override
  public void write(long position, ByteBuffer[] data, int count) throws IOException {
    throw readOnly();
  }

  @Override
  public void sync() throws IOException {
    throw readOnly();
  }

  @Override
  public void setSize(long bytes) throws IOException {
    throw readOnly();
  }

  @Override
  public void allocate(long bytes) throws IOException {
    throw readOnly();
  }

  @Override
  public void punchHole(long position, long length) throws IOException {
    throw readOnly();
  }

  private IOException readOnly() {
    return new IOException(file.describe() + " is open for reading only");
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
