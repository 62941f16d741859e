package io.everwhen.appliance.cli;

/**
 * What one command does.
 *
 * @param <O> the record of its options
 */
@FunctionalInterface
public interface Command<O> {

  /**
   * Does it, and returns when it is done.
   *
   * @throws CommandFailed if it cannot be done, with what failed, where, and what to do
   * @throws UsageError if the options make no sense after all
   * @throws Exception anything else that is reported as a failure; an {@link java.io.IOException}
   *     with its message, the rest as a defect of the program
   */
  void run(O options, Output output) throws Exception;
}
