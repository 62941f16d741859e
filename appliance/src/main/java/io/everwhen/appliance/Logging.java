package io.everwhen.appliance;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.joran.spi.ConsoleTarget;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.slf4j.LoggerFactory;

/**
 * How the log is written: short lines on the standard error, stamped with UTC times as {@code --at}
 * takes them.
 *
 * <p>Logback finds this class as a service the first time that something is logged; a command that
 * logs nothing does not pay for it. There is no configuration file to look for and parse.
 */
public final class Logging extends ContextAwareBase implements Configurator {

  private static volatile Level level = Level.INFO;

  /** Made by logback. */
  public Logging() {}

  /**
   * Sets how much is logged from now on: everything of note, or with {@code verbose} the details
   * too.
   */
  static void start(boolean verbose) {
    level = verbose ? Level.DEBUG : Level.INFO;
    if (verbose) {
      ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(level);
    }
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    ShortLine layout = new ShortLine();
    layout.setContext(context);
    layout.start();

    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setLayout(layout);
    encoder.start();

    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setName("stderr");
    appender.setTarget(ConsoleTarget.SystemErr.getName());
    appender.setEncoder(encoder);
    appender.start();

    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(level);
    root.addAppender(appender);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /**
   * One line an event: time, level unless it is INFO, class, message; then the stack trace if there
   * is one.
   */
  private static final class ShortLine extends LayoutBase<ILoggingEvent> {

    @Override
    public String doLayout(ILoggingEvent event) {
      String logger = event.getLoggerName();
      StringBuilder line =
          new StringBuilder(128)
              .append(Instant.ofEpochMilli(event.getTimeStamp()).truncatedTo(ChronoUnit.MILLIS))
              .append(' ');
      if (event.getLevel() != Level.INFO) {
        line.append(event.getLevel()).append(' ');
      }
      line.append(logger, logger.lastIndexOf('.') + 1, logger.length())
          .append(": ")
          .append(event.getFormattedMessage())
          .append('\n');
      if (event.getThrowableProxy() != null) {
        line.append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
      return line.toString();
    }
  }
}
