package io.everwhen.appliance.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The packaged program, and how it is started. */
public final class Dist {

  private Dist() {}

  /** The top of the checkout. */
  public static Path home() {
    return Path.of(System.getProperty("everwhen.home", "..")).toAbsolutePath().normalize();
  }

  /** The launcher script. */
  public static Path launcher() {
    return home().resolve("everwhen");
  }

  /** Where the build puts the jars. */
  public static Path lib() {
    return home().resolve("appliance/build/dist/lib");
  }

  /** The packaged program with {@code arguments}, on the JDK that runs the tests. */
  public static List<String> command(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx512m",
                "-cp",
                lib().resolve("everwhen-appliance.jar").toString(),
                "io.everwhen.appliance.Everwhen"));
    command.addAll(List.of(arguments));
    return command;
  }

  /** The program with {@code arguments}, as a user starts it; it stays one process. */
  public static List<String> launched(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(launcher().toString());
    command.addAll(List.of(arguments));
    return command;
  }
}
