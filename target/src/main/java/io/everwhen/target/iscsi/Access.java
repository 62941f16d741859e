package io.everwhen.target.iscsi;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Who may use a target. Whom it does not admit neither discovers the target nor logs in to it.
 *
 * @param initiators names of initiators, which count without case; one that ends in {@code *}
 *     stands for all that begin so. None means any
 * @param networks where they may come from; none means anywhere
 * @param credentials what they have to prove as well, or null for nothing
 */
public record Access(
    List<String> initiators, List<Network> networks, @Nullable Credentials credentials) {

  /** For anyone. */
  public static final Access OPEN = new Access(List.of(), List.of(), null);

  private static final String ANY = "*";

  public Access {
    initiators = initiators.stream().map(Access::checkedName).toList();
    networks = List.copyOf(networks);
  }

  /**
   * A name of an initiator as {@link #initiators} takes it, in lower case.
   *
   * @throws IllegalArgumentException if no initiator can be called so
   */
  private static String checkedName(String written) {
    String name = written.toLowerCase(Locale.ROOT);
    int star = name.indexOf(ANY);
    boolean prefixed =
        name.startsWith("iqn.") || name.startsWith("eui.") || name.startsWith("naa.");
    boolean plain = name.chars().noneMatch(c -> c <= ' ');
    if (!(prefixed || name.equals(ANY))
        || !plain
        || name.length() > Target.NAME_CHARACTERS_MAX
        || (star >= 0 && star < name.length() - 1)) {
      throw new IllegalArgumentException(
          "not an initiator's name: '"
              + written
              + "'; it starts with iqn., eui. or naa., and may end in *");
    }
    return name;
  }

  /** Whether an initiator that says this name and comes from there may know of the target. */
  boolean admits(String initiator, InetAddress from) {
    String name = initiator.toLowerCase(Locale.ROOT);
    return (initiators.isEmpty() || initiators.stream().anyMatch(each -> matches(each, name)))
        && (networks.isEmpty() || networks.stream().anyMatch(network -> network.contains(from)));
  }

  private static boolean matches(String pattern, String name) {
    return pattern.endsWith(ANY)
        ? name.startsWith(pattern.substring(0, pattern.length() - 1))
        : name.equals(pattern);
  }

  /** Whether anyone at all may use the target. */
  public boolean open() {
    return equals(OPEN);
  }
}
