package io.everwhen.restore.plan;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Names that somebody may have meant. */
public final class Suggestions {

  private static final int SHOWN = 3;

  private Suggestions() {}

  /** "; did you mean A or B?", or what there is at all when nothing is near. */
  public static String near(String wanted, Collection<String> names) {
    List<String> near =
        names.stream()
            .distinct()
            .filter(name -> distance(wanted, name) <= Math.max(2, wanted.length() / 3))
            .sorted(Comparator.comparingInt(name -> distance(wanted, name)))
            .limit(SHOWN)
            .toList();
    if (!near.isEmpty()) {
      return "; did you mean " + String.join(" or ", near) + "?";
    }
    return names.isEmpty()
        ? "; there is none"
        : "; there is " + String.join(", ", names.stream().distinct().sorted().limit(10).toList());
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(substituted, Math.min(previous[j], current[j - 1]) + 1);
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
