package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.FilesOptions;
import io.everwhen.appliance.cli.Output;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.restore.run.Progress;
import io.everwhen.restore.run.ScratchImage;
import java.io.Closeable;
import java.io.IOException;

/** The copy of a disk that a command looks into files by; it is deleted with the command. */
final class Scratch implements Closeable {

  private final ScratchImage image;
  private final Thread ending;

  private Scratch(ScratchImage image, Output output) {
    this.image = image;
    this.ending = Thread.ofPlatform().name("deleting").unstarted(() -> delete(image, output));
    Runtime.getRuntime().addShutdownHook(ending);
  }

  static Scratch in(
      FilesOptions how, History history, Manifest.Disk disk, Progress progress, Output output)
      throws IOException, CommandFailed {
    if (DiskStorage.kindOf(how.scratch()) != DiskStorage.Kind.DIRECTORY) {
      throw new CommandFailed("there is no directory " + how.scratch() + " for --scratch");
    }
    String name = ".everwhen-%s-%d.img".formatted(disk.name(), ProcessHandle.current().pid());
    return new Scratch(new ScratchImage(history, disk, how.scratch(), name, progress), output);
  }

  ScratchImage image() {
    return image;
  }

  /** When the program is interrupted: nobody else would. */
  private static void delete(ScratchImage image, Output output) {
    try {
      image.delete();
    } catch (IOException e) {
      output.note(image.path() + " is left: " + e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    try (ScratchImage _ = image) {
      Runtime.getRuntime().removeShutdownHook(ending);
    }
  }
}
