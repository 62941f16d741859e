package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Dist;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Processes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * The image does the main job: it serves through a published port, and restores inside the
 * container.
 */
class ContainerIT {

  private static final int ISCSI_PORT = 3260;
  private static final int MIB = 1 << 20;

  /**
   * The image that ours is made from. Another one can be named, for where no registry is reachable.
   */
  private static final String BASE_IMAGE =
      System.getenv().getOrDefault("EVERWHEN_TEST_BASE_IMAGE", "debian:12-slim");

  private static final String IMAGE = "everwhen-test:" + ProcessHandle.current().pid();

  @TempDir private Path directory;

  @Test
  void writesThroughThePublishedPortAreRestoredInside() throws Exception {
    needDocker();
    LibiscsiInitiator.need();
    byte[] first = random(1);
    byte[] second = random(2);
    try (GenericContainer<?> everwhen = container()) {
      everwhen.start();
      String url =
          "iscsi://127.0.0.1:"
              + everwhen.getMappedPort(ISCSI_PORT)
              + "/iqn.2026-11.io.everwhen:disk0/0";
      try (LibiscsiInitiator initiator = LibiscsiInitiator.connect(url)) {
        initiator.write(0, first, true);
        inside(everwhen, "everwhen", "mark", "disk0", "first");
        initiator.write(0, second, true);
      }
      assertThat(restored(everwhen, "mark:first")).isEqualTo(first);
      assertThat(restored(everwhen, "now")).isEqualTo(second);
      assertThat(inside(everwhen, "id", "-u").strip()).isNotEqualTo("0");
    } finally {
      Processes.run(directory, List.of("docker", "image", "rm", "-f", IMAGE));
      Processes.run(
          directory,
          List.of("docker", "image", "prune", "-f", "--filter", "label=io.everwhen.stage=build"));
    }
  }

  private static byte[] restored(GenericContainer<?> everwhen, String instant) throws Exception {
    inside(
        everwhen,
        "everwhen",
        "restore",
        "disk0",
        "--at",
        instant,
        "--to",
        "/restored/out.img",
        "--force");
    return everwhen.copyFileFromContainer(
        "/restored/out.img", stream -> Arrays.copyOf(stream.readNBytes(MIB), MIB));
  }

  /** Runs a command in the container; {@code everwhen} is told where its data is. */
  private static String inside(GenericContainer<?> everwhen, String... command) throws Exception {
    List<String> all = new ArrayList<>(List.of(command));
    if (command[0].equals("everwhen")) {
      all.addAll(List.of("--data", "/data"));
    }
    ExecResult result = everwhen.execInContainer(all.toArray(String[]::new));
    assertThat(result.getExitCode())
        .as("%s: %s %s", all, result.getStdout(), result.getStderr())
        .isZero();
    return result.getStdout();
  }

  /**
   * An image from the real Dockerfile; the jars and the runtime come from here, and the base need
   * not have Java.
   */
  private GenericContainer<?> container() throws IOException, InterruptedException {
    Path prebuilt = directory.resolve("prebuilt");
    Outcome assembled =
        Processes.run(
            directory,
            List.of(
                "env",
                "JAVA_HOME=" + System.getProperty("java.home"),
                Dist.home().resolve("docker/assemble").toString(),
                prebuilt.toString()));
    assembled.done();
    ImageFromDockerfile image =
        new ImageFromDockerfile(IMAGE, true)
            .withFileFromPath("prebuilt", prebuilt)
            .withFileFromPath("Dockerfile", Dist.home().resolve("docker/Dockerfile"))
            .withBuildArg("BUILD_IMAGE", BASE_IMAGE)
            .withBuildArg("BASE_IMAGE", BASE_IMAGE);
    return new GenericContainer<>(image)
        .withExposedPorts(ISCSI_PORT)
        .withCommand(
            "serve",
            "--data",
            "/data",
            "--journal",
            "/journal",
            "--disk",
            "disk0=16MiB",
            "--listen",
            "0.0.0.0:" + ISCSI_PORT,
            "--admin",
            "0.0.0.0:3280")
        .waitingFor(Wait.forLogMessage("ready.*\\n", 1).withStartupTimeout(Duration.ofMinutes(4)));
  }

  private void needDocker() throws IOException, InterruptedException {
    Needs.program("docker", "docker.io");
    Needs.require(
        Processes.run(directory, List.of("docker", "info")).exitCode() == 0,
        "needs a running Docker engine: dockerd");
    boolean image =
        Processes.run(directory, List.of("docker", "image", "inspect", BASE_IMAGE)).exitCode() == 0
            || Processes.run(directory, List.of("docker", "pull", "-q", BASE_IMAGE)).exitCode()
                == 0;
    Needs.require(
        image,
        "needs the image "
            + BASE_IMAGE
            + "; where no registry is reachable, make one with .ci/base-image NAME and set"
            + " EVERWHEN_TEST_BASE_IMAGE=NAME");
  }

  private static byte[] random(long seed) {
    byte[] bytes = new byte[MIB];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }
}
