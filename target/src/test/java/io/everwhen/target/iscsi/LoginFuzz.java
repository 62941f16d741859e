package io.everwhen.target.iscsi;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.everwhen.target.iscsi.LoginAnswer.Complete;
import io.everwhen.target.iscsi.LoginAnswer.Continue;
import io.everwhen.target.iscsi.LoginAnswer.Refused;
import io.everwhen.target.pdu.TextKeys;
import io.everwhen.target.pdu.TextKeys.Pair;
import io.everwhen.target.scsi.DiskIdentity;
import io.everwhen.target.testing.MemoryDisk;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A login, step by step. The first byte chooses whether CHAP's challenge is the same each time (bit
 * 0), so that a seed can hold the right answer, or one that nobody can foresee: then nobody may get
 * past CHAP. What follows are requests that end with {@code ff}: the flags of the PDU, the version,
 * and text.
 *
 * <p>Targets are {@code iqn.x:open}, {@code iqn.x:chap} (user {@code u}, secret {@code
 * abcdefghijkl}; mutual {@code t}, {@code mnopqrstuvwx}) and {@code iqn.x:named}, for {@code
 * iqn.friend} only; discovery asks for CHAP as well.
 */
public final class LoginFuzz {

  private static final byte END_OF_REQUEST = (byte) 0xff;
  private static final String SECRET = "abcdefghijkl";
  private static final String MUTUAL_SECRET = "mnopqrstuvwx";
  private static final int ANSWER_BYTES_MAX = 3 * Limits.DEFAULT_SEGMENT_BYTES_MAX;

  private LoginFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    // A reason may say what was sent, and Jazzer finds out what this looks for.
    String said = new String(input, UTF_8);
    if (said.contains(SECRET) || said.contains(MUTUAL_SECRET)) {
      return;
    }
    boolean foreseeable = (input[0] & 1) != 0;
    RandomGenerator random = foreseeable ? new SplittableRandom(1) : new SecureRandom();
    Login login =
        new Login(targets(random), new LoginFailures(() -> 0), InetAddress.getLoopbackAddress(), 1);
    int stage = -1;
    for (ByteBuffer request : requests(input)) {
      LoginAnswer answer = login.step(request(request));
      switch (answer) {
        case Refused refused -> {
          require(!refused.reason().contains(SECRET), "the reason tells a secret");
          require(refused.status() != LoginStatus.SUCCESS, "refused with success");
          return;
        }
        case Continue goesOn -> {
          require(goesOn.currentStage() >= stage, "the stage went back");
          require(!goesOn.transit() || goesOn.nextStage() > goesOn.currentStage(), "no transit");
          stage = goesOn.currentStage();
          check(goesOn.keys());
        }
        case Complete complete -> {
          check(complete.keys());
          check(complete.admission(), foreseeable);
          return;
        }
      }
    }
  }

  private static Targets targets(RandomGenerator random) {
    Targets targets = new Targets(random);
    Credentials credentials =
        new Credentials(
            new Credentials.Account("u", Secret.of(SECRET)),
            new Credentials.Account("t", Secret.of(MUTUAL_SECRET)));
    targets.discoveryCredentials(credentials);
    add(targets, "iqn.x:open", Access.OPEN);
    add(targets, "iqn.x:chap", new Access(List.of(), List.of(), credentials));
    add(targets, "iqn.x:named", new Access(List.of("iqn.friend"), List.of(), null));
    return targets;
  }

  private static void add(Targets targets, String name, Access access) {
    targets.add(new Target(name, DiskIdentity.of(name), new MemoryDisk(4096), access));
  }

  private static List<ByteBuffer> requests(byte[] input) {
    List<ByteBuffer> requests = new ArrayList<>();
    int start = 1;
    for (int at = 1; at <= input.length; at++) {
      if (at == input.length || input[at] == END_OF_REQUEST) {
        int length = Math.min(at - start, Limits.DEFAULT_SEGMENT_BYTES_MAX);
        if (length >= 2) {
          requests.add(ByteBuffer.wrap(input, start, length).slice());
        }
        start = at + 1;
      }
    }
    return requests;
  }

  private static LoginRequest request(ByteBuffer in) {
    int flags = in.get();
    return new LoginRequest(
        (flags & 0x80) != 0,
        (flags & 0x40) != 0,
        flags >> 2 & 3,
        flags & 3,
        in.get() & 0xff,
        1,
        0,
        0,
        in);
  }

  private static void check(List<Pair> keys) {
    require(TextKeys.encode(keys).length <= ANSWER_BYTES_MAX, "a long answer");
    for (Pair pair : keys) {
      require(!pair.value().contains(SECRET), "an answer tells a secret");
      require(!pair.value().contains(MUTUAL_SECRET), "an answer tells a secret");
    }
  }

  private static void check(LoginAnswer.Admission admission, boolean foreseeable) {
    ServedTarget target = admission.target();
    String name = target == null ? "discovery" : target.name();
    if (name.equals("discovery") || name.equals("iqn.x:chap")) {
      require(foreseeable, "somebody got past CHAP");
    }
    if (name.equals("iqn.x:named")) {
      require(admission.initiator().equalsIgnoreCase("iqn.friend"), "not who is admitted");
    }
    SessionParameters agreed = admission.parameters();
    require(admission.own().sendSegmentBytesMax() >= 512, "segments too short");
    require(agreed.connectionsMax() <= Limits.CONNECTIONS_PER_SESSION_MAX, "too many connections");
    require(agreed.burstBytesMax() <= Limits.BURST_BYTES_MAX, "a burst too long");
    require(agreed.firstBurstBytesMax() <= agreed.burstBytesMax(), "a first burst too long");
    require(agreed.outstandingR2tMax() <= Limits.OUTSTANDING_R2T_MAX, "too many R2Ts");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
