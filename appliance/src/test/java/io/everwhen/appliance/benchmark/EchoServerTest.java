package io.everwhen.appliance.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class EchoServerTest {

  /** More of them than its window has room for: data that follows a command has no CmdSN. */
  @Test
  void writesWhoseDataFollowGoOnWithoutAnEnd() throws Exception {
    int bytes = Terms.ECHO.segmentBytes() + 512;
    try (Generator generator = new Generator();
        Peer echo = JvmPeer.echo(List.of())) {
      Measured run = generator.run(echo.address(), Workload.writes(bytes, 8).wholly(5000));
      assertThat(run.operations()).isEqualTo(5000);
    }
  }
}
