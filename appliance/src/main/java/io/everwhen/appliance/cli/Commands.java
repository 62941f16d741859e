package io.everwhen.appliance.cli;

/**
 * What each command of the command line does.
 *
 * @param serve serves disks until the process is asked to end
 * @param status tells how a data directory and its daemon are
 * @param timeline lists the entries of a disk
 * @param mark names the present instant of a disk
 * @param restore writes a disk as it was at an instant to a file or device
 * @param verify checks every byte of the history
 */
public record Commands(
    Command<ServeOptions> serve,
    Command<StatusOptions> status,
    Command<TimelineOptions> timeline,
    Command<MarkOptions> mark,
    Command<RestoreOptions> restore,
    Command<VerifyOptions> verify) {}
