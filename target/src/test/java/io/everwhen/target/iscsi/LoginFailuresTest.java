package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LoginFailuresTest {

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
  private final LoginFailures failures = new LoginFailures(nanos::get);

  @Test
  void blocksAfterTooManyAndForgivesOneByOne() {
    InetAddress address = InetAddress.ofLiteral("192.0.2.1");
    fail(address, Limits.FAILED_LOGINS_MAX - 1);
    assertThat(failures.blocked(address)).isFalse();
    fail(address, 100);
    assertThat(failures.blocked(address)).isTrue();
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(Limits.FAILED_LOGIN_SECONDS));
    assertThat(failures.blocked(address)).isFalse();
    fail(address, 1);
    assertThat(failures.blocked(address)).isTrue();
  }

  @Test
  void aNetworkOfOnePeerCountsAsOne() {
    fail(InetAddress.ofLiteral("2001:db8::1"), Limits.FAILED_LOGINS_MAX);
    assertThat(failures.blocked(InetAddress.ofLiteral("2001:db8::ffff:2"))).isTrue();
    assertThat(failures.blocked(InetAddress.ofLiteral("2001:db8:0:1::1"))).isFalse();
  }

  @Test
  void remembersABoundedNumberOfAddresses() {
    for (int i = 0; i < Limits.FAILED_ADDRESSES_MAX + 100; i++) {
      fail(InetAddress.ofLiteral("10.0." + i / 256 + "." + i % 256), 1);
    }
    assertThat(failures.addresses()).isEqualTo(Limits.FAILED_ADDRESSES_MAX);
  }

  private void fail(InetAddress address, int times) {
    for (int i = 0; i < times; i++) {
      failures.failed(address);
    }
  }
}
