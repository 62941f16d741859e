# Two hosts of a cluster, here two sessions, and the disk that each wants for itself. TARGET, PORTAL.
reservation_conflict=24 # sg3-utils' exit code for it
write_exclusive_registrants_only=5

record "$TARGET"
log_in "$TARGET"
iscsiadm -m session -r "$(basename "$(sessions "$TARGET")" | tr -dc 0-9)" --op new
a=$(disk "$TARGET" 0 1)
b=$(disk "$TARGET" 0 2)
head -c 512 /dev/urandom >/run/block
write() { sg_write_same --lba=0 --num=1 --xferlen=512 --in=/run/block "$1"; }
# What the other one did is told once, as a unit attention: 6.
told() { refused 6 sg_turs "$1"; }

sg_persist --out --register --param-sark=0xa "$a"
sg_persist --out --reserve --param-rk=0xa --prout-type=$write_exclusive_registrants_only "$a"
expect 'Key=0xa' sg_persist --in --read-reservation "$b"
expect 'Write Exclusive, registrants only' sg_persist --in --read-reservation "$b"
write "$a"
refused $reservation_conflict write "$b"
dd if="$b" of=/dev/null iflag=direct count=8 status=none

sg_persist --out --register --param-sark=0xb "$b"
write "$b"
expect '0xb' sg_persist --in --read-keys "$a"
expect '0xa' sg_persist --in --read-full-status "$a"

# The one takes the disk from the other, as after a failure.
sg_persist --out --preempt --param-rk=0xb --param-sark=0xa --prout-type=$write_exclusive_registrants_only "$b"
told "$a"
expect 'Key=0xb' sg_persist --in --read-reservation "$a"
refused $reservation_conflict write "$a"
write "$b"
refused $reservation_conflict sg_persist --out --release --param-rk=0xa --prout-type=$write_exclusive_registrants_only "$a"

sg_persist --out --release --param-rk=0xb --prout-type=$write_exclusive_registrants_only "$b"
expect 'there is NO reservation' sg_persist --in --read-reservation "$a"
write "$a"
sg_persist --out --clear --param-rk=0xb "$b"
expect 'NO registered|0 registered|there are NO' sg_persist --in --read-keys "$a"
expect 'Persistent Reservation Type Mask|Type Mask' sg_persist --in --report-capabilities "$a"

sg_reset --device "$a"
told "$b"
log_out "$TARGET"
