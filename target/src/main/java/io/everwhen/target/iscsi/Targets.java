package io.everwhen.target.iscsi;

import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The targets that portals serve, and the sessions with them. Any thread may call it, while
 * serving.
 *
 * <p>Disks come, go and change while they are served: {@link #update} gives a target other rules,
 * and so other {@link io.everwhen.target.scsi.LunMap LUN maps}, and every logged-in initiator sees
 * it without a new login (unit attention 3F/0E, and an asynchronous message). A {@code BlockDevice}
 * that changes its geometry, or becomes read-only, needs no call: its {@link
 * io.everwhen.target.scsi.LogicalUnit LogicalUnit} notices. Before a disk is closed, every target
 * that led to it has to be updated or removed, and then its {@code LogicalUnit} closed: once these
 * calls have returned, nothing touches it any more.
 */
public final class Targets {

  /** What {@link #writeBytesMax} takes, and what it is unless said otherwise. */
  public static final long WRITE_BYTES_LEAST = 64 << 20;

  public static final long WRITE_BYTES_MOST = 64L << 30;
  public static final long WRITE_BYTES_USUAL = Limits.TRANSFERS_BYTES_MAX;

  private final ConcurrentSkipListMap<String, ServedTarget> served = new ConcurrentSkipListMap<>();
  private final Portals portals = new Portals();
  private final Sessions sessions = new Sessions(portals);
  private final BufferPool buffers = new BufferPool();
  private final Spinners spinners = new Spinners(Runtime.getRuntime().availableProcessors());
  private final CpuLatency cpuLatency = new CpuLatency();
  private final RandomGenerator random;
  private volatile @Nullable Credentials discovery;
  private volatile @Nullable TargetsOnDemand onDemand;

  /** With the randomness of the machine for CHAP's challenges. */
  public Targets() {
    this(new SecureRandom());
  }

  /**
   * @param random gives CHAP's challenges; any thread may call it, and nobody can foresee it
   */
  public Targets(RandomGenerator random) {
    this.random = random;
  }

  /** Asks discovery sessions for proof from now on; null asks for none. */
  public void discoveryCredentials(@Nullable Credentials credentials) {
    discovery = credentials;
  }

  @Nullable Credentials discoveryCredentials() {
    return discovery;
  }

  RandomGenerator random() {
    return random;
  }

  /**
   * Serves a target from now on.
   *
   * @throws IllegalArgumentException if there is one of this name
   */
  public void add(Target target) {
    if (served.putIfAbsent(target.name(), new ServedTarget(target)) != null) {
      throw new IllegalArgumentException("there is a target " + target.name() + " already");
    }
  }

  /**
   * Serves the target of this name by other rules from now on. Sessions whose initiators are let in
   * as before go on, and see the disks of the rule that counts now; initiators that no rule admits
   * any more, or that would have to prove something else, are asked to log out, and dropped if they
   * do not within half a second.
   *
   * <p>When this returns, no command of the target's sessions runs, or will run, at a disk that
   * their rules do not lead to any more: a command that runs is waited for, however long the disk
   * takes; one whose initiator does not take its data loses its connection.
   *
   * @throws IllegalArgumentException if there is none of this name
   */
  public void update(Target target) {
    ServedTarget current = served.get(target.name());
    if (current == null) {
      throw new IllegalArgumentException("there is no target " + target.name());
    }
    sessions.update(current, target);
  }

  /**
   * Serves a target no longer, and ends its sessions at once. When this returns, no command of
   * theirs runs, or will run; one that runs is waited for, however long the disk takes. Without
   * effect if there is no target of this name.
   */
  public void remove(String name) {
    ServedTarget target = served.remove(name);
    if (target != null) {
      target.remove(); // before the sessions are looked up: a login under way finds it closed
      sessions.close(target);
    }
  }

  /** The names of the targets, sorted. */
  public List<String> names() {
    return List.copyOf(served.keySet());
  }

  /** The names of those that this initiator may use from there, sorted. */
  List<String> names(String initiator, InetAddress from) {
    return served.values().stream()
        .filter(target -> target.rule(initiator, from) != null)
        .map(ServedTarget::name)
        .toList();
  }

  /** How every target is used. */
  public List<TargetStatus> status() {
    return served.values().stream().map(this::status).toList();
  }

  private TargetStatus status(ServedTarget target) {
    Counters counters = target.counters();
    return new TargetStatus(
        target.name(),
        sessions.of(target).stream().map(Session::status).filter(Objects::nonNull).toList(),
        counters.commands.sum(),
        counters.bytesRead.sum(),
        counters.bytesWritten.sum());
  }

  /** Has targets that are not served made when somebody logs in to them. */
  public void onDemand(TargetsOnDemand source) {
    onDemand = source;
    sessions.whenUnused(target -> source.unused(target.name()));
  }

  /** Names compare without case: RFC 3722 folds them. */
  @Nullable ServedTarget find(String name) {
    return served.get(folded(name));
  }

  private static String folded(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** A target that is not served but can be made, for its rules alone; null when it cannot. */
  @Nullable ServedTarget offered(String name) {
    TargetsOnDemand source = onDemand;
    Target offered = source == null ? null : source.offered(folded(name));
    return offered == null ? null : new ServedTarget(offered);
  }

  /**
   * The target that {@link #offered} has told of, served; null when it cannot be made after all.
   */
  @Nullable ServedTarget open(ServedTarget offered) {
    TargetsOnDemand source = onDemand;
    return source != null && source.open(offered.name()) ? find(offered.name()) : null;
  }

  /**
   * Opens no session beyond these from now on; sessions that are there go on.
   *
   * @param sessions 1 to 65535; 4096 unless said otherwise
   */
  public void sessionsMax(int sessions) {
    if (sessions < 1 || sessions > Sessions.TSIH_MAX) {
      throw new IllegalArgumentException(
          "sessions: " + sessions + ", but must be 1 to " + Sessions.TSIH_MAX);
    }
    this.sessions.sessionsMax(sessions);
  }

  /**
   * Holds no more write data at once from now on, of all connections together; whoever would need
   * more is answered BUSY.
   *
   * @param bytes {@link #WRITE_BYTES_LEAST}, of which one connection still gets the longest write,
   *     to {@link #WRITE_BYTES_MOST}, of direct memory
   */
  public void writeBytesMax(long bytes) {
    if (bytes < WRITE_BYTES_LEAST || bytes > WRITE_BYTES_MOST) {
      throw new IllegalArgumentException(
          "bytes of write data: %d, but must be %d to %d"
              .formatted(bytes, WRITE_BYTES_LEAST, WRITE_BYTES_MOST));
    }
    buffers.heldBytesMax(bytes);
  }

  /**
   * How the system is asked, from now on, to let its processors sleep lightly while initiators wait
   * for one command after the other; null when it is not.
   */
  public void cpuLatency(@Nullable CpuLatencyRequest request) {
    cpuLatency.by(request);
  }

  /** Who waits for a peer without sleeping. */
  Spinners spinners() {
    return spinners;
  }

  /** Keeps processors from sleeping deeply while peers wait. */
  CpuLatency cpuLatency() {
    return cpuLatency;
  }

  BufferPool buffers() {
    return buffers;
  }

  /** Where they are served. */
  Portals portals() {
    return portals;
  }

  Sessions sessions() {
    return sessions;
  }
}
