package io.everwhen.target.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Catches what the code under test logs as an error: what no peer can be the cause of. Nothing else
 * is logged any more.
 */
public final class LoggedErrors extends AppenderBase<ILoggingEvent> {

  private final Queue<ILoggingEvent> errors = new ConcurrentLinkedQueue<>();

  private LoggedErrors() {}

  /** Catches errors from now on, and silences the rest. */
  public static LoggedErrors watch() {
    LoggedErrors watch = new LoggedErrors();
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.setLevel(Level.ERROR);
    watch.setContext(context);
    watch.start();
    root.addAppender(watch);
    return watch;
  }

  @Override
  protected void append(ILoggingEvent event) {
    event.prepareForDeferredProcessing();
    errors.add(event);
  }

  /** The first error that was not taken yet, or null. */
  public @Nullable ILoggingEvent take() {
    return errors.poll();
  }

  /** An error with its stack trace. */
  public static String text(ILoggingEvent event) {
    return event.getFormattedMessage()
        + (event.getThrowableProxy() == null
            ? ""
            : "\n" + ThrowableProxyUtil.asString(event.getThrowableProxy()));
  }
}
