package io.everwhen.appliance;

import io.everwhen.appliance.cli.Cli;
import io.everwhen.appliance.cli.Commands;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * A short run through what every start goes through, in one process. The launcher lets the JVM watch it once after a
 * build (JEP 514), so that later starts find these classes loaded and linked.
 */
final class StartupTraining {

  private StartupTraining() {}

  /** Runs; prints nothing. */
  public static void main(String[] arguments) {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    Cli parsingOnly =
        new Cli(
            new Commands(
                (o, out) -> out.line(o.toString()),
                (o, out) -> out.object(json -> json.writeStringProperty("options", o.toString())),
                (o, out) -> out.line(o.toString()),
                (o, out) -> out.line(o.toString()),
                (o, out) -> out.line(o.toString()),
                (o, out) -> out.line(o.toString())),
            Everwhen.version(),
            Logging::start);
    List<List<String>> lines =
        List.of(
            List.of("--help"),
            List.of("serve", "--help"),
            List.of("serve", "--disk", "disk0=1GiB", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"),
            List.of("status", "--json"),
            List.of("timeline", "disk0", "--from", "seq:1"),
            List.of("mark", "disk0", "name"),
            List.of("restore", "disk0", "--at", "now", "--to", "file", "--force"),
            List.of("verify", "disk0"),
            List.of("wrong"));
    for (List<String> line : lines) {
      parsingOnly.run(nowhere, nowhere, line.toArray(String[]::new));
    }
    LoggerFactory.getLogger(StartupTraining.class).debug("logging is trained too");
  }
}
