package io.everwhen.target.iscsi;

import org.jspecify.annotations.Nullable;

/**
 * Targets that are made when somebody logs in to them by their name, and end with their last
 * session. Any thread may call it.
 */
public interface TargetsOnDemand {

  /**
   * Who may use the target of this name, and which of them will see anything there; null when there
   * can be none of this name. It is asked at every login to a target that is not served: nothing is
   * made before whoever asks has proven what the rule wants.
   *
   * @param name in lower case
   */
  @Nullable Target offered(String name);

  /**
   * Makes the target of this name, and adds it to {@link Targets}, unless it is served by now. May
   * take as long as a login may.
   *
   * @return whether it is served
   */
  boolean open(String name);

  /** A session with the target of this name is over, and there is none left at present. */
  void unused(String name);
}
