package io.everwhen.target.scsi;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What REPORT TARGET PORT GROUPS returns, SPC-4 section 6.37: every port has the same access,
 * active and optimized, always.
 */
final class TargetPortGroups {

  private static final int LENGTH_ONLY = 0;
  private static final int EXTENDED = 1;

  private static final int ACTIVE_OPTIMIZED = 0;

  /** AO_SUP: that is the only state there is. */
  private static final int SUPPORTED_STATES = 0x01;

  private TargetPortGroups() {}

  /**
   * Appends the parameter data.
   *
   * @return why it cannot be, or null
   */
  static @Nullable Sense put(ByteBuffer out, Cdb.ReportTargetPortGroups cdb, TargetPorts ports) {
    if (cdb.format() != LENGTH_ONLY && cdb.format() != EXTENDED) {
      return Sense.INVALID_FIELD_IN_CDB;
    }
    int start = out.position();
    out.putInt(0);
    if (cdb.format() == EXTENDED) {
      out.put((byte) (EXTENDED << 4)).put((byte) 0).putShort((short) 0);
    }
    Map<Integer, List<TargetPort>> groups =
        ports.all().stream()
            .collect(Collectors.groupingBy(TargetPort::group, TreeMap::new, Collectors.toList()));
    groups.forEach((group, members) -> {
      out.put((byte) ACTIVE_OPTIMIZED).put((byte) SUPPORTED_STATES).putShort(group.shortValue());
      out.put((byte) 0).put((byte) 0).put((byte) 0).put((byte) members.size());
      members.forEach(port -> out.putShort((short) 0).putShort((short) port.relativeId()));
    });
    out.putInt(start, out.position() - start - Integer.BYTES);
    return null;
  }
}
