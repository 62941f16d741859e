# What is discarded reads as zeros, and nothing else does. TARGET, PORTAL.
record "$TARGET"
log_in "$TARGET"
disk=$(disk "$TARGET")
queue=/sys/block/${disk##*/}/queue
(($(<"$queue/discard_max_bytes") > 0)) || fail "the kernel does not think that the disk can discard"

mib=$((1 << 20))
head -c $((8 * mib)) /dev/urandom >/run/written
dd if=/run/written of="$disk" bs=1M oflag=direct conv=fsync status=none
echo "written-md5 $(md5sum </run/written)"

blkdiscard --offset $((2 * mib)) --length $((4 * mib)) "$disk"
is_zero "$disk" $((2 * mib)) $((4 * mib))
cmp -n $((2 * mib)) /run/written "$disk"
cmp -i $((6 * mib)) -n $((2 * mib)) /run/written "$disk"

blkdiscard --zeroout --offset $((6 * mib)) --length 4096 "$disk"
is_zero "$disk" $((6 * mib)) 4096
cmp -i $((6 * mib + 4096)) -n $((2 * mib - 4096)) /run/written "$disk"

blkdiscard "$disk"
is_zero "$disk" 0 $((8 * mib))
log_out "$TARGET"
