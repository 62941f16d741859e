package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.TextKeys.Pair;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a login request leads to. */
sealed interface LoginAnswer {

  /** Stages, RFC 7143 section 11.12.3. */
  int SECURITY_NEGOTIATION = 0;

  int OPERATIONAL_NEGOTIATION = 1;
  int FULL_FEATURE_PHASE = 3;

  /** The login goes on, in another stage if {@code transit}. */
  record Continue(boolean transit, int currentStage, int nextStage, List<Pair> keys)
      implements LoginAnswer {}

  /** All is agreed; full feature phase follows once the session is there. */
  record Complete(int currentStage, List<Pair> keys, Admission admission) implements LoginAnswer {}

  /** The login has failed; the connection ends. */
  record Refused(LoginStatus status, String reason) implements LoginAnswer {}

  /**
   * Who was let in, and to what.
   *
   * @param target null in a discovery session
   * @param rule by which it was let in, null in a discovery session
   * @param tsih the session to join, or 0 for a new one
   * @param parameters of the session, if it is a new one
   * @param own of the connection
   */
  record Admission(
      String initiator,
      @Nullable ServedTarget target,
      @Nullable AccessRule rule,
      long isid,
      int tsih,
      int connectionId,
      SessionParameters parameters,
      ConnectionParameters own) {}
}
