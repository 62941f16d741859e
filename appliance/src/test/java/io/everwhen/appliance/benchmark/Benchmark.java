package io.everwhen.appliance.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Everwhen and tgt on the same work, in turns, Everwhen's engine on a plain file with them, and the
 * limits beside them. Build, {@link #run}, close.
 */
final class Benchmark implements AutoCloseable {

  private static final int WARM_UP_MILLIS = 3000;

  private final Settings settings;
  private final Path directory;
  private final Report report;
  private final List<Peer> all = new ArrayList<>();
  private final Generator generator;
  private final EverwhenPeer everwhen;
  private final TgtPeer tgt;
  private final Peer plain;

  /**
   * Starts everything, and writes each LUN once that keeps what is written.
   *
   * @param directory where they have their files
   */
  Benchmark(Settings settings, Path directory, Report report)
      throws IOException, InterruptedException {
    this.settings = settings;
    this.directory = directory;
    this.report = report;
    this.generator = new Generator();
    try {
      int size = settings.mebibytes();
      everwhen =
          add(
              new EverwhenPeer(
                  directory.resolve("everwhen"),
                  size,
                  settings.journalMebibytes(),
                  "",
                  settings.settleSeconds()));
      tgt = add(new TgtPeer(directory.resolve("tgt"), size));
      plain = add(JvmPeer.plain(everwhen.jvmOptions(), directory.resolve("plain"), size));
      add(JvmPeer.memory(everwhen.jvmOptions(), size));
      add(JvmPeer.nullDisk(everwhen.jvmOptions(), size));
      add(JvmPeer.echo(everwhen.jvmOptions()));
      for (Peer peer : keeping()) {
        fill(peer);
      }
      for (Peer peer : all) {
        generator.run(peer.address(), Workload.mixed(4096, 32, 1, 50).during(warmUpMillis(), 1));
      }
      settle();
      // As after days of use: what a target needs to reach a page for the first time was done.
      for (Peer peer : withFiles()) {
        generator.run(peer.address(), Workload.reads(1 << 20, 8).wholly(settings.mebibytes()));
      }
    } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
      close();
      throw e;
    }
  }

  private int warmUpMillis() {
    return Math.min(WARM_UP_MILLIS, 2 * settings.millis());
  }

  private <P extends Peer> P add(P peer) {
    all.add(peer);
    return peer;
  }

  /** So that nothing that is read later is a hole. */
  private void fill(Peer peer) throws IOException, InterruptedException {
    generator.run(peer.address(), Workload.filling(settings.mebibytes()));
  }

  EverwhenPeer everwhen() {
    return everwhen;
  }

  TgtPeer tgt() {
    return tgt;
  }

  Generator generator() {
    return generator;
  }

  /** Everwhen and tgt. */
  List<Peer> compared() {
    return List.of(everwhen, tgt);
  }

  /** Those and the plain file. */
  private List<Peer> withFiles() {
    return List.of(everwhen, tgt, plain);
  }

  /** What keeps what is written: those with files, and memory. */
  List<Peer> keeping() {
    return all.subList(0, withFiles().size() + 1);
  }

  /** Everything that a case is run on. */
  List<Peer> measured(BenchmarkCase one) {
    List<Peer> measured = new ArrayList<>(turns(one));
    measured.addAll(limits());
    return measured;
  }

  private List<Peer> turns(BenchmarkCase one) {
    return settings.measuresPlain(one.name()) ? withFiles() : compared();
  }

  /** Those that do no more than answer, from memory at most. */
  private List<Peer> limits() {
    return all.subList(withFiles().size(), all.size());
  }

  /** All of them. */
  List<Peer> peers() {
    return all;
  }

  /** Runs those of the cases that are wanted, and reports each. */
  List<CaseResult> run(List<BenchmarkCase> cases) throws IOException, InterruptedException {
    List<CaseResult> results = new ArrayList<>();
    report.heading();
    for (BenchmarkCase one : cases) {
      if (settings.wants(one.name())) {
        CaseResult result = run(one);
        report.add(result);
        results.add(result);
      }
    }
    return results;
  }

  private CaseResult run(BenchmarkCase one) throws IOException, InterruptedException {
    CaseResult result = new CaseResult(one);
    List<Peer> turns = turns(one);
    for (int round = 0; round < settings.rounds(); round++) {
      for (Peer peer : round % 2 == 0 ? turns : turns.reversed()) {
        if (round == 0) {
          warmUp(peer, one);
        }
        Machine.makeReady(directory, settings.ballastMebibytes());
        measure(peer, result, round);
        if (one.workload().writes()) {
          settle();
        }
      }
      for (Peer limit : limits()) {
        if (round == 0) {
          warmUp(limit, one);
        }
        measure(limit, result, round);
      }
    }
    return result;
  }

  private void warmUp(Peer peer, BenchmarkCase one) throws IOException, InterruptedException {
    if (settings.warmMillis() > 0) {
      generator.run(peer.address(), one.workload().during(settings.warmMillis(), -1));
      if (one.workload().writes()) {
        settle();
      }
    }
  }

  private void measure(Peer peer, CaseResult result, int round)
      throws IOException, InterruptedException {
    Workload timed = result.benchmarkCase().workload().during(settings.millis(), round);
    result.add(peer.name(), Run.of(generator, peer, timed));
  }

  /** So that no run pays for the one before. */
  void settle() throws IOException, InterruptedException {
    for (Peer peer : all) {
      peer.settle();
    }
    Machine.makeReady(directory, 0);
  }

  @Override
  public void close() throws IOException {
    generator.close();
    for (Peer peer : all) {
      peer.close();
    }
  }
}
