package io.everwhen.target.pdu;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.everwhen.target.pdu.TextKeys.Pair;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextKeysTest {

  @Test
  void readsWhatItWrites() throws ProtocolException {
    List<Pair> pairs = List.of(new Pair("A", "1"), new Pair("Empty", ""), new Pair("B", "x=y,z"));
    assertThat(TextKeys.decode(ByteBuffer.wrap(TextKeys.encode(pairs)))).isEqualTo(pairs);
  }

  @Test
  void forgivesAMissingLastNulAndPadding() throws ProtocolException {
    assertThat(TextKeys.decode(text("A=1\0B=2"))).hasSize(2);
    assertThat(TextKeys.decode(text("A=1\0\0\0"))).hasSize(1);
  }

  @Test
  void refusesWhatIsNoPair() {
    for (String bad :
        new String[] {"nonsense", "=value", "k".repeat(64) + "=1", "a=1\0".repeat(257)}) {
      assertThatExceptionOfType(ProtocolException.class)
          .isThrownBy(() -> TextKeys.decode(text(bad)));
    }
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }
}
