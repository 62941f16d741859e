package io.everwhen.appliance.guest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A scenario that runs in a guest. */
final class Scenario {

  private static final String PRINTED = "> ";
  private static final String ENDED = "= ";

  private final Guest guest;
  private final String request;
  private final List<String> printed = new ArrayList<>();

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
      answer = guest.answer(this);
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
    String answer = guest.answer(this);
    while (!answer.startsWith(ENDED)) {
      keep(answer);
      answer = guest.answer(this);
    }
    if (!answer.equals(ENDED + "0")) {
      throw failed("exit code " + answer.substring(ENDED.length()));
    }
    return List.copyOf(printed);
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
