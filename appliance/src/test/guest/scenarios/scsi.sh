# The disk as sg3-utils see it. TARGET, PORTAL.
record "$TARGET"
log_in "$TARGET"
disk=$(disk "$TARGET")
# ---- what it is
expect 'EVERWHEN' sg_inq "$disk"
expect 'Number of luns.*1|Lun list length = 8' sg_luns "$disk"
expect 'lbpme=1, lbprz=1' sg_readcap --16 "$disk"
pages=$(sg_vpd --page=0 --raw "$disk" | tail -c +5 | od -An -v -tx1)
echo "VPD pages: $pages"
for page in $pages; do sg_vpd --page="0x$page" "$disk"; done
for page in 00 80 83 86 87 88 8f b0 b1 b2 b3; do
  grep -qw "$page" <<<"$pages" || fail "no VPD page $page"
done
expect 'Unmap command supported \(LBPU\): 1' sg_vpd --page=0xb2 "$disk"
expect 'Compare and write' sg_opcodes "$disk"
expect 'Caching' sg_modes --page=8 "$disk"
expect 'TPGS=1' sg_inq "$disk"
expect 'active/optimized' sg_rtpg --decode "$disk"
expect 'Supported log pages' sg_logs --list "$disk"
sg_logs --all "$disk"
sg_turs "$disk"
sg_requests "$disk"
sg_sync "$disk"
sg_start --start "$disk"

# ---- what it does
head -c 1048576 /dev/urandom >/run/written
dd if=/run/written of="$disk" bs=1M oflag=direct status=none
sg_verify --lba=0 --count=2048 "$disk"
sg_unmap --force --lba=8 --num=8 "$disk"
is_zero "$disk" 4096 4096
expect 'deallocated' sg_get_lba_status --lba=8 "$disk"
sg_write_same --16 --lba=16 --num=8 --in=/run/written --xferlen=512 "$disk"
for block in {16..23}; do cmp -n 512 /run/written <(dd if="$disk" iflag=direct bs=512 skip=$block count=1 status=none); done

# A verify instance and a write instance in one: the first is what is there, so the second is written; the next time it differs.
head -c 512 /run/written >/run/compare
head -c 512 /dev/urandom >/run/write
cat /run/compare /run/write >/run/both
sg_compare_and_write --in=/run/both --lba=0 --num=1 --xferlen=1024 "$disk"
cmp -n 512 /run/write <(dd if="$disk" iflag=direct bs=512 count=1 status=none)
miscompare=14
refused $miscompare sg_compare_and_write --in=/run/both --lba=0 --num=1 --xferlen=1024 "$disk"

# ---- copies made by the target itself
head -c 65536 /dev/urandom >/run/source
dd if=/run/source of="$disk" oflag=direct status=none
generic=$(generic "$disk")
sg_xcopy if="$generic" of="$generic" bs=512 count=128 seek=8192
cmp -n 65536 /run/source <(dd if="$disk" iflag=direct bs=512 skip=8192 count=128 status=none)
expect 'Maximum|Supports no list identifier' sg_copy_results --params "$disk"
log_out "$TARGET"
