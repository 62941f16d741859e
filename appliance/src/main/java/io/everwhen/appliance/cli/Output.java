package io.everwhen.appliance.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.StringWriter;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Where a command says what it has to say. Any thread may use it.
 *
 * @param out the standard output: the data that was asked for, and nothing else
 * @param err the standard error: notes, warnings, progress
 * @param json whether the data is wanted as JSON
 * @param verbose whether the caller wants to know more
 */
public record Output(PrintStream out, PrintStream err, boolean json, boolean verbose) {

  /** Loaded by who prints JSON: that takes a moment. */
  private static final class Json {
    private static final JsonFactory WHOLE = new JsonFactory();

    /** Never closes what it writes to, nor what a failure left open. */
    private static final JsonFactory UNFINISHED =
        JsonFactory.builder()
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET, StreamWriteFeature.AUTO_CLOSE_CONTENT)
            .build();
  }

  /** Prints one line of data for a person. */
  public void line(String text) {
    out.println(text);
    out.flush();
  }

  /**
   * Prints one JSON object on a line of its own; {@code fields} writes what is between the braces.
   */
  public void object(Consumer<JsonGenerator> fields) {
    StringWriter text = new StringWriter();
    try (JsonGenerator generator = Json.WHOLE.createGenerator(ObjectWriteContext.empty(), text)) {
      generator.writeStartObject();
      fields.accept(generator);
      generator.writeEndObject();
    }
    out.println(text);
  }

  /** Writes what is between the braces of an object. */
  @FunctionalInterface
  public interface Fields {
    void write(JsonGenerator json) throws IOException;
  }

  /**
   * Prints one JSON object, which may be large, as it is made. If that fails, what was printed is
   * not valid JSON.
   */
  public void stream(Fields fields) throws IOException {
    JsonGenerator json =
        Json.UNFINISHED.createGenerator(ObjectWriteContext.empty(), (OutputStream) out);
    json.writeStartObject();
    fields.write(json);
    json.writeEndObject();
    json.flush();
    out.println();
  }

  /** Prints one line on the standard error, which is no part of the data. */
  public void note(String text) {
    err.println("everwhen: " + text);
    err.flush();
  }

  /** Whether a person is watching, so that progress is worth showing. */
  @SuppressWarnings(
      "SystemConsoleNull") // since JDK 25 it can be null again, when there is no terminal
  public boolean interactive() {
    var console = System.console();
    return console != null && console.isTerminal();
  }
}
