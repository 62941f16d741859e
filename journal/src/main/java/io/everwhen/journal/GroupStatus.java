package io.everwhen.journal;

import org.jspecify.annotations.Nullable;

/**
 * How a group is doing, at one moment.
 *
 * @param lastSequence the newest entry that is with the operating system
 * @param durableSequence the newest entry on stable storage
 * @param appliedSequence up to which the images are complete
 * @param horizonSequence the oldest instant that can be asked for
 * @param horizonTimeNanos its time
 * @param wholeSinceTimeNanos since when every instant can be asked for; before, only some are kept
 * @param journalBytes what the journal takes on its volume
 * @param historyBytes what it may take
 * @param volumeFreeBytes what is free on its volume
 * @param failure why changes are refused; null while they are taken
 * @param alarm what somebody should look at; null when there is nothing
 * @param room how much of its room the journal has used
 * @param clockBehindNanos how far the wall clock is behind the newest entry; 0 when it is not
 * @param clockAlarm what that means; null when it is not
 */
public record GroupStatus(
    long lastSequence,
    long durableSequence,
    long appliedSequence,
    long horizonSequence,
    long horizonTimeNanos,
    long wholeSinceTimeNanos,
    long journalBytes,
    long historyBytes,
    long volumeFreeBytes,
    @Nullable String failure,
    @Nullable String alarm,
    Room room,
    long clockBehindNanos,
    @Nullable String clockAlarm) {}
