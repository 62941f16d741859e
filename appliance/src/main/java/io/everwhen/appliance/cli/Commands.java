package io.everwhen.appliance.cli;

/**
 * What each command of the command line does.
 *
 * @param serve serves disks until the process is asked to end
 * @param status tells how a data directory and its daemon are
 * @param timeline lists the entries of a disk
 * @param mark names the present instant of a disk
 * @param restore writes a disk as it was at an instant to a file or device
 * @param rewind lets a disk be as it was at an instant
 * @param open serves a disk as it was at an instant
 * @param close ends that
 * @param export writes a disk as it was to an image for a virtual machine
 * @param diff shows what differs between two instants
 * @param history lists the versions of some blocks
 * @param bisect finds the entry that made a disk bad
 * @param prove has a command check the disk as it was at some instants
 * @param verify checks every byte of the history
 * @param reload lets the daemon read its configuration again
 * @param diskList lists the disks
 * @param diskAdd makes a disk
 * @param diskResize gives a disk another size
 * @param diskRemove takes a disk out of service
 * @param diskSet makes a disk read-only or writable
 * @param snapshotCreate marks the present instant of a disk and holds it
 * @param snapshotPin holds an instant of the past
 * @param snapshotList tells which are held
 * @param snapshotDelete lets one go
 * @param keysList tells which keys an encrypted journal has
 * @param keysRotate lets another secret open them
 * @param keysRenew makes one more
 */
public record Commands(
    Command<ServeOptions> serve,
    Command<StatusOptions> status,
    Command<TimelineOptions> timeline,
    Command<MarkOptions> mark,
    Command<RestoreOptions> restore,
    Command<RewindOptions> rewind,
    Command<OpenOptions> open,
    Command<CloseOptions> close,
    Command<ExportOptions> export,
    Command<DiffOptions> diff,
    Command<HistoryOptions> history,
    Command<BisectOptions> bisect,
    Command<ProveOptions> prove,
    Command<VerifyOptions> verify,
    Command<ReloadOptions> reload,
    Command<DiskOptions.List> diskList,
    Command<DiskOptions.Add> diskAdd,
    Command<DiskOptions.Resize> diskResize,
    Command<DiskOptions.Remove> diskRemove,
    Command<DiskOptions.Set> diskSet,
    Command<SnapshotOptions.Create> snapshotCreate,
    Command<SnapshotOptions.Pin> snapshotPin,
    Command<SnapshotOptions.List> snapshotList,
    Command<SnapshotOptions.Delete> snapshotDelete,
    Command<KeysOptions.List> keysList,
    Command<KeysOptions.Rotate> keysRotate,
    Command<KeysOptions.Renew> keysRenew) {}
