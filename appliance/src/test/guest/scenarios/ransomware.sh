# Files are overwritten in place, renamed and deleted while others are written, and the disk is put back from outside. TARGET, PORTAL.
# Says "attacked" and waits until the disk is as it was, says "right" and waits until it is as it was after the attack.
record "$TARGET"
log_in "$TARGET"
disk=$(disk "$TARGET")
session=$(sessions "$TARGET")

mark() { printf %s "$1" | sg_raw -s ${#1} "$(generic "$disk")" c0 00 00 00 00 00 00 00 "$(printf %02x ${#1})" 00; }

innocent() {
  head -c 200000 /dev/urandom >"/mnt/other/$1"
  (cd /mnt/other && md5sum "$1" >>sums)
  if (($# > 1)); then sync -f /mnt; fi
}

# Whether the disk has a file; nothing of it is written, and nothing is believed that was read before.
has() {
  local found=1
  blockdev --flushbufs "$disk"
  echo 3 >/proc/sys/vm/drop_caches
  mount -o ro,noload "$disk" /mnt || return 1
  [[ ! -e /mnt/data/$1 ]] || found=0
  umount /mnt
  return $found
}

mkfs.ext4 -q "$disk"
mount "$disk" /mnt
mkdir /mnt/other
fill /mnt/data 8 1024
innocent before1 sync
mark good
innocent before2 sync

for i in {0..7}; do
  head -c $((1024 * 1024)) /dev/urandom | dd of="/mnt/data/file$i" bs=64k iflag=fullblock conv=notrunc status=none
  if ((i % 2 == 0)); then sync -f /mnt; fi
  innocent "while$i"
  if ((i < 6)); then mv "/mnt/data/file$i" "/mnt/data/file$i.locked"; else rm "/mnt/data/file$i"; fi
done
innocent after sync
umount /mnt
mark bad
echo attacked

within 600 has file0
mount "$disk" /mnt
check /mnt/data
for i in {0..7}; do [[ -e /mnt/data/file$i && ! -e /mnt/data/file$i.locked ]] || fail "file$i is not as it was"; done
check /mnt/other
[[ -e /mnt/other/before2 && ! -e /mnt/other/after ]] || fail "the others are not as they were"
umount /mnt
echo right

within 600 has file0.locked
[[ $(sessions "$TARGET") == "$session" ]] || fail "it was logged out meanwhile"
log_out "$TARGET"
