package io.everwhen.target.scsi;

import static io.everwhen.target.scsi.TestPort.data;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A command reaches the disk as one change, so that its history has no state in between. */
class OneChangeTest {

  private final MemoryDisk disk = new MemoryDisk(16 << 20);
  private final TestPort port =
      new TestPort("one", LunMap.of(new LogicalUnit(disk, DiskIdentity.of("a disk"))));

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "write, 2a 00 00000000 00 0002 00, 1024",
    "write atomic, 9c 00 0000000000000000 0000 0002 00 00, 1024",
    "write and verify, 2e 02 00000000 00 0002 00, 1024",
    "orwrite of 1 MiB, 8b 00 0000000000000000 00000800 00 00, 1048576",
    "write same of 16 MiB, 93 00 0000000000000000 00008000 00 00, 512",
    "write same without data, 93 09 0000000000000000 00008000 00 00, 0",
    "format unit, 04 00 00 0000 00, 0",
    "sanitize block erase, 48 02 0000000000 0000 00, 0",
  })
  void aCommandIsOneChange(String name, String cdb, int bytes) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(bytes);
    for (int at = 0; at < bytes; at++) {
      content.put(at, (byte) (at % 251));
    }
    assertThat(port.sense(cdb, content)).isNull();
    assertThat(disk.changes()).as(name).isEqualTo(1);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "unmap, 42 00 00000000 00 0028 00,"
        + " 0026 0020 00000000 0000000000000001 00000002 00000000 0000000000000009 00000001 00000000",
    "sanitize overwrite with zeros, 48 01 0000000000 0006 00, 01 00 0002 0000",
    "a segment of extended copy, 83 00 0000000000000000 0000002c 00 00,"
        + " 01 00 0000 00000000 0000001c 00000000"
        + " 02 00 0018 ffff ffff 0000 4000 0000000000000000 0000000000004000",
  })
  void aCommandWithAListIsOneChange(String name, String cdb, String list) throws IOException {
    assertThat(port.sense(cdb, data(list))).isNull();
    assertThat(disk.changes()).as(name).isEqualTo(1);
  }
}
