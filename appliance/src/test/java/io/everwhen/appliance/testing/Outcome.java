package io.everwhen.appliance.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What became of a command.
 *
 * @param command what was run
 * @param exitCode its exit code
 * @param out its standard output
 * @param err its standard error
 */
public record Outcome(List<String> command, int exitCode, String out, String err) {

  /** This outcome, if the command was done. */
  public Outcome done() {
    assertThat(exitCode).as("exit code of %s", this).isZero();
    return this;
  }

  /**
   * This outcome, if the command failed as it should: exit code 1, one clear line, no stack trace.
   */
  public Outcome failed() {
    assertThat(exitCode).as("exit code of %s", this).isEqualTo(1);
    return complained();
  }

  /** This outcome, if the command line was refused: exit code 2, one clear line, no stack trace. */
  public Outcome refused() {
    assertThat(exitCode).as("exit code of %s", this).isEqualTo(2);
    return complained();
  }

  private Outcome complained() {
    assertThat(err).as("error of %s", this).startsWith("everwhen: ").doesNotContain("\tat ");
    assertThat(err.lines().filter(line -> line.startsWith("everwhen: ")))
        .as("error lines of %s", this)
        .isNotEmpty();
    return this;
  }

  /** The standard output, read as one JSON value a line. */
  public List<JsonNode> json() {
    return out.lines().filter(line -> !line.isBlank()).map(JsonMapper.shared()::readTree).toList();
  }

  @Override
  public String toString() {
    return String.join(" ", command)
        + "\n-> "
        + exitCode
        + "\nout: "
        + tail(out)
        + "\nerr: "
        + tail(err);
  }

  private static String tail(String text) {
    return text.length() <= 4000 ? text : "..." + text.substring(text.length() - 4000);
  }
}
