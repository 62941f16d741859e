package io.everwhen.target.testing;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.nio.file.Path;
import org.jscsi.target.Configuration;
import org.jscsi.target.Target;
import org.jscsi.target.TargetServer;
import org.jscsi.target.storage.RandomAccessStorageModule;

/**
 * jSCSI 2.5.2 serving a file, to compare with: {@code JscsiPeer PORT MEBIBYTES FILE}. It serves one
 * connection at a time, and ends its process when a connection is made and closed without a word;
 * so compare it in a process of its own.
 */
public final class JscsiPeer implements AutoCloseable {

  /** The name under which the file is served. */
  public static final String NAME = "iqn.2026-11.io.everwhen:jscsi";

  private static final int BLOCK_BYTES = 512;

  private final TargetServer server;

  /** Serves {@code file}, made {@code bytes} long, on a port of this machine. */
  public JscsiPeer(int port, long bytes, Path file) throws IOException {
    try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
      content.setLength(bytes);
    }
    server = new TargetServer(new OneFile(port, bytes, file.toFile()));
  }

  /** Its own configuration is an XML file; a subclass may set the same fields. */
  private static final class OneFile extends Configuration {
    OneFile(int port, long bytes, File file) throws IOException {
      super(InetAddress.getLoopbackAddress().getHostAddress());
      this.port = port;
      // Its sizes count the last block, not the blocks.
      targets.add(
          new Target(NAME, "peer", new RandomAccessStorageModule(bytes / BLOCK_BYTES - 1, file)));
    }
  }

  /** Serves until {@link #close}. */
  public void start() {
    Thread.ofPlatform()
        .daemon()
        .name("jscsi")
        .start(() -> {
          try {
            server.call();
          } catch (Exception e) {
            throw new IllegalStateException("jSCSI has ended", e);
          }
        });
  }

  @Override
  public void close() {
    server.stop();
  }

  public static void main(String[] arguments) throws Exception {
    JscsiPeer peer =
        new JscsiPeer(
            Integer.parseInt(arguments[0]),
            // The last of the blocks that it tells of can be neither read nor written.
            ((long) Integer.parseInt(arguments[1]) << 20) + BLOCK_BYTES,
            Path.of(arguments[2]));
    peer.start();
    System.out.println("ready " + arguments[0]);
    Thread.currentThread().join();
  }
}
