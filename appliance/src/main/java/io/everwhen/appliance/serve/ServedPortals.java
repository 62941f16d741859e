package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.HostPort;
import io.everwhen.appliance.config.PortalConfig;
import io.everwhen.target.iscsi.Portal;
import io.everwhen.target.iscsi.PortalOptions;
import io.everwhen.target.iscsi.Targets;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The portals that are open. Any thread may look at them; one at a time opens and closes them. */
final class ServedPortals implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(ServedPortals.class);

  /**
   * A portal that is open.
   *
   * @param config as it was asked for
   * @param portal what was opened
   * @param address where it listens, with the actual port
   */
  record Open(PortalConfig config, Portal portal, InetSocketAddress address) {}

  private final Targets targets;
  private final List<Open> open = new CopyOnWriteArrayList<>();

  ServedPortals(Targets targets) {
    this.targets = targets;
  }

  /** All of them, in the order in which they were opened. */
  List<Open> all() {
    return List.copyOf(open);
  }

  /** Opens one. */
  Open open(PortalConfig config, PortalOptions limits) throws IOException {
    PortalOptions options = limits.inGroup(config.group()).with(config.congestionControl());
    HostPort advertise = config.advertise();
    Portal portal =
        new Portal(
            resolved(config.listen()),
            targets,
            advertise == null ? options : options.advertising(unresolved(advertise)));
    try {
      portal.start();
    } catch (IllegalArgumentException e) {
      throw new IOException("cannot serve iSCSI on " + config + ": " + e.getMessage(), e);
    }
    Open opened = new Open(config, portal, portal.address());
    open.add(opened);
    return opened;
  }

  /** Where an address is. */
  static InetSocketAddress resolved(HostPort address) throws IOException {
    InetSocketAddress resolved = new InetSocketAddress(address.host(), address.port());
    if (resolved.isUnresolved()) {
      throw new IOException(
          "cannot listen on " + address + ": there is no host of that name; write an address");
    }
    return resolved;
  }

  /** It is for initiators to find, and may not be known here. */
  private static InetSocketAddress unresolved(HostPort address) {
    return InetSocketAddress.createUnresolved(address.host(), address.port());
  }

  /** The one that was asked for so; null if there is none. */
  @Nullable Open find(PortalConfig config) {
    return open.stream().filter(each -> each.config.equals(config)).findFirst().orElse(null);
  }

  /** Closes one; its initiators are asked to log out. */
  void close(Open one) throws IOException {
    open.remove(one);
    one.portal.close();
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Open each : all()) {
      try {
        close(each);
      } catch (IOException e) {
        log.error("closing {}: {}", each.config, e.getMessage(), e);
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
