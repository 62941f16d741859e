package io.everwhen.appliance.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line of Everwhen. Understands the arguments, runs the command that they name, and
 * reports: exit code {@value #DONE}, {@value #FAILED} or {@value #WRONG_USAGE}, with one line on
 * the standard error if it is not 0.
 */
public final class Cli {

  /** Exit code of a command that did what it was asked. */
  public static final int DONE = 0;

  /** Exit code of a command that could not do what it was asked. */
  public static final int FAILED = 1;

  /** Exit code of a command line that makes no sense. */
  public static final int WRONG_USAGE = 2;

  // A command is made when it is named: that of another would only take time.
  private final Map<String, Supplier<Verb<?>>> verbs;
  private final String version;
  private final Consumer<Boolean> logging;

  /**
   * @param commands what the commands do
   * @param version what {@code --version} prints
   * @param logging told before a command runs whether {@code --verbose} was given
   */
  public Cli(Commands commands, String version, Consumer<Boolean> logging) {
    this.version = version;
    this.logging = logging;
    this.verbs = new TreeMap<>();
    verbs.put("serve", () -> new Verb<>(ServeOptions::spec, ServeOptions::of, commands.serve()));
    verbs.put(
        "status", () -> new Verb<>(StatusOptions::spec, StatusOptions::of, commands.status()));
    verbs.put(
        "timeline",
        () -> new Verb<>(TimelineOptions::spec, TimelineOptions::of, commands.timeline()));
    verbs.put("mark", () -> new Verb<>(MarkOptions::spec, MarkOptions::of, commands.mark()));
    verbs.put(
        "restore", () -> new Verb<>(RestoreOptions::spec, RestoreOptions::of, commands.restore()));
    verbs.put(
        "rewind", () -> new Verb<>(RewindOptions::spec, RewindOptions::of, commands.rewind()));
    verbs.put("open", () -> new Verb<>(OpenOptions::spec, OpenOptions::of, commands.open()));
    verbs.put("close", () -> new Verb<>(CloseOptions::spec, CloseOptions::of, commands.close()));
    verbs.put(
        "export", () -> new Verb<>(ExportOptions::spec, ExportOptions::of, commands.export()));
    verbs.put("diff", () -> new Verb<>(DiffOptions::spec, DiffOptions::of, commands.diff()));
    verbs.put(
        "history", () -> new Verb<>(HistoryOptions::spec, HistoryOptions::of, commands.history()));
    verbs.put(
        "bisect", () -> new Verb<>(BisectOptions::spec, BisectOptions::of, commands.bisect()));
    verbs.put("prove", () -> new Verb<>(ProveOptions::spec, ProveOptions::of, commands.prove()));
    verbs.put(
        "verify", () -> new Verb<>(VerifyOptions::spec, VerifyOptions::of, commands.verify()));
    verbs.put(
        "reload", () -> new Verb<>(ReloadOptions::spec, ReloadOptions::of, commands.reload()));
    verbs.put(
        "disk list",
        () -> new Verb<>(DiskOptions.List::spec, DiskOptions.List::of, commands.diskList()));
    verbs.put(
        "disk add",
        () -> new Verb<>(DiskOptions.Add::spec, DiskOptions.Add::of, commands.diskAdd()));
    verbs.put(
        "disk resize",
        () -> new Verb<>(DiskOptions.Resize::spec, DiskOptions.Resize::of, commands.diskResize()));
    verbs.put(
        "disk remove",
        () -> new Verb<>(DiskOptions.Remove::spec, DiskOptions.Remove::of, commands.diskRemove()));
    verbs.put(
        "disk set",
        () -> new Verb<>(DiskOptions.Set::spec, DiskOptions.Set::of, commands.diskSet()));
    verbs.put(
        "snapshot create",
        () ->
            new Verb<>(
                SnapshotOptions.Create::spec,
                SnapshotOptions.Create::of,
                commands.snapshotCreate()));
    verbs.put(
        "snapshot pin",
        () ->
            new Verb<>(SnapshotOptions.Pin::spec, SnapshotOptions.Pin::of, commands.snapshotPin()));
    verbs.put(
        "snapshot list",
        () ->
            new Verb<>(
                SnapshotOptions.List::spec, SnapshotOptions.List::of, commands.snapshotList()));
    verbs.put(
        "snapshot delete",
        () ->
            new Verb<>(
                SnapshotOptions.Delete::spec,
                SnapshotOptions.Delete::of,
                commands.snapshotDelete()));
    verbs.put(
        "keys list",
        () -> new Verb<>(KeysOptions.List::spec, KeysOptions.List::of, commands.keysList()));
    verbs.put(
        "keys rotate",
        () -> new Verb<>(KeysOptions.Rotate::spec, KeysOptions.Rotate::of, commands.keysRotate()));
    verbs.put(
        "keys renew",
        () -> new Verb<>(KeysOptions.Renew::spec, KeysOptions.Renew::of, commands.keysRenew()));
  }

  /** A command: what it looks like, what its arguments mean, and what it does. */
  private record Verb<O>(Supplier<CommandSpec> spec, Reading<O> reading, Command<O> command) {

    void run(ParseResult parsed, Output output) throws Exception {
      command.run(reading.options(parsed), output);
    }
  }

  /** How a command's options are read from what was parsed. */
  private interface Reading<O> {
    O options(ParseResult parsed) throws UsageError;
  }

  /**
   * Runs the command that {@code arguments} name, and returns the exit code. Prints to {@code out}
   * and {@code err}.
   */
  public int run(PrintStream out, PrintStream err, String... arguments) {
    boolean verbose = List.of(arguments).contains("-v") || List.of(arguments).contains("--verbose");
    try {
      return parseAndRun(out, err, verbose, arguments);
    } catch (ParameterException e) {
      return failure(err, verbose, WRONG_USAGE, wrongUsage(e), e);
    } catch (UsageError e) {
      return failure(err, verbose, WRONG_USAGE, String.valueOf(e.getMessage()), e);
    } catch (CommandFailed e) {
      return failure(err, verbose, FAILED, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      return failure(err, verbose, FAILED, explained(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failure(err, verbose, FAILED, "interrupted before it was done", e);
    } catch (Exception e) {
      String hint = verbose ? "" : "; --verbose shows where";
      return failure(err, verbose, FAILED, "a defect in Everwhen: " + e + hint, e);
    }
  }

  private int parseAndRun(PrintStream out, PrintStream err, boolean verbose, String... arguments)
      throws Exception {
    CommandLine top = new CommandLine(topSpec());
    addCommands(top, arguments);
    top.setOut(new PrintWriter(out, true, out.charset()));
    ParseResult parsed = top.parseArgs(arguments);
    if (CommandLine.executeHelpRequest(parsed) != null) {
      return DONE;
    }
    ParseResult command = parsed;
    while (command.hasSubcommand()) {
      command = command.subcommand();
    }
    String name = command.commandSpec().qualifiedName();
    Supplier<Verb<?>> verb = verbs.get(name.substring(name.indexOf(' ') + 1));
    if (verb == null) {
      throw new UsageError(
          "which command? One of "
              + String.join(", ", command.commandSpec().subcommands().keySet())
              + "; see '"
              + name
              + " --help'");
    }
    logging.accept(verbose);
    boolean json = command.hasMatchedOption("--json");
    verb.get().run(command, new Output(out, err, json, verbose));
    out.flush();
    return DONE;
  }

  /** Adds the command that is named; where none is, all of them, to choose from. */
  private void addCommands(CommandLine top, String... arguments) {
    Map<String, Supplier<Verb<?>>> wanted = new TreeMap<>(verbs);
    for (int words = 1; words <= Math.min(2, arguments.length); words++) {
      String name = String.join(" ", List.of(arguments).subList(0, words));
      if (verbs.containsKey(name)) {
        wanted.keySet().retainAll(List.of(name));
      }
    }
    List<CommandLine> families =
        List.of(
            family("disk", "Lists, adds, resizes and removes disks, while they are served."),
            family("snapshot", "Keeps instants by a name, whatever the retention is."),
            family("keys", "Tells about and changes the keys of encrypted journals."));
    wanted.forEach((name, verb) -> {
      CommandLine command = new CommandLine(verb.get().spec.get());
      families.stream()
          .filter(family -> name.startsWith(family.getCommandName() + " "))
          .findFirst()
          .orElse(top)
          .addSubcommand(command);
    });
    families.forEach(top::addSubcommand);
  }

  /** A command that only has commands below it. */
  private static CommandLine family(String name, String description) {
    CommandSpec spec = Specs.command(name, description);
    spec.usageMessage()
        .synopsisSubcommandLabel("COMMAND")
        .footer("%n'everwhen " + name + " COMMAND --help' tells more.");
    return new CommandLine(spec);
  }

  private CommandSpec topSpec() {
    CommandSpec spec =
        Specs.command(
            "everwhen",
            "An iSCSI disk that remembers every write, and can be restored to any instant.",
            "Exit codes: 0 done, 1 failed, 2 wrong usage.%n");
    spec.version("everwhen " + version);
    spec.addOption(
        OptionSpec.builder("-V", "--version")
            .versionHelp(true)
            .description("Print the version and exit.")
            .build());
    spec.usageMessage()
        .synopsisSubcommandLabel("COMMAND")
        .footer("%n'everwhen COMMAND --help' tells more.");
    return spec;
  }

  private static String wrongUsage(ParameterException e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    List<String> near =
        e instanceof UnmatchedArgumentException unmatched
            ? unmatched.getSuggestions()
            : List.<String>of();
    String suggestion = near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
    return message
        + suggestion
        + "; see '"
        + e.getCommandLine().getCommandSpec().qualifiedName()
        + " --help'";
  }

  /** The message of an I/O failure; those of the JDK are often no more than the name of a file. */
  private static String explained(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "there is no file or directory " + missing.getFile();
      case AccessDeniedException denied -> "access to " + denied.getFile() + " is denied";
      case FileAlreadyExistsException there ->
          there.getFile() + " is there already, where a directory is to be made";
      case NotDirectoryException file -> file.getFile() + " is not a directory";
      case FileSystemException other when other.getReason() != null ->
          other.getFile() + ": " + other.getReason();
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  private static int failure(
      PrintStream err, boolean verbose, int code, String message, Exception cause) {
    err.println("everwhen: " + message);
    if (verbose) {
      cause.printStackTrace(err);
    }
    err.flush();
    return code;
  }
}
