package io.everwhen.target.iscsi;

import java.net.InetAddress;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How often the peers of each address have failed to prove who they are, so that secrets cannot be
 * guessed at speed. An address may fail {@link Limits#FAILED_LOGINS_MAX} times; each failure is
 * forgiven after {@link Limits#FAILED_LOGIN_SECONDS}. Addresses of one IPv6 network of 64 bits,
 * which one peer commonly has, count as one. Remembers {@link Limits#FAILED_ADDRESSES_MAX}
 * addresses. Any thread may call it.
 */
final class LoginFailures {

  private static final int PREFIX_BITS = 64;

  private final MonotonicClock clock;
  private final int max;
  private final long forgivenNanos;

  /** By address, when its last failure will be forgiven; the address that failed last is last. */
  private final LinkedHashMap<InetAddress, Long> clearAtNanos = new LinkedHashMap<>();

  LoginFailures(MonotonicClock clock) {
    this(clock, Limits.FAILED_LOGINS_MAX, Limits.FAILED_LOGIN_SECONDS);
  }

  /** The same for something else that an address may do so often, and again after so long. */
  LoginFailures(MonotonicClock clock, int max, int forgivenSeconds) {
    this.clock = clock;
    this.max = max;
    this.forgivenNanos = TimeUnit.SECONDS.toNanos(forgivenSeconds);
  }

  /** Whether the address has to wait before it may try again. */
  synchronized boolean blocked(InetAddress address) {
    long owed = owedNanos(key(address));
    return owed > (max - 1) * forgivenNanos;
  }

  /** Counts a failure. */
  synchronized void failed(InetAddress address) {
    InetAddress key = key(address);
    long owed = Math.min(owedNanos(key) + forgivenNanos, max * forgivenNanos);
    clearAtNanos.remove(key);
    clearAtNanos.put(key, clock.nanos() + owed);
    Iterator<Map.Entry<InetAddress, Long>> oldest = clearAtNanos.entrySet().iterator();
    while (clearAtNanos.size() > Limits.FAILED_ADDRESSES_MAX && oldest.hasNext()) {
      oldest.next();
      oldest.remove();
    }
  }

  private long owedNanos(InetAddress key) {
    Long clearAt = clearAtNanos.get(key);
    return clearAt == null ? 0 : Math.max(0, clearAt - clock.nanos());
  }

  synchronized int addresses() {
    return clearAtNanos.size();
  }

  private static InetAddress key(InetAddress address) {
    return Network.first(address, PREFIX_BITS);
  }
}
