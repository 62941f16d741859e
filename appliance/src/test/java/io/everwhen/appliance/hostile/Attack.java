package io.everwhen.appliance.hostile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Ways to mean harm, each a bit of it at a time. */
enum Attack {
  CONNECT_AND_CLOSE {
    @Override
    void strike(Attacker attacker) throws IOException {
      attacker.connect().close();
    }
  },

  SILENCE_AT_EACH_STAGE {
    @Override
    void strike(Attacker attacker) throws IOException {
      int stage = attacker.turn() % 6;
      RawClient client = stage == 5 ? attacker.logIn() : attacker.connect();
      attacker.hold(client, HELD_MAX);
      String[] keys = RawClient.introduction(NAME, attacker.target(), "AuthMethod=None");
      switch (stage) {
        case 1 -> client.send(Pdu.login(Pdu.FINAL, 1, 3, keys).bytes().limit(20));
        case 2 -> client.send(Pdu.login(Pdu.FINAL, 1, 3, keys).bytes().limit(60));
        case 3 -> {
          client.send(Pdu.login(Pdu.CONTINUE, 0, 0, "InitiatorName=" + NAME));
          client.receive();
        }
        case 4 -> {
          client.send(Pdu.login(Pdu.FINAL, 0, 1, keys));
          client.receive();
        }
        default -> {
          // Says nothing, before or after its login.
        }
      }
    }
  },

  EVERY_OPCODE_BEFORE_LOGIN {
    @Override
    void strike(Attacker attacker) throws IOException {
      try (RawClient client = attacker.connect()) {
        client.send(Pdu.of(attacker.turn() & 0x7f, Pdu.FINAL));
        client.finish();
      }
    }
  },

  EVERY_OPCODE_AFTER_LOGIN {
    @Override
    void strike(Attacker attacker) throws IOException {
      try (RawClient client = attacker.logIn()) {
        client.send(Pdu.of(attacker.turn() & 0x7f, Pdu.FINAL).cmdSn(1).tag(7));
        client.finish();
      }
    }
  },

  EVERY_SCSI_COMMAND {
    @Override
    void strike(Attacker attacker) throws IOException {
      try (RawClient client = attacker.logIn()) {
        int turn = attacker.turn();
        String fields = turn / 256 % 2 == 0 ? "00".repeat(15) : "ff".repeat(15);
        int flags = turn / 512 % 2 == 0 ? Pdu.FINAL | Pdu.READ : Pdu.FINAL | Pdu.WRITE;
        String cdb = "%02x".formatted(turn & 0xff) + fields;
        client.send(Pdu.command(flags, cdb, 0xffffffffL).cmdSn(1));
        client.finish();
      }
    }
  },

  CUT_SHORT {
    @Override
    void strike(Attacker attacker) throws IOException {
      ByteBuffer all = conversation(attacker);
      try (RawClient client = attacker.connect()) {
        client.send(all.limit(1 + attacker.turn() % all.capacity()));
        client.finish();
      }
    }
  },

  LENGTHS_OUT_OF_ALL_BOUNDS {
    @Override
    void strike(Attacker attacker) throws IOException {
      int turn = attacker.turn();
      if (turn % 4 == 0) {
        try (RawClient client = attacker.connect()) {
          client.send(Pdu.login(Pdu.FINAL, 1, 3).dataSegmentLength(0xffffff));
          client.finish();
        }
        return;
      }
      try (RawClient client = attacker.logIn("ImmediateData=Yes", "InitialR2T=No")) {
        client.send(TOO_LONG.get(turn % TOO_LONG.size()).cmdSn(1).tag(1));
        client.finish();
      }
    }
  },

  HALF_OPEN {
    @Override
    void strike(Attacker attacker) throws IOException {
      RawClient client = attacker.connect();
      attacker.hold(client, HALF_OPEN_CONNECTIONS);
      if (attacker.turn() % 2 == 0) {
        client.send(Pdu.login(Pdu.FINAL, 1, 3, "InitiatorName=" + NAME).bytes().limit(50));
      }
    }
  },

