# Files are written and synced while the daemon dies OUTAGES times and comes back: I/O goes on by itself, and everything that
# was synced is there. Prints "kept N" after the fsync of file N. TARGET, PORTAL.
record "$TARGET"
set_record "$TARGET" node.session.timeo.replacement_timeout 600
log_in "$TARGET"
disk=$(disk "$TARGET")
mkfs.ext4 -q "$disk"
mount "$disk" /mnt
mkdir /mnt/data

# Large writes on the way at any moment, so that a death is in the middle of one.
head -c 4M /dev/urandom >/run/bulk
(while [[ ! -e /run/enough ]]; do dd if=/run/bulk of=/mnt/bulk bs=1M oflag=direct conv=notrunc status=none; done) &
bulk=$!

outages() { dmesg | grep -c 'detected conn error' || true; }
n=0
last=0
until ((last >= 10)); do
  n=$((n + 1))
  head -c 65536 /dev/urandom >"/mnt/data/file$n"
  (cd /mnt/data && md5sum "file$n") >>/run/sums # not on the disk: what it has to stand up to
  sync "/mnt/data/file$n"
  echo "kept $n"
  if (($(outages) >= OUTAGES)); then last=$((last + 1)); fi
done
touch /run/enough
wait $bulk

as_written() {
  echo 3 >/proc/sys/vm/drop_caches
  (cd /mnt/data && md5sum -c --quiet /run/sums)
  cmp /run/bulk /mnt/bulk
}
as_written
umount /mnt
e2fsck -fn "$disk"
mount -o ro "$disk" /mnt
as_written
umount /mnt
rm /run/sums /run/enough
log_out "$TARGET"
