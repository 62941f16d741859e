package io.everwhen.target.iscsi;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * A network of IPv4 or IPv6 addresses.
 *
 * @param base its first address
 * @param prefixBits how many leading bits its addresses share
 */
public record Network(InetAddress base, int prefixBits) {

  public Network {
    int bits = base.getAddress().length * Byte.SIZE;
    if (prefixBits < 0 || prefixBits > bits) {
      throw new IllegalArgumentException(
          "a prefix of " + base.getHostAddress() + " has 0 to " + bits + " bits");
    }
    InetAddress first = first(base, prefixBits);
    if (!first.equals(base)) {
      throw new IllegalArgumentException(
          "%s is not the first address of a network of %d bits; that is %s/%d"
              .formatted(base.getHostAddress(), prefixBits, first.getHostAddress(), prefixBits));
    }
  }

  /**
   * The network that {@code text} means: {@code 10.0.0.0/8}, {@code fd00::/8}, or one address. A
   * name is not looked up.
   *
   * @throws IllegalArgumentException if it does not mean one
   */
  public static Network parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    try {
      if (address.indexOf('%') >= 0) {
        throw new IllegalArgumentException("an address with a scope");
      }
      InetAddress base = InetAddress.ofLiteral(address);
      int bits = base.getAddress().length * Byte.SIZE;
      return new Network(
          base, slash < 0 ? bits : Integer.parseUnsignedInt(text, slash + 1, text.length(), 10));
    } catch (NumberFormatException e) {
      throw notANetwork(text, e);
    } catch (IllegalArgumentException e) {
      String message = e.getMessage();
      throw message != null && message.contains(" bits") ? e : notANetwork(text, e);
    }
  }

  private static IllegalArgumentException notANetwork(String text, Exception cause) {
    return new IllegalArgumentException(
        "not a network: '" + text + "'; write 10.0.0.0/8, fd00::/8 or one address", cause);
  }

  /** Whether the address is one of the network's. */
  public boolean contains(InetAddress address) {
    return address.getAddress().length == base.getAddress().length
        && first(address, prefixBits).equals(base);
  }

  /** The first address of the network of this prefix that {@code address} is in. */
  static InetAddress first(InetAddress address, int prefixBits) {
    byte[] bytes = address.getAddress();
    for (int i = 0; i < bytes.length; i++) {
      int kept = Math.clamp(prefixBits - i * (long) Byte.SIZE, 0, Byte.SIZE);
      bytes[i] &= (byte) (0xff00 >> kept);
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
    }
  }

  @Override
  public String toString() {
    return base.getHostAddress() + "/" + prefixBits;
  }
}
