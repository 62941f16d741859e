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
 */
public final class Targets {

  private final ConcurrentSkipListMap<String, ServedTarget> served = new ConcurrentSkipListMap<>();
  private final Sessions sessions = new Sessions();
  private final RandomGenerator random;
  private volatile @Nullable Credentials discovery;

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
   * Serves a target no longer, and ends its sessions. When this returns, no command of theirs is
   * running.
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
        .filter(target -> target.access().admits(initiator, from))
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

  /** Names compare without case: RFC 3722 folds them. */
  @Nullable ServedTarget find(String name) {
    return served.get(name.toLowerCase(Locale.ROOT));
  }

  Sessions sessions() {
    return sessions;
  }
}
