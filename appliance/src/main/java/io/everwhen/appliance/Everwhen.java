package io.everwhen.appliance;

import io.everwhen.appliance.cli.Cli;
import io.everwhen.appliance.cli.Commands;
import io.everwhen.appliance.command.BisectCommand;
import io.everwhen.appliance.command.DiffCommand;
import io.everwhen.appliance.command.DiskCommands;
import io.everwhen.appliance.command.ExportCommand;
import io.everwhen.appliance.command.HistoryCommand;
import io.everwhen.appliance.command.KeysCommands;
import io.everwhen.appliance.command.MarkCommand;
import io.everwhen.appliance.command.PastCommands;
import io.everwhen.appliance.command.ProveCommand;
import io.everwhen.appliance.command.ReloadCommand;
import io.everwhen.appliance.command.RestoreCommand;
import io.everwhen.appliance.command.RewindCommand;
import io.everwhen.appliance.command.SnapshotCommands;
import io.everwhen.appliance.command.StatusCommand;
import io.everwhen.appliance.command.TimelineCommand;
import io.everwhen.appliance.command.VerifyCommand;
import io.everwhen.appliance.serve.ServeCommand;
import java.io.PrintStream;

/** Where the program starts. */
public final class Everwhen {

  private Everwhen() {}

  /** Runs the command that {@code arguments} name, and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(run(System.out, System.err, arguments));
  }

  /** Runs the command that {@code arguments} name in this process, and returns its exit code. */
  public static int run(PrintStream out, PrintStream err, String... arguments) {
    return new Cli(commands(), version(), Logging::start).run(out, err, arguments);
  }

  /** What the commands do. */
  private static Commands commands() {
    DiskCommands disks = new DiskCommands();
    SnapshotCommands snapshots = new SnapshotCommands();
    KeysCommands keys = new KeysCommands();
    PastCommands pasts = new PastCommands();
    return new Commands(
        new ServeCommand(),
        new StatusCommand(),
        new TimelineCommand(),
        new MarkCommand(),
        new RestoreCommand(),
        new RewindCommand(),
        pasts::open,
        pasts::close,
        new ExportCommand(),
        new DiffCommand(),
        new HistoryCommand(),
        new BisectCommand(),
        new ProveCommand(),
        new VerifyCommand(),
        new ReloadCommand(),
        disks::list,
        disks::add,
        disks::resize,
        disks::remove,
        disks::set,
        snapshots::create,
        snapshots::pin,
        snapshots::list,
        snapshots::delete,
        keys::list,
        keys::rotate,
        keys::renew);
  }

  /** The version that the build wrote into the jar. */
  static String version() {
    String version = Everwhen.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
