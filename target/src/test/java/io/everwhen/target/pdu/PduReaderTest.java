package io.everwhen.target.pdu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.fail;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PduReaderTest {

  private static final int DATA_BYTES_MAX = 4096;

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 48, 100, 5000})
  void cutsPdusHoweverTheBytesArrive(int atOnce) throws IOException {
    ByteBuffer stream = ByteBuffer.allocate(20_000);
    for (int size : new int[] {0, 5, 4096, 1, 0, 4000}) {
      putPdu(stream, size);
    }
    PduReader reader = new PduReader(slow(stream.flip(), atOnce), 64, DATA_BYTES_MAX);
    List<Integer> sizes = new ArrayList<>();
    while (reader.fill()) {
      while (reader.next()) {
        ByteBuffer data = reader.data();
        sizes.add(data.remaining());
        for (int i = 0; i < data.remaining(); i++) {
          assertThat(data.get(i)).isEqualTo((byte) (i * 31));
        }
      }
    }
    assertThat(sizes).containsExactly(0, 5, 4096, 1, 0, 4000);
  }

  @ParameterizedTest
  @CsvSource({"1,NONE", "48,NONE", "49,CRC32C", "5000,CRC32C", "100000,NONE"})
  void longDataLandsWhereItBelongs(int atOnce, Digest headerDigest) throws IOException {
    int[] lengths = {5, 40_000, 0, 12_345, 40_000, 40_000, 8, 100};
    ByteBuffer stream = dataOut(headerDigest, Digest.NONE, lengths);
    PduReader reader = new PduReader(slow(stream, atOnce), 64, 40_000);
    reader.digests(headerDigest, Digest.NONE);
    ByteBuffer room = ByteBuffer.allocateDirect(40_000);
    List<Integer> taken = new ArrayList<>();
    int landed = 0;
    while (reader.fill()) {
      while (reader.next()) {
        assertThat(reader.data()).isEqualTo(counting(reader.header().initiatorTaskTag()));
        taken.add(reader.dataBytes());
        landed += reader.landed() ? 1 : 0;
        assertThat(reader.landed()).isEqualTo(reader.data().equals(room) && room.get(1) == 31);
        room.clear().put(new byte[40_000]).clear();
      }
      reader.land(
          header -> {
            assertThat(header.initiatorTaskTag()).as("long, without padding").isEqualTo(40_000);
            return room;
          },
          true);
    }
    assertThat(taken).containsExactly(Arrays.stream(lengths).boxed().toArray(Integer[]::new));
    assertThat(landed).isEqualTo(3);
  }

  @Test
  void dataWithADigestDoesNotLand() throws IOException {
    ByteBuffer stream = dataOut(Digest.NONE, Digest.CRC32C, 40_000);
    PduReader reader = new PduReader(slow(stream, 1000), 64, 40_000);
    reader.digests(Digest.NONE, Digest.CRC32C);
    while (!reader.next()) {
      assertThat(reader.fill()).isTrue();
      reader.land(_ -> fail("its digest is to be checked"), true);
    }
    assertThat(reader.damaged()).isFalse();
    assertThat(reader.data()).isEqualTo(counting(40_000));
  }

  @Test
  void nothingLandsByADamagedHeader() throws IOException {
    ByteBuffer stream = dataOut(Digest.CRC32C, Digest.NONE, 40_000);
    stream.put(20, (byte) (stream.get(20) ^ 1));
    PduReader reader = new PduReader(slow(stream, 1000), 64, 40_000);
    reader.digests(Digest.CRC32C, Digest.NONE);
    reader.fill();
    assertThat(reader.next()).isFalse();
    assertThatExceptionOfType(ProtocolException.class)
        .isThrownBy(() -> reader.land(_ -> fail("nothing in it can be relied on"), true))
        .withMessageContaining("digest");
  }

  @Test
  void refusesALengthBeyondTheLimitBeforeAnyOfTheDataIsThere() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(48).putInt(4, 0x00ffffff);
    PduReader reader = new PduReader(slow(header, 48), 64, DATA_BYTES_MAX);
    reader.fill();
    assertThatExceptionOfType(ProtocolException.class)
        .isThrownBy(reader::next)
        .withMessageContaining("16777215");
  }

  @Test
  void takesAdditionalHeaderSegmentsForWhatTheyAre() throws IOException {
    ByteBuffer stream = ByteBuffer.allocate(48 + 1020 + 4);
    stream.putInt(4, 0xff000004).putInt(48 + 1020, 0x01020304);
    PduReader reader = new PduReader(slow(stream, 10_000), 64, DATA_BYTES_MAX);
    while (!reader.next()) {
      assertThat(reader.fill()).isTrue();
    }
    assertThat(reader.data().getInt()).isEqualTo(0x01020304);
  }

  @Test
  void cannotGoOnAfterADamagedHeader() throws IOException {
    assertThatExceptionOfType(ProtocolException.class)
        .isThrownBy(damagedAt(20)::next)
        .withMessageContaining("digest");
  }

  @Test
  void saysWhichDataIsDamagedAndGoesOn() throws IOException {
    PduReader reader = damagedAt(60);
    assertThat(reader.next()).isTrue();
    assertThat(reader.damaged()).isTrue();
    assertThat(reader.next()).isTrue();
    assertThat(reader.damaged()).isFalse();
    assertThat(reader.next()).isFalse();
  }

  private static PduReader damagedAt(int at) throws IOException {
    ByteBuffer one = digested();
    ByteBuffer two = ByteBuffer.allocate(2 * one.remaining()).put(one.duplicate()).put(one).flip();
    two.put(at, (byte) (two.get(at) ^ 1));
    PduReader reader = new PduReader(slow(two, 10_000), 4096, DATA_BYTES_MAX);
    reader.digests(Digest.CRC32C, Digest.CRC32C);
    reader.fill();
    return reader;
  }

  @Test
  void givesALargeBufferBackWhenAskedAndLosesNothing() throws IOException {
    ByteBuffer stream = ByteBuffer.allocate(64 * (48 + 4096));
    for (int i = 0; i < 64; i++) {
      putPdu(stream, 4096);
    }
    PduReader reader = new PduReader(slow(stream.flip(), 50_000), 64, DATA_BYTES_MAX);
    int count = 0;
    int smallest = Integer.MAX_VALUE;
    while (reader.fill()) {
      while (reader.next()) {
        assertThat(reader.data().remaining()).isEqualTo(4096);
        smallest = Math.min(smallest, reader.header().buffer().capacity());
        count++;
      }
      reader.shrinkWhenEmpty(64);
    }
    assertThat(count).isEqualTo(64);
    assertThat(smallest).isLessThan(50_000);
  }

  @Test
  void takesWhatIsNotDamaged() throws IOException {
    PduReader reader = new PduReader(slow(digested(), 10_000), 4096, DATA_BYTES_MAX);
    reader.digests(Digest.CRC32C, Digest.CRC32C);
    reader.fill();
    assertThat(reader.next()).isTrue();
    assertThat(reader.dataBytes()).isEqualTo(10);
  }

  @Test
  void aPeerThatMaySendLittleDoesNotMakeTheBufferLarge() throws IOException {
    ByteBuffer flood = ByteBuffer.allocate(4 << 20);
    PduReader reader = new PduReader(slow(flood, flood.capacity()), 64, DATA_BYTES_MAX);
    while (reader.fill()) {
      while (reader.next()) {
        assertThat(reader.header().buffer().capacity()).isLessThanOrEqualTo(4 * DATA_BYTES_MAX);
      }
    }
  }

  private static ByteBuffer digested() throws IOException {
    GatheredBytes out = new GatheredBytes();
    PduWriter writer = new PduWriter(out, 64);
    writer.digests(Digest.CRC32C, Digest.CRC32C);
    writer.add(Opcode.NOP_OUT, ByteBuffer.allocate(10));
    writer.flush();
    return out.bytes();
  }

  private static void putPdu(ByteBuffer out, int size) {
    int start = out.position();
    out.putInt(start + 4, size);
    out.position(start + 48);
    for (int i = 0; i < size; i++) {
      out.put((byte) (i * 31));
    }
    out.position(start + 48 + PduReader.padded(size));
  }

  /** Data-Outs of these lengths, which are their task tags as well. */
  private static ByteBuffer dataOut(Digest header, Digest data, int... lengths) throws IOException {
    GatheredBytes out = new GatheredBytes();
    PduWriter writer = new PduWriter(out, 64);
    writer.digests(header, data);
    for (int length : lengths) {
      writer.add(Opcode.DATA_OUT, counting(length)).initiatorTaskTag(length);
    }
    writer.flush();
    return out.bytes();
  }

  private static ByteBuffer counting(int bytes) {
    ByteBuffer data = ByteBuffer.allocate(bytes);
    for (int i = 0; i < bytes; i++) {
      data.put(i, (byte) (i * 31));
    }
    return data;
  }

  private static ReadableByteChannel slow(ByteBuffer bytes, int atOnce) {
    byte[] all = new byte[bytes.remaining()];
    bytes.get(bytes.position(), all);
    ReadableByteChannel whole = Channels.newChannel(new ByteArrayInputStream(all));
    return new ReadableByteChannel() {
      @Override
      public int read(ByteBuffer into) throws IOException {
        int limit = into.limit();
        into.limit(Math.min(limit, into.position() + atOnce));
        int count = whole.read(into);
        into.limit(limit);
        return count;
      }

      @Override
      public boolean isOpen() {
        return true;
      }

      @Override
      public void close() {}
    };
  }
}
