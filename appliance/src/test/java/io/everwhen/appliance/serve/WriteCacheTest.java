package io.everwhen.appliance.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.ConfigSource;
import io.everwhen.appliance.testing.Cli;
import io.everwhen.journal.log.SystemClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The configuration says which disks have a write cache, at each start and reload. */
class WriteCacheTest {

  @TempDir private Path directory;

  private Path config(String disk) throws Exception {
    return Files.writeString(
        directory.resolve("everwhen.yaml"),
        """
        data: %s
        listen: 127.0.0.1:0
        admin: 127.0.0.1:0
        disks: {db: {size: 1MiB%s}}
        """
            .formatted(data(), disk));
  }

  private String data() {
    return directory.resolve("data").toString();
  }

  private boolean hasWriteCache() {
    return JsonMapper.shared()
        .readTree(Cli.run("status", "--json", "--data", data()).done().out())
        .path("disks")
        .path(0)
        .required("write_cache")
        .asBoolean();
  }

  @Test
  void aDiskHasOneUnlessTheConfigurationSaysOtherwise() throws Exception {
    Path file = config(", write_cache: false");
    try (Appliance appliance =
        Appliance.start(
            new ConfigSource(file, config -> config),
            Config.read(file),
            new SystemClock(),
            new SecureRandom())) {
      assertThat(hasWriteCache()).isFalse();
      config("");
      assertThat(Cli.run("reload", "--data", data()).done().out()).contains("db has a write cache");
      assertThat(hasWriteCache()).isTrue();
      config(", write_cache: false");
      assertThat(Cli.run("reload", "--data", data()).done().out())
          .contains("db acknowledges writes when they are durable");
      assertThat(hasWriteCache()).isFalse();
      assertThat(appliance.disks()).hasSize(1);
    }
  }
}
