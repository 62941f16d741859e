package io.everwhen.appliance;

import io.everwhen.appliance.cli.Cli;
import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Commands;
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
    return new Commands(
        notWired("serve"),
        notWired("status"),
        notWired("timeline"),
        notWired("mark"),
        notWired("restore"),
        notWired("verify"));
  }

  private static <O> Command<O> notWired(String name) {
    return (options, output) -> {
      throw new CommandFailed("'" + name + "' is not wired yet");
    };
  }

  /** The version that the build wrote into the jar. */
  static String version() {
    String version = Everwhen.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
