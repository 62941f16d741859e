package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Persistent reservations that outlive the daemon, because their owner asked for that. */
class ReservationsIT {

  private static final int RESERVE = 1;
  private static final int PREEMPT = 4;
  private static final int REGISTER_AND_IGNORE = 6;
  private static final int WRITE_EXCLUSIVE = 1;

  private static final byte[] BLOCK = new byte[4096];

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  @Test
  void aReservationOutlivesAKilledDaemonAndAnOrderlyStop() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      try (LibiscsiInitiator owner = daemon.connect("disk0")) {
        owner.reserve(REGISTER_AND_IGNORE, 0, 0, 0xa, true);
        owner.reserve(RESERVE, WRITE_EXCLUSIVE, 0xa, 0, false);
        owner.write(0, BLOCK, false);
      }
      daemon.kill();
      daemon.start();
      // Another session is another initiator port, whatever its name.
      try (LibiscsiInitiator next = daemon.connect("disk0")) {
        assertThat(next.reservationKeys()).containsExactly(0xa);
        assertThat(next.read(0, 1)).hasSize(next.blockSize());
        assertThatThrownBy(() -> next.write(0, BLOCK, false))
            .isInstanceOf(InitiatorException.class)
            .hasMessageContaining("RESERVATION");
        next.reserve(REGISTER_AND_IGNORE, 0, 0, 0xb, true);
        next.reserve(PREEMPT, WRITE_EXCLUSIVE, 0xb, 0xa, false);
        next.write(0, BLOCK, false);
      }
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
      daemon.start();
      try (LibiscsiInitiator last = daemon.connect("disk0")) {
        assertThat(last.reservationKeys()).containsExactly(0xb);
        last.reserve(REGISTER_AND_IGNORE, 0, 0, 0xc, false);
      }
      daemon.kill();
      daemon.start();
      try (LibiscsiInitiator free = daemon.connect("disk0")) {
        assertThat(free.reservationKeys()).as("the last one did not ask for it").isEmpty();
        free.write(0, BLOCK, false);
      }
    }
  }

  @Test
  void aDiskWhoseReservationsAreDamagedIsNotServed() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      try (LibiscsiInitiator owner = daemon.connect("disk0")) {
        owner.reserve(REGISTER_AND_IGNORE, 0, 0, 0xa, true);
      }
      daemon.kill();
      Path file = daemon.data().resolve("disks/disk0/reservations");
      byte[] bytes = Files.readAllBytes(file);
      bytes[20] ^= 1;
      Files.write(file, bytes);
      assertThat(daemon.runToEnd()).as(daemon.output()).isNotZero();
      assertThat(daemon.output()).contains(file.toString()).contains("damaged").contains("Move");
      Files.delete(file);
      daemon.start();
      try (LibiscsiInitiator free = daemon.connect("disk0")) {
        assertThat(free.reservationKeys()).isEmpty();
      }
    }
  }
}
