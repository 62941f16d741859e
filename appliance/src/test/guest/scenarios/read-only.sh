# A disk is made read-only, and writable again, under a session. Prints "writable" and "read-only" when the next may come.
# TARGET, PORTAL.
data_protect=7 # sg3-utils' exit code for it

record "$TARGET"
log_in "$TARGET"
disk=$(disk "$TARGET")
head -c 4096 /dev/urandom >/run/block
generic=$(generic "$disk") # by which Linux lets commands through that it would not send itself
write() { sg_write_same --lba=0 --num=8 --xferlen=512 --in=/run/block "$generic"; }
seen() { # 0 or 1: what Linux thinks, looking again
  iscsiadm -m session -R
  [[ $(blockdev --getro "$disk") == "$1" ]]
}

write
seen 0
echo writable
within 120 seen 1
refused $data_protect write
dd if="$disk" of=/dev/null iflag=direct bs=4096 count=1 status=none
echo read-only
within 120 seen 0
write
log_out "$TARGET"
