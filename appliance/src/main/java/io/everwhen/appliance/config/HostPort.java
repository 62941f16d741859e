package io.everwhen.appliance.config;

/**
 * An address to listen on: {@code 127.0.0.1:3260}, {@code localhost:3260}, {@code [::1]:3260}.
 *
 * @param host a name or address, without brackets; not resolved here
 * @param port 0 to 65535, where 0 asks the operating system for a free one
 */
public record HostPort(String host, int port) {

  public HostPort {
    if (host.isEmpty() || port < 0 || port > 65_535) {
      throw notAnAddress(host + ":" + port);
    }
  }

  /**
   * The address that {@code text} means.
   *
   * @throws IllegalArgumentException if it is not an address; the message says what one looks like
   */
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1) {
      throw notAnAddress(text);
    }
    String host = text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (!bracketed && host.indexOf(':') >= 0) {
      throw notAnAddress(text);
    }
    try {
      int port = Integer.parseInt(text, colon + 1, text.length(), 10);
      return new HostPort(bracketed ? host.substring(1, host.length() - 1) : host, port);
    } catch (NumberFormatException e) {
      throw notAnAddress(text);
    }
  }

  private static IllegalArgumentException notAnAddress(String text) {
    return new IllegalArgumentException(
        "not an address: '" + text + "'; write HOST:PORT, such as 127.0.0.1:3260 or [::1]:3260");
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
