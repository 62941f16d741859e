package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.restore.run.Progress;
import io.everwhen.restore.run.ScratchImage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** The copy of a disk that a command or another program looks into; it is deleted in the end. */
final class Scratch implements Closeable {

  private final ScratchImage image;
  private final AtEnd ending;

  private Scratch(ScratchImage image, Output output) {
    this.image = image;
    this.ending = AtEnd.of("deleting", () -> delete(image, output));
  }

  static Scratch in(
      Path directory, History history, Manifest.Disk disk, Progress progress, Output output)
      throws IOException, CommandFailed {
    if (DiskStorage.kindOf(directory) != DiskStorage.Kind.DIRECTORY) {
      throw new CommandFailed("there is no directory " + directory + " for --scratch");
    }
    String name = ".everwhen-%s-%d.img".formatted(disk.name(), ProcessHandle.current().pid());
    return new Scratch(new ScratchImage(history, disk, directory, name, progress), output);
  }

  ScratchImage image() {
    return image;
  }

  private static void delete(ScratchImage image, Output output) {
    try {
      image.delete();
    } catch (IOException e) {
      output.note(image.path() + " is left: " + e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    if (ending.isTakenBack()) {
      image.close();
    }
  }
}
