package io.everwhen.target.iscsi;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What Linux lets one ask and tell a connected socket, tcp(7), and Java has no words for. Of use
 * only while its channel is open; any thread may call it.
 */
@SuppressWarnings("restricted") // the launcher and the tests enable native access
final class TcpSocket {

  private static final int IPPROTO_TCP = 6;
  private static final int TCP_INFO = 11;
  private static final int TCP_CONGESTION = 13;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;

  private static final int SOCKADDR_BYTES = 28;
  private static final int SOCKADDR_PORT = 2;
  private static final int SOCKADDR_IN_ADDRESS = 4;
  private static final int SOCKADDR_IN6_ADDRESS = 8;
  private static final int IN_BYTES = 4;
  private static final int IN6_BYTES = 16;
  private static final int NAME_BYTES = 16;

  /** {@code tcpi_min_rtt} of {@code struct tcp_info}, and where it ends. */
  private static final int INFO_LEAST_ROUND_TRIP = 148;

  private static final int INFO_BYTES = 152;

  /** More open files than a portal with all its connections, and all disks, has. */
  private static final int DESCRIPTORS_MAX = 1 << 16;

  private static final ValueLayout.OfShort NETWORK_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle GETSOCKNAME =
      call("getsockname", ValueLayout.ADDRESS, ValueLayout.ADDRESS);
  private static final MethodHandle GETPEERNAME =
      call("getpeername", ValueLayout.ADDRESS, ValueLayout.ADDRESS);
  private static final MethodHandle GETSOCKOPT =
      call(
          "getsockopt",
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS);
  private static final MethodHandle SETSOCKOPT =
      call(
          "setsockopt",
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT);

  private final int descriptor;

  private TcpSocket(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * A call on a descriptor, which says whether it failed.
   *
   * @param more what it takes beside the descriptor
   */
  private static MethodHandle call(String name, MemoryLayout... more) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, more)
            .insertArgumentLayouts(0, ValueLayout.JAVA_INT));
  }

  /**
   * The socket of a channel: the one among the files of this process that has the same two ends.
   * Empty if the channel is not connected any more.
   */
  static Optional<TcpSocket> of(SocketChannel channel) throws IOException {
    return between(channel.getLocalAddress(), channel.getRemoteAddress());
  }

  /** The socket of this process with these ends. */
  static Optional<TcpSocket> between(SocketAddress local, SocketAddress remote) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(SOCKADDR_BYTES, Integer.BYTES);
      MemorySegment length = arena.allocate(ValueLayout.JAVA_INT);
      for (int descriptor = 0; descriptor < DESCRIPTORS_MAX; descriptor++) {
        if (has(GETPEERNAME, descriptor, remote, address, length)
            && has(GETSOCKNAME, descriptor, local, address, length)) {
          return Optional.of(new TcpSocket(descriptor));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean has(
      MethodHandle call,
      int descriptor,
      SocketAddress end,
      MemorySegment address,
      MemorySegment length) {
    length.set(ValueLayout.JAVA_INT, 0, SOCKADDR_BYTES);
    int result;
    try {
      result = (int) call.invokeExact(descriptor, address, length);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return result == 0
        && length.get(ValueLayout.JAVA_INT, 0) <= SOCKADDR_BYTES
        && end.equals(socketAddress(address).orElse(null));
  }

  private static Optional<InetSocketAddress> socketAddress(MemorySegment address) {
    int port = Short.toUnsignedInt(address.get(NETWORK_SHORT, SOCKADDR_PORT));
    return switch (address.get(ValueLayout.JAVA_SHORT, 0)) {
      case AF_INET -> Optional.of(at(address.asSlice(SOCKADDR_IN_ADDRESS, IN_BYTES), port));
      case AF_INET6 -> Optional.of(at(address.asSlice(SOCKADDR_IN6_ADDRESS, IN6_BYTES), port));
      default -> Optional.empty();
    };
  }

  private static InetSocketAddress at(MemorySegment address, int port) {
    try {
      return new InetSocketAddress(
          InetAddress.getByAddress(address.toArray(ValueLayout.JAVA_BYTE)), port);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  /** By what the system decides how fast to send; empty if it does not say. */
  Optional<String> congestionControl() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(NAME_BYTES + 1L);
      return get(arena, TCP_CONGESTION, name, NAME_BYTES) > 0
          ? Optional.of(name.getString(0, StandardCharsets.US_ASCII))
          : Optional.empty();
    }
  }

  /**
   * Has the system decide by something else from now on.
   *
   * @param name one that {@code net.ipv4.tcp_allowed_congestion_control} has
   * @return false if it does not
   */
  boolean congestionControl(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocateFrom(name, StandardCharsets.US_ASCII);
      return (int)
              SETSOCKOPT.invokeExact(descriptor, IPPROTO_TCP, TCP_CONGESTION, value, name.length())
          == 0;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Microseconds to the peer and back, the least that was measured, the handshake included; empty
   * if the system does not say.
   */
  Optional<Integer> roundTripMicros() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(INFO_BYTES, Integer.BYTES);
      return get(arena, TCP_INFO, info, INFO_BYTES) == INFO_BYTES
          ? Optional.of(info.get(ValueLayout.JAVA_INT, INFO_LEAST_ROUND_TRIP))
              .filter(micros -> micros > 0)
          : Optional.empty();
    }
  }

  /** How long what the system put there is, -1 if it did not. */
  private int get(Arena arena, int option, MemorySegment value, int bytes) {
    MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, bytes);
    try {
      return (int) GETSOCKOPT.invokeExact(descriptor, IPPROTO_TCP, option, value, length) == 0
          ? length.get(ValueLayout.JAVA_INT, 0)
          : -1;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