  READS_THAT_NOBODY_TAKES {
    @Override
    void strike(Attacker attacker) throws IOException {
      if (attacker.held() == MUTE_MAX) {
        attacker.rest();
        return;
      }
      RawClient client = attacker.logIn("MaxRecvDataSegmentLength=16777215");
      attacker.hold(client, MUTE_MAX);
      for (int i = 0; i < 64; i++) {
        client.send(
            Pdu.command(Pdu.FINAL | Pdu.READ, "2800 00000000 00 2000 00", 4 << 20)
                .cmdSn(1 + i)
                .tag(i));
      }
    }
  },

  WRONG_DIGESTS {
    @Override
    void strike(Attacker attacker) throws IOException {
      boolean header = attacker.turn() % 2 == 0;
      try (RawClient client =
          header ? attacker.logIn("HeaderDigest=CRC32C") : attacker.logIn("DataDigest=CRC32C")) {
        client.send(Pdu.of(Pdu.NOP_OUT, Pdu.FINAL, new byte[64]).cmdSn(1));
        client.send(ByteBuffer.allocate(8));
        client.finish();
      }
    }
  },

  WRONG_COMMAND_NUMBERS {
    @Override
    void strike(Attacker attacker) throws IOException {
      try (RawClient client = attacker.logIn()) {
        // All of the window but the first, several times over, and far outside.
        for (int round = 0; round < 3; round++) {
          for (int ahead = 1; ahead < 128; ahead++) {
            client.send(
                Pdu.command(Pdu.FINAL | Pdu.WRITE, "2a00 00000000 00 0010 00", 8192, new byte[8192])
                    .cmdSn(1 + ahead)
                    .tag(ahead));
          }
          client.send(Pdu.of(Pdu.NOP_OUT, Pdu.FINAL).cmdSn(0x7fffffff));
          client.send(Pdu.of(Pdu.NOP_OUT, Pdu.FINAL).cmdSn(0));
        }
        client.finish();
      }
    }
  },

  IMMEDIATE_COMMANDS_WITHOUT_END {
    @Override
    void strike(Attacker attacker) throws IOException {
      try (RawClient client = attacker.logIn()) {
        for (int i = 0; i < 500; i++) {
          client.send(Pdu.of(Pdu.IMMEDIATE | Pdu.NOP_OUT, Pdu.FINAL, new byte[16]).tag(i));
          client.send(
              Pdu.command(Pdu.FINAL, "000000000000", 0).tag(i)); // the window's one, ever again
        }
        client.finish();
      }
    }
  },

  TAGS_USED_AGAIN {
    @Override
    void strike(Attacker attacker) throws IOException {
      try (RawClient client = attacker.logIn("InitialR2T=Yes", "ImmediateData=No")) {
        for (int i = 0; i < 50; i++) {
          client.send(
              Pdu.command(Pdu.FINAL | Pdu.WRITE, "2a00 00000000 00 0080 00", 65536)
                  .cmdSn(1 + i)
                  .tag(7));
          client.send(Pdu.of(Pdu.IMMEDIATE | Pdu.TASK_MANAGEMENT, Pdu.FINAL | 1).at20(7).tag(7));
          client.send(Pdu.of(Pdu.DATA_OUT, Pdu.FINAL, new byte[512]).tag(7).at20(i));
        }
        client.finish();
      }
    }
  },

  UNSOLICITED_DATA_NEVER_SENT {
    @Override
    void strike(Attacker attacker) throws IOException {
      if (attacker.held() == MUTE_MAX) {
        attacker.rest();
        return;
      }
      RawClient client = attacker.logIn("InitialR2T=No", "FirstBurstLength=262144");
      attacker.hold(client, MUTE_MAX);
      for (int i = 0; i < 120; i++) {
        client.send(
            Pdu.command(Pdu.WRITE, "2a00 00000000 00 2000 00", 4 << 20).cmdSn(1 + i).tag(i));
      }
    }
  },

