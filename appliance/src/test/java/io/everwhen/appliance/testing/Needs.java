package io.everwhen.appliance.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * What a test needs of the machine. Where it is missing the test is skipped, and says which Debian
 * package brings it; with CI=true in the environment the test fails instead, so that nothing is
 * skipped there unseen.
 */
public final class Needs {

  private Needs() {}

  /** Needs the program {@code name}, which the Debian package {@code debianPackage} brings. */
  public static void program(String name, String debianPackage) {
    require(onPath(name), "needs the program '" + name + "': apt-get install " + debianPackage);
  }

  /** Needs to run as root, to do {@code what}. */
  public static void root(String what) {
    require("root".equals(System.getProperty("user.name")), "needs root to " + what);
  }

  /**
   * Needs whatever {@code available} found out; {@code otherwise} says what is missing and how to
   * get it.
   */
  public static void require(boolean available, String otherwise) {
    if (!available && Boolean.parseBoolean(System.getenv("CI"))) {
      Assertions.fail(otherwise);
    }
    Assumptions.assumeTrue(available, otherwise);
  }

  private static boolean onPath(String name) {
    String path =
        System.getenv("PATH") + File.pathSeparator + "/usr/sbin" + File.pathSeparator + "/sbin";
    return Arrays.stream(path.split(File.pathSeparator))
        .anyMatch(dir -> Files.isExecutable(Path.of(dir, name)));
  }
}
