package io.everwhen.appliance.guest;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A scenario that runs in a guest. */
final class Scenario {

  private static final String PRINTED = "> ";
  private static final String ENDED = "= ";

  /** Far more than any takes on a busy machine; one that goes round in circles ends. */
  private static final Duration TIMEOUT = Duration.ofMinutes(20);

  private final Guest guest;
  private final String request;
  private final List<String> printed = new ArrayList<>();
  private final long deadlineNanos = System.nanoTime() + TIMEOUT.toNanos();

  Scenario(Guest guest, String request) {
    this.guest = guest;
    this.request = request;
  }

  /**
   * Waits until it prints {@code line}.
   *
   * @throws AssertionError if it ends without
   */
  void awaitLine(String line) throws IOException {
    String answer;
    do {
      answer = answer();
      if (answer.startsWith(ENDED)) {
        throw failed(
            "ended with exit code " + answer.substring(ENDED.length()) + " before '" + line + "'");
      }
      keep(answer);
    } while (!answer.equals(PRINTED + line));
  }

  /**
   * Waits for its end, and returns what it has printed.
   *
   * @throws AssertionError if it fails
   */
  List<String> finish() throws IOException {
    String answer = answer();
    while (!answer.startsWith(ENDED)) {
      keep(answer);
      answer = answer();
    }
    if (!answer.equals(ENDED + "0")) {
      throw failed("exit code " + answer.substring(ENDED.length()));
    }
    return List.copyOf(printed);
  }

  private String answer() throws IOException {
    if (System.nanoTime() - deadlineNanos > 0) {
      throw failed("it has not ended after " + TIMEOUT);
    }
    return guest.answer(this);
  }

  private void keep(String answer) {
    printed.add(answer.substring(PRINTED.length()));
  }

  /** The error that says how it went wrong, and where to read more. */
  AssertionError failed(String how) {
    int from = Math.max(0, printed.size() - 60);
    return new AssertionError(
        "scenario '%s': %s. The guest's console: %s. Printed last:%n%s"
            .formatted(
                request,
                how,
                guest.console(),
                String.join("\n", printed.subList(from, printed.size()))));
  }
}
