package io.everwhen.journal;

import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** The files of directories, by name, as golden ones are kept in a ZIP file. */
final class GoldenZip {

  private GoldenZip() {}

  /** Those of a resource. */
  static Map<String, ByteBuffer> read(String resource) throws IOException {
    Map<String, ByteBuffer> files = new TreeMap<>();
    try (InputStream in = GoldenZip.class.getResourceAsStream(resource)) {
      ZipInputStream zip = new ZipInputStream(in);
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        files.put(entry.getName(), ByteBuffer.wrap(zip.readAllBytes()));
      }
    }
    return files;
  }

  /** Writes a new one. */
  static void write(Path target, Map<String, ByteBuffer> files) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(target))) {
      for (Map.Entry<String, ByteBuffer> file : files.entrySet()) {
        ZipEntry entry = new ZipEntry(file.getKey());
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(file.getValue().array());
      }
    }
  }

  /** The files of a directory, each with {@code prefix} before its name. */
  static Map<String, ByteBuffer> of(Storage directory, String prefix) throws IOException {
    Map<String, ByteBuffer> files = new TreeMap<>();
    for (String name : directory.list()) {
      try (StorageFile file = directory.openForReading(name)) {
        ByteBuffer content = ByteBuffer.allocate((int) file.size());
        file.readFully(0, content);
        files.put(prefix + name, content.flip());
      }
    }
    return files;
  }

  /** Puts those with {@code prefix} into a directory. */
  static void unpack(Map<String, ByteBuffer> files, String prefix, Storage directory)
      throws IOException {
    for (Map.Entry<String, ByteBuffer> file : files.entrySet()) {
      if (file.getKey().startsWith(prefix)) {
        try (StorageFile out = directory.create(file.getKey().substring(prefix.length()))) {
          out.write(0, file.getValue().duplicate());
        }
      }
    }
  }
}
