package io.everwhen.target.iscsi;

import io.everwhen.target.scsi.TargetPorts;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The portals that listen, and what discovery says of them. Any thread may call it. */
final class Portals {

  /**
   * A portal as discovery knows it.
   *
   * @param bound where it listens; the wildcard address stands for all of the machine's
   * @param advertised what initiators are told instead, or null
   */
  record Listening(InetSocketAddress bound, int group, @Nullable InetSocketAddress advertised) {}

  private final List<Listening> open = new CopyOnWriteArrayList<>();

  /**
   * A portal listens.
   *
   * @throws IllegalArgumentException if it is of one group too many
   */
  synchronized void add(Listening portal) {
    if (groups(portal.group()).size() > TargetPorts.PORTS_MAX) {
      throw new IllegalArgumentException(
          "more than " + TargetPorts.PORTS_MAX + " portal groups of one target");
    }
    open.add(portal);
  }

  /** Tags of the groups that there are, and of this one, in order. */
  List<Integer> groups(int own) {
    return Stream.concat(Stream.of(own), open.stream().map(Listening::group))
        .distinct()
        .sorted()
        .toList();
  }

  void remove(Listening portal) {
    open.remove(portal);
  }

  /**
   * The portals as values of TargetAddress, RFC 7143 section 13.8, for an initiator that has come
   * in at {@code local} of {@code own}, which comes first. Others are left out if it could not
   * reach them by what is known of them here.
   */
  List<String> addresses(Listening own, InetSocketAddress local) {
    Set<String> addresses = new LinkedHashSet<>();
    addresses.add(text(own.advertised() == null ? local : own.advertised(), own.group()));
    for (Listening portal : open) {
      InetSocketAddress reached = reached(portal, local.getAddress());
      if (reached != null && !portal.equals(own)) {
        addresses.add(text(reached, portal.group()));
      }
    }
    return List.copyOf(addresses);
  }

  /** Where an initiator reaches a portal that has reached {@code local}, or null. */
  private static @Nullable InetSocketAddress reached(Listening portal, InetAddress local) {
    InetSocketAddress bound = portal.bound();
    InetAddress address = bound.getAddress();
    if (portal.advertised() != null) {
      return portal.advertised();
    } else if (address.isAnyLocalAddress()) {
      boolean listensThere = !(address instanceof Inet4Address) || local instanceof Inet4Address;
      return listensThere ? new InetSocketAddress(local, bound.getPort()) : null;
    }
    boolean fromHere = local.isLoopbackAddress();
    boolean farther = address.isLoopbackAddress() || address.isLinkLocalAddress();
    return farther && !fromHere && !address.equals(local) ? null : bound;
  }

  private static String text(InetSocketAddress address, int group) {
    InetAddress resolved = address.getAddress();
    String host = resolved == null ? address.getHostString() : resolved.getHostAddress();
    int scope = host.indexOf('%');
    String plain = scope < 0 ? host : host.substring(0, scope);
    boolean literal6 = plain.indexOf(':') >= 0;
    return (literal6 ? "[" + plain + "]" : plain) + ":" + address.getPort() + "," + group;
  }
}