  R2TS_NEVER_ANSWERED {
    @Override
    void strike(Attacker attacker) throws IOException {
      if (attacker.held() == MUTE_MAX) {
        attacker.rest();
        return;
      }
      RawClient client = attacker.logIn("InitialR2T=Yes", "ImmediateData=No");
      attacker.hold(client, MUTE_MAX);
      for (int i = 0; i < 120; i++) {
        client.send(
            Pdu.command(Pdu.FINAL | Pdu.WRITE, "2a00 00000000 00 2000 00", 4 << 20)
                .cmdSn(1 + i)
                .tag(i));
      }
    }
  };

  /** Connections that {@link #HALF_OPEN} keeps open. */
  static final int HALF_OPEN_CONNECTIONS = 10_000;

  private static final String NAME = "iqn.2026-11.test:hostile";
  private static final int HELD_MAX = 300;

  /** Logged-in connections that have asked for much, and then neither take nor give anything. */
  private static final int MUTE_MAX = 64;

  private static final List<Pdu> TOO_LONG =
      List.of(
          Pdu.command(Pdu.FINAL | Pdu.READ, "8800 0000000000000000 ffffffff 0000", 0xffffffffL),
          Pdu.command(Pdu.FINAL | Pdu.READ, "2800 00000000 00 0001 00", 0xffffffffL),
          Pdu.command(Pdu.FINAL | Pdu.WRITE, "8a00 0000000000000000 ffffffff 0000", 0xffffffffL),
          Pdu.command(Pdu.FINAL | Pdu.WRITE, "2a00 00000000 00 0001 00", 0xffffffffL),
          Pdu.command(Pdu.WRITE, "2a00 00000000 00 0001 00", 0xffffffffL),
          Pdu.command(Pdu.FINAL | Pdu.WRITE, "9300 0000000000000000 ffffffff 0000", 512),
          Pdu.command(Pdu.FINAL | Pdu.WRITE, "4200 00000000 00 ffff 00", 0xffff),
          Pdu.command(Pdu.FINAL | Pdu.WRITE, "5f06 000000 ffffffff 00", 0xffffffffL),
          Pdu.command(Pdu.FINAL | Pdu.READ, "a300 00000000 ffffffff 0000", 0xffffffffL),
          Pdu.of(Pdu.NOP_OUT, Pdu.FINAL).dataSegmentLength(0xffffff),
          Pdu.of(Pdu.NOP_OUT, Pdu.FINAL).additionalHeaderWords(255),
          Pdu.of(Pdu.DATA_OUT, Pdu.FINAL).dataSegmentLength(0xffffff),
          Pdu.of(Pdu.SCSI_COMMAND, Pdu.FINAL | Pdu.WRITE).dataSegmentLength(262144));

  /** Does a bit of harm. */
  abstract void strike(Attacker attacker) throws IOException;

  /** A valid conversation: login, a write, a read of it, logout. */
  static ByteBuffer conversation(Attacker attacker) {
    List<Pdu> pdus =
        List.of(
            Pdu.login(Pdu.FINAL, 1, 3, RawClient.introduction(NAME, attacker.target(), "X-a=b"))
                .cmdSn(1),
            Pdu.command(Pdu.FINAL, "000000000000", 0).cmdSn(1).tag(1),
            Pdu.command(Pdu.FINAL | Pdu.WRITE, "2a00 00000000 00 0001 00", 512, new byte[512])
                .cmdSn(2)
                .tag(2),
            Pdu.command(Pdu.FINAL | Pdu.READ, "2800 00000000 00 0001 00", 512).cmdSn(3).tag(3),
            Pdu.of(Pdu.LOGOUT, Pdu.FINAL).cmdSn(4).tag(4));
    ByteBuffer all =
        ByteBuffer.allocate(pdus.stream().mapToInt(pdu -> pdu.bytes().capacity()).sum());
    pdus.forEach(pdu -> all.put(pdu.bytes()));
    return all.flip();
  }
}
