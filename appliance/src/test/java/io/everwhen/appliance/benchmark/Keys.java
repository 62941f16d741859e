package io.everwhen.appliance.benchmark;

import java.util.HashMap;
import java.util.Map;

/** The {@code key=value}s of a line. */
record Keys(Map<String, String> values) {

  static Keys parse(String line) {
    Map<String, String> values = new HashMap<>();
    for (String pair : line.trim().split(" +", -1)) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("not key=value: '" + pair + "' in: " + line);
      }
      values.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return new Keys(values);
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  String text(String key) {
    String value = values.get(key);
    if (value == null) {
      throw new IllegalArgumentException("no " + key + " in " + values);
    }
    return value;
  }

  int number(String key) {
    return Integer.parseInt(text(key));
  }

  long longNumber(String key) {
    return Long.parseLong(text(key));
  }

  boolean flag(String key) {
    return Boolean.parseBoolean(text(key));
  }
}
