package io.everwhen.appliance.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;

/**
 * Keeps every version of a disk: the changes that were asked for, which of them were acknowledged,
 * and, once it has {@linkplain #learn learnt} the timeline, in which order they happened.
 */
public final class Oracle {

  /** What a timeline holds besides changes of the disk's content. */
  private static final Set<String> NO_CHANGE = Set.of("mark", "flush", "clock");

  private final int diskBytes;
  private final AtomicLong ticks = new AtomicLong();
  private final Map<ChangeGenerator.Extent, Asked> asked = new HashMap<>();
  private List<Version> versions = List.of();

  /** A change and when, in ticks of this oracle, it was asked for and acknowledged. */
  private static final class Asked {
    final Change change;
    final long askedAt;
    long acknowledgedAt = Long.MAX_VALUE;

    Asked(Change change, long askedAt) {
      this.change = change;
      this.askedAt = askedAt;
    }

    boolean acknowledged() {
      return acknowledgedAt != Long.MAX_VALUE;
    }
  }

  /** An entry of the timeline that changed the disk. */
  public record Version(long sequence, Instant time, Change change) {}

  /** An oracle of an empty disk. */
  public Oracle(int diskBytes) {
    this.diskBytes = diskBytes;
  }

  /**
   * Has {@code initiator} do {@code change}, and remembers that it was asked for, and whether it
   * was acknowledged.
   */
  public void send(Change change, LibiscsiInitiator initiator) throws InitiatorException {
    Asked entry = new Asked(change, ticks.incrementAndGet());
    synchronized (this) {
      asked.put(new ChangeGenerator.Extent(change.offset(), change.length()), entry);
    }
    change.sendTo(initiator);
    synchronized (this) {
      entry.acknowledgedAt = ticks.incrementAndGet();
    }
  }

  /**
   * Learns from a timeline, as {@code everwhen timeline --json} prints it, which changes happened
   * and in which order; and fails unless the timeline can be true: every acknowledged change is
   * there once, nothing is there that was not asked for, nothing comes before what had been
   * acknowledged when it was asked for, and sequence and time increase.
   */
  public synchronized void learn(List<JsonNode> timeline) {
    List<Version> learnt = new ArrayList<>();
    Map<Asked, Long> sequences = new HashMap<>();
    long sequence = -1;
    Instant time = Instant.MIN;
    long latestAsked = 0;
    for (JsonNode entry : timeline) {
      assertThat(entry.path("sequence").asLong())
          .as("sequence of %s", entry)
          .isGreaterThan(sequence);
      sequence = entry.path("sequence").asLong();
      Instant stamp = Instant.parse(entry.path("time").asString());
      assertThat(stamp).as("time of %s", entry).isAfter(time);
      time = stamp;
      if (NO_CHANGE.contains(entry.path("kind").asString().toLowerCase(Locale.ROOT))) {
        continue;
      }
      Asked known =
          asked.get(
              new ChangeGenerator.Extent(
                  entry.path("offset").asLong(), entry.path("length").asInt()));
      if (known == null) {
        throw new AssertionError("nobody asked for the change of " + entry);
      }
      assertThat(sequences.put(known, sequence))
          .as("another entry of the change of %s", entry)
          .isNull();
      assertThat(known.acknowledgedAt)
          .as("%s comes after a change that was asked for when it had been acknowledged", entry)
          .isGreaterThan(latestAsked);
      latestAsked = Math.max(latestAsked, known.askedAt);
      learnt.add(new Version(sequence, stamp, known.change));
    }
    for (Asked each : asked.values()) {
      assertThat(!each.acknowledged() || sequences.containsKey(each))
          .as("the acknowledged %s is on the timeline", each.change)
          .isTrue();
    }
    versions = List.copyOf(learnt);
  }

  /** The versions that were learnt, oldest first. */
  public List<Version> versions() {
    return versions;
  }

  /** The sequence number of the last change at or before {@code instant}, or 0. */
  public long sequenceAt(Instant instant) {
    return versions.stream()
        .filter(v -> !v.time().isAfter(instant))
        .mapToLong(Version::sequence)
        .max()
        .orElse(0);
  }

  /** The content of the disk from its beginning on, going forward only. */
  public Replay replay() {
    return new Replay();
  }

  /** A walk through the versions of the disk. */
  public final class Replay {

    private final byte[] image = new byte[diskBytes];
    private int next;

    /**
     * The content after the entry {@code sequence}, not before the one asked for last; valid until
     * the next call.
     */
    public byte[] forwardTo(long sequence) {
      for (; next < versions.size() && versions.get(next).sequence() <= sequence; next++) {
        versions.get(next).change().applyTo(image);
      }
      return image;
    }
  }

  /** How many changes were acknowledged. */
  public synchronized long acknowledged() {
    return asked.values().stream().filter(Asked::acknowledged).count();
  }
}
