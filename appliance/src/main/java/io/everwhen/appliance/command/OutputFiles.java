package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Place;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.DiskStorage;
import java.nio.file.Path;

/** Where commands may write what they make. */
final class OutputFiles {

  private OutputFiles() {}

  /** Refuses to write among Everwhen's own files. */
  static void checkNotOwn(Path to, Place place, History history) throws CommandFailed {
    Path absolute = to.toAbsolutePath().normalize();
    for (Path own : new Path[] {place.data(), Path.of(history.storage().describe())}) {
      if (absolute.startsWith(own.toAbsolutePath().normalize())) {
        throw new CommandFailed(
            to + " is inside " + own + ", which is Everwhen's own; restore to somewhere else");
      }
    }
  }

  /** Refuses a file in a directory that is not there. */
  static void checkDirectory(Path to) throws CommandFailed {
    Path parent = to.toAbsolutePath().normalize().getParent();
    if (parent == null || DiskStorage.kindOf(parent) != DiskStorage.Kind.DIRECTORY) {
      throw new CommandFailed("there is no directory " + parent + " to write " + to + " in");
    }
  }
}
