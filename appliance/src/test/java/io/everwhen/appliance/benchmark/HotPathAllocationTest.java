package io.everwhen.appliance.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.EncodingConfig;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.JournaledDisk;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.appliance.store.StoredGroup;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.target.iscsi.Portal;
import io.everwhen.target.iscsi.Target;
import io.everwhen.target.iscsi.Targets;
import io.everwhen.target.scsi.DiskIdentity;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the thread of a connection allocates for each command, once it is compiled: what {@code
 * docs/PERFORMANCE.md} lists, and no more. The least of some rounds counts, as the JVM's compilers
 * take their time. It prints what JFR saw allocated, and where.
 */
class HotPathAllocationTest {

  private static final int ROUNDS = 8;
  private static final long DISK_BYTES = 64 << 20;
  private static final String NAME = "iqn.2026-11.io.everwhen:allocation";
  private static final String ALLOCATED = "jdk.ObjectAllocationSample";

  /** A write: views of its data, its task, its CDB; each further PDU of data has a view. */
  private static final int WRITE_BYTES_MAX = 260;

  private static final int LARGE_WRITE_BYTES_MAX = 1000;

  /** A read: its task, its CDB, and what is lent, on both sides of the block interface. */
  private static final int READ_BYTES_MAX = 420;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir private Path directory;
  private OpenGroup group;
  private Portal portal;
  private int sessions;

  @BeforeEach
  void serve() throws IOException {
    StoredDisk stored =
        new StoredDisk(
            new DiskName("disk0"),
            DISK_BYTES,
            512,
            directory.resolve("journal"),
            GroupOptions.DEFAULT.historyBytes(),
            false,
            EncodingConfig.PLAIN);
    group =
        OpenGroup.open(
            DataDirectory.create(directory.resolve("data")),
            new StoredGroup(List.of(stored)),
            new SystemClock(),
            new SecureRandom());
    Targets targets = new Targets();
    targets.add(
        new Target(
            NAME, DiskIdentity.of(NAME), new JournaledDisk(group.disks().getFirst().group(), 0)));
    portal = new Portal(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), targets);
    portal.start();
  }

  @AfterEach
  void stop() throws IOException {
    portal.close();
    group.close();
  }

  @Test
  void aCommandAllocatesWhatIsListedAndNoMore() throws Exception {
    int filled = (int) (DISK_BYTES >> 20);
    run(Workload.writes(1 << 20, 8), filled);
    double write1 = leastBytes("4 KiB write, depth 1", Workload.writes(4096, 1).atRandom(), 20_000);
    double write32 =
        leastBytes("4 KiB write, depth 32", Workload.writes(4096, 32).atRandom(), 60_000);
    double write64 = leastBytes("64 KiB write, depth 16", Workload.writes(65_536, 16), 10_000);
    double write1m = leastBytes("1 MiB write, depth 8", Workload.writes(1 << 20, 8), 1_000);
    awaitImage();
    double read1 = leastBytes("4 KiB read, depth 1", Workload.reads(4096, 1).atRandom(), 20_000);
    double read32 = leastBytes("4 KiB read, depth 32", Workload.reads(4096, 32).atRandom(), 60_000);
    double read64 = leastBytes("64 KiB read, depth 16", Workload.reads(65_536, 16), 20_000);
    assertThat(List.of(write1, write32, write64))
        .allSatisfy(bytes -> assertThat(bytes).isLessThan(WRITE_BYTES_MAX));
    assertThat(write1m).isLessThan(LARGE_WRITE_BYTES_MAX);
    assertThat(List.of(read1, read32, read64))
        .allSatisfy(bytes -> assertThat(bytes).isLessThan(READ_BYTES_MAX));
  }

  /** Until reads find everything in the image. */
  private void awaitImage() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    var served = group.disks().getFirst().group();
    while (served.status().appliedSequence() < served.status().lastSequence()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  private double leastBytes(String name, Workload workload, int operations) throws Exception {
    double least = Double.MAX_VALUE;
    try (Recording recording = new Recording()) {
      for (int round = 0; round < ROUNDS; round++) {
        if (round == ROUNDS - 1) {
          recording.enable(ALLOCATED).withStackTrace().with("throttle", "10000/s");
          recording.start();
        }
        least = Math.min(least, run(workload, operations));
      }
      recording.stop();
      System.out.printf("%s: %.1f bytes each%n", name, least);
      Path file = directory.resolve("allocated.jfr");
      recording.dump(file);
      tell(file, operations);
    }
    return least;
  }

  /** Bytes that the connection's thread allocates for each operation. */
  private double run(Workload workload, int operations) throws IOException {
    Address address = new Address(portal.address().getPort(), NAME, 0);
    try (LoadSession session =
        new LoadSession(address, workload.wholly(operations), 0, ++sessions)) {
      long thread = connection();
      long before = threads.getThreadAllocatedBytes(thread);
      session.work();
      long bytes = threads.getThreadAllocatedBytes(thread) - before;
      session.logOut();
      return (double) bytes / operations;
    }
  }

  private static long connection() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(HotPathAllocationTest::serves)
        .max(Comparator.comparingLong(Thread::threadId))
        .orElseThrow()
        .threadId();
  }

  private static boolean serves(Thread thread) {
    return thread.getName().startsWith("iscsi-/");
  }

  private static void tell(Path file, int operations) throws IOException {
    Map<String, Long> places = new TreeMap<>();
    for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
      if (event.getThread() != null
          && event.getThread().getJavaName() != null
          && event.getThread().getJavaName().startsWith("iscsi-/")) {
        places.merge(
            event.getClass("objectClass").getName() + " in " + place(event),
            event.getLong("weight"),
            Long::sum);
      }
    }
    places.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(20)
        .forEach(entry ->
            System.out.printf(
                "  %8.1f %s%n", (double) entry.getValue() / operations, entry.getKey()));
  }

  /** The first method of ours. */
  private static String place(RecordedEvent event) {
    if (event.getStackTrace() == null) {
      return "?";
    }
    return event.getStackTrace().getFrames().stream()
        .map(RecordedFrame::getMethod)
        .filter(method -> method.getType().getName().startsWith("io.everwhen"))
        .map(method -> method.getType().getName() + "." + method.getName())
        .findFirst()
        .orElse("the JDK");
  }
}
