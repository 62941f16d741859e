package io.everwhen.appliance.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DiskConfigTest {

  @Test
  void isNameAndSize() {
    DiskConfig disk = DiskConfig.parse("disk0=1GiB");
    assertThat(disk.name()).isEqualTo(new DiskName("disk0"));
    assertThat(disk.blockSize()).isEqualTo(512);
    assertThat(disk.blockCount()).isEqualTo(2_097_152);
  }

  @Test
  void hasWholeBlocks() {
    assertThatThrownBy(() -> DiskConfig.parse("disk0=1000"))
        .hasMessageContaining("not a multiple of its block of 512 bytes")
        .hasMessageContaining("the next is 1KiB");
    assertThatThrownBy(() -> new DiskConfig(new DiskName("d"), new ByteSize(512), 4096, null, null))
        .hasMessageContaining("the next is 4KiB");
  }

  @Test
  void hasAtMost64TiB() {
    assertThat(DiskConfig.parse("disk0=64TiB").size().bytes()).isEqualTo(64L << 40);
    assertThatThrownBy(() -> DiskConfig.parse("disk0=65TiB")).hasMessageContaining("at most 64TiB");
    assertThatThrownBy(() -> DiskConfig.parse("disk0=0")).hasMessageContaining("at least 1 byte");
    assertThatThrownBy(() -> DiskConfig.parse("disk0=-1")).hasMessageContaining("not a size");
  }

  @Test
  void refusesOtherBlockSizes() {
    assertThatThrownBy(
            () -> new DiskConfig(new DiskName("d"), new ByteSize(1 << 20), 1024, null, null))
        .hasMessageContaining("512 or 4096");
  }

  @Test
  void refusesANameWithoutASize() {
    assertThatThrownBy(() -> DiskConfig.parse("disk0")).hasMessageContaining("NAME=SIZE");
  }
}
