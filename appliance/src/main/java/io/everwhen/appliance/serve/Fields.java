package io.everwhen.appliance.serve;

import io.everwhen.appliance.store.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * The fields of a request's body, a JSON object in which nothing is there that is not understood.
 */
final class Fields {

  private final JsonNode object;

  /**
   * @param names of the fields that there may be
   */
  Fields(byte[] body, String... names) throws Refusal {
    try {
      object = Json.parse(new String(body, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      throw Refusal.senseless(String.valueOf(e.getMessage()));
    }
    if (!object.isObject()) {
      throw Refusal.senseless("expected a JSON object");
    }
    for (String name : object.propertyNames()) {
      if (!List.of(names).contains(name)) {
        throw Refusal.senseless(
            "unknown field '" + name + "'; there are " + String.join(", ", names));
      }
    }
  }

  /** Whether the field is there. */
  boolean has(String name) {
    return object.hasNonNull(name);
  }

  /** A text, understood. */
  <T> T text(String name, Function<String, T> meaning) throws Refusal {
    JsonNode value = object.path(name);
    if (!value.isString()) {
      throw Refusal.senseless(name + ": expected a text");
    }
    return understood(name, value.asString(), meaning);
  }

  /** A whole number, understood. */
  <T> T number(String name, Function<Long, T> meaning) throws Refusal {
    JsonNode value = object.path(name);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw Refusal.senseless(name + ": expected a whole number");
    }
    return understood(name, value.asLong(), meaning);
  }

  /** Whether something is so; no, if nothing is said. */
  boolean flag(String name) throws Refusal {
    JsonNode value = object.path(name);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw Refusal.senseless(name + ": expected true or false");
    }
    return value.asBoolean(false);
  }

  private static <S, T> T understood(String name, S value, Function<S, T> meaning) throws Refusal {
    try {
      return meaning.apply(value);
    } catch (IllegalArgumentException e) {
      throw Refusal.senseless(name + ": " + e.getMessage());
    }
  }
}
