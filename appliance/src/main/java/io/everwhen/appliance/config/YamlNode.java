package io.everwhen.appliance.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.dataformat.yaml.YAMLFactory;

/**
 * A YAML document that remembers its lines, so that an error can name one. Jackson's own tree
 * forgets them.
 */
sealed interface YamlNode {

  /** The line that the value starts at, from 1. */
  int line();

  /** How to call a value of this kind in an error. */
  String kind();

  /** A text, number or truth value, as it is written. */
  record Scalar(int line, String text) implements YamlNode {
    @Override
    public String kind() {
      return "'" + text + "'";
    }
  }

  /** Nothing at all, or {@code null}. */
  record Nothing(int line) implements YamlNode {
    @Override
    public String kind() {
      return "nothing";
    }
  }

  /** Keys and values, in the order of the file. */
  record Mapping(int line, Map<String, Entry> entries) implements YamlNode {
    @Override
    public String kind() {
      return "a mapping";
    }
  }

  /** A list of values. */
  record Sequence(int line, List<YamlNode> items) implements YamlNode {
    @Override
    public String kind() {
      return "a list";
    }
  }

  /** The value of a key, and the line of the key. */
  record Entry(int line, YamlNode value) {}

  /**
   * The document in {@code text}; {@link Nothing} if it is empty.
   *
   * @param source how errors call the text
   */
  static YamlNode parse(String source, String text) throws InvalidConfigException {
    try (JsonParser parser =
        new YAMLFactory().createParser(tools.jackson.core.ObjectReadContext.empty(), text)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        return new Nothing(1);
      }
      YamlNode root = node(source, parser);
      if (parser.nextToken() != null) {
        throw new InvalidConfigException(
            source + ":" + line(parser) + ": more than one document in the file");
      }
      return root;
    } catch (StreamReadException e) {
      throw new InvalidConfigException(
          source
              + ":"
              + e.getLocation().getLineNr()
              + ": not valid YAML: "
              + e.getOriginalMessage().lines().findFirst().orElse(""),
          e);
    }
  }

  private static YamlNode node(String source, JsonParser parser) throws InvalidConfigException {
    int line = line(parser);
    return switch (parser.currentToken()) {
      case START_OBJECT -> mapping(source, parser, line);
      case START_ARRAY -> {
        List<YamlNode> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(node(source, parser));
        }
        yield new Sequence(line, items);
      }
      case VALUE_NULL -> new Nothing(line);
      case null, default -> new Scalar(line, parser.getString());
    };
  }

  private static Mapping mapping(String source, JsonParser parser, int line)
      throws InvalidConfigException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      int keyLine = line(parser);
      String key = parser.currentName();
      parser.nextToken();
      if (entries.put(key, new Entry(keyLine, node(source, parser))) != null) {
        throw new InvalidConfigException(
            source + ":" + keyLine + ": the key '" + key + "' is there twice");
      }
    }
    return new Mapping(line, entries);
  }

  private static int line(JsonParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }
}
