package io.everwhen.appliance.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * An initiator that costs little, as a process of its own: takes a LUN and a {@link Workload} as a
 * line of {@code key=value}s on standard input, does it, and prints what was {@link Measured} as
 * such a line, or {@code error=} and what went wrong. So every target is measured by code that is
 * compiled already.
 */
final class LoadGenerator {

  /** How long what is outstanding at the end, and logging in and out, may take. */
  private static final int GRACE_SECONDS = 30;

  private int sessions;

  private LoadGenerator() {}

  public static void main(String[] arguments) throws IOException {
    LoadGenerator generator = new LoadGenerator();
    System.out.println("ready 0");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      Keys keys = Keys.parse(line);
      Address address = new Address(keys.number("port"), keys.text("target"), keys.number("lun"));
      try {
        System.out.println(generator.run(address, Workload.parse(keys)).line());
      } catch (IOException | InterruptedException e) {
        System.out.println("error=" + String.valueOf(e.getMessage()).replace(' ', '_'));
      }
    }
  }

  private Measured run(Address address, Workload workload)
      throws IOException, InterruptedException {
    List<LoadSession> all = new ArrayList<>();
    AtomicReference<IOException> failure = new AtomicReference<>();
    try {
      for (int i = 0; i < workload.connections(); i++) {
        all.add(new LoadSession(address, workload, i, ++sessions));
      }
      CountDownLatch start = new CountDownLatch(1);
      List<Thread> threads = new ArrayList<>();
      for (LoadSession session : all) {
        threads.add(
            Thread.ofPlatform()
                .name("load")
                .start(() -> {
                  try {
                    start.await();
                    session.work();
                    if (!address.echoes()) {
                      session.logOut();
                    }
                  } catch (IOException e) {
                    failure.compareAndSet(null, e);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
      }
      start.countDown();
      long limit = TimeUnit.MILLISECONDS.toSeconds(workload.millis()) + GRACE_SECONDS;
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(limit);
      for (Thread thread : threads) {
        long left = Math.max(1, deadline - System.nanoTime());
        thread.join(java.time.Duration.ofNanos(left));
        if (thread.isAlive()) {
          throw new IOException("not done after " + limit + " s");
        }
      }
      if (failure.get() != null) {
        throw failure.get();
      }
      return result(all);
    } finally {
      for (LoadSession session : all) {
        session.close();
      }
    }
  }

  private static Measured result(List<LoadSession> all) {
    Latencies latencies = new Latencies();
    long[] eachSecond = new long[all.getFirst().eachSecond().length];
    for (LoadSession session : all) {
      latencies.add(session.latencies());
      for (int i = 0; i < eachSecond.length; i++) {
        eachSecond[i] += session.eachSecond()[i];
      }
    }
    return new Measured(
        all.stream().mapToLong(LoadSession::done).sum(),
        all.stream().mapToLong(LoadSession::nanos).max().orElse(0),
        latencies.quantile(0.5),
        latencies.quantile(0.99),
        latencies.quantile(0.999),
        latencies.longest(),
        all.stream().mapToLong(LoadSession::pause).max().orElse(0),
        eachSecond);
  }
}
