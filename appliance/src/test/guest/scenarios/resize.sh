# A disk with a mounted file system grows; Linux is told, sees it, and uses it. Prints "mounted" when it may. TARGET, PORTAL;
# BYTES is the new size.
record "$TARGET"
log_in "$TARGET"
disk=$(disk "$TARGET")
mkfs.ext4 -q "$disk"
mount "$disk" /mnt
fill /mnt/before 4 1024
(($(blockdev --getsize64 "$disk") < BYTES))
echo mounted

# The next command after the change brings a unit attention.
told() {
  dd if="$disk" of=/dev/null iflag=direct bs=4096 count=1 status=none
  dmesg | grep -q 'Capacity data has changed'
}
within 120 told
iscsiadm -m session -R
(($(blockdev --getsize64 "$disk") == BYTES)) || fail "the disk has $(blockdev --getsize64 "$disk") bytes"

resize2fs "$disk"
fill /mnt/after 16 4096
check /mnt/before
check /mnt/after
umount /mnt
e2fsck -fn "$disk"
log_out "$TARGET"
