# A file system is made, filled, read back, trimmed, checked and unmounted clean. TARGET, PORTAL; TYPE is ext4 or xfs.
record "$TARGET"
log_in "$TARGET"
disk=$(disk "$TARGET")

"mkfs.$TYPE" -q "$disk"
mount "$disk" /mnt
fill /mnt/data 8 2048
check /mnt/data
umount /mnt

mount "$disk" /mnt
check /mnt/data
rm /mnt/data/file0
sed -i '/file0$/d' /mnt/data/sums
fstrim -v /mnt
check /mnt/data
umount /mnt

case $TYPE in
  ext4) e2fsck -fn "$disk" ;;
  xfs) xfs_repair -n "$disk" ;;
esac
echo "disk-md5 $(md5sum <"$disk")"
log_out "$TARGET"
