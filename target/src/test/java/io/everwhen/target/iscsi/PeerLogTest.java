package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

class PeerLogTest {

  private final Logger log = (Logger) LoggerFactory.getLogger(PeerLogTest.class);
  private final ListAppender<ILoggingEvent> seen = new ListAppender<>();
  private final AtomicLong nanos = new AtomicLong();
  private final PeerLog peers = new PeerLog(nanos::get);

  @BeforeEach
  void listen() {
    log.setAdditive(false);
    log.setLevel(ch.qos.logback.classic.Level.INFO);
    seen.start();
    log.addAppender(seen);
  }

  @AfterEach
  void stop() {
    log.detachAppender(seen);
    log.setLevel(null);
    log.setAdditive(true);
  }

  private void warn(String address, int times) {
    for (int i = 0; i < times; i++) {
      peers.note(
          log,
          Level.WARN,
          new InetSocketAddress(InetAddress.ofLiteral(address), 1000 + i),
          "wrong");
    }
  }

  private List<String> messages() {
    return seen.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void anAddressCannotFloodTheLogAndWhatIsLeftOutIsCounted() {
    warn("192.0.2.1", 1000);
    assertThat(messages()).hasSize(Limits.LOGGED_LINES_MAX);
    peers.summarise(log);
    assertThat(messages()).as("it goes on").hasSize(Limits.LOGGED_LINES_MAX);
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(2L * Limits.LOGGED_LINE_SECONDS));
    peers.summarise(log);
    assertThat(messages().getLast())
        .contains("192.0.2.1")
        .contains(1000 - Limits.LOGGED_LINES_MAX + " more");
    int before = messages().size();
    peers.summarise(log);
    assertThat(messages()).as("said once").hasSize(before);
  }

  @Test
  void anotherAddressIsStillHeard() {
    warn("192.0.2.1", 1000);
    warn("192.0.2.2", 1);
    assertThat(messages().getLast()).startsWith("/192.0.2.2");
  }
}
