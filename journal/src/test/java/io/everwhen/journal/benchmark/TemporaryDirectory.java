package io.everwhen.journal.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a benchmark puts its files: below {@code -Deverwhen.benchmark.directory}, else where
 * temporary files go. Closing deletes them.
 */
final class TemporaryDirectory implements AutoCloseable {

  private final Path directory;

  TemporaryDirectory() throws IOException {
    String parent = System.getProperty("everwhen.benchmark.directory");
    this.directory =
        parent == null
            ? Files.createTempDirectory("everwhen-benchmark")
            : Files.createTempDirectory(Path.of(parent), "everwhen-benchmark");
  }

  Path resolve(String name) {
    return directory.resolve(name);
  }

  void delete(String name) throws IOException {
    deleteAll(resolve(name));
  }

  private static void deleteAll(Path path) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(path)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }

  @Override
  public void close() throws IOException {
    deleteAll(directory);
  }
}
