# Everything on the disk is gone. TARGET, PORTAL.
record "$TARGET"
log_in "$TARGET"
disk=$(disk "$TARGET")
blkdiscard --force "$disk"
is_zero "$disk" 0 1048576
log_out "$TARGET"
