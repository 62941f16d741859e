# A target with one LUN gets a second one; Linux is told, and finds it without a new login. Prints "one" when it may come.
# TARGET, PORTAL.
record "$TARGET"
log_in "$TARGET"
first=$(disk "$TARGET" 0)
expect 'Lun list length = 8 ' sg_luns "$first"
echo one

# An asynchronous message tells of the change, and iscsid looks what there is.
within 300 has_disk "$TARGET" 1
second=$(disk "$TARGET" 1)
expect 'Lun list length = 16 ' sg_luns "$first"

head -c 1048576 /dev/urandom >/run/a
head -c 1048576 /dev/urandom >/run/b
dd if=/run/a of="$first" bs=1M oflag=direct status=none
dd if=/run/b of="$second" bs=1M oflag=direct status=none
cmp -n 1048576 /run/a <(dd if="$first" bs=1M count=1 iflag=direct status=none)
cmp -n 1048576 /run/b <(dd if="$second" bs=1M count=1 iflag=direct status=none)
log_out "$TARGET"
