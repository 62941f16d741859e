package io.everwhen.target.fuzz;

import io.everwhen.target.iscsi.LoginFuzz;
import io.everwhen.target.iscsi.PortalFuzz;
import io.everwhen.target.pdu.PduReaderFuzz;
import io.everwhen.target.pdu.TextKeysFuzz;
import io.everwhen.target.scsi.CommandFuzz;
import io.everwhen.target.testing.Fuzzer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What arrives from outside, made up by Jazzer: each target says what must hold. */
class FuzzTest {

  @ParameterizedTest
  @ValueSource(
      classes = {
        PduReaderFuzz.class,
        TextKeysFuzz.class,
        LoginFuzz.class,
        CommandFuzz.class,
        PortalFuzz.class
      })
  void nothingBreaksWhateverArrives(Class<?> target) throws Exception {
    Fuzzer.run(target);
  }
}
