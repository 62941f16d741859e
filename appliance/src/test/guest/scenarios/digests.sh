# Data goes both ways under CRC32C of headers and data. TARGET, PORTAL.
record "$TARGET"
set_record "$TARGET" 'node.conn[0].iscsi.HeaderDigest' CRC32C
set_record "$TARGET" 'node.conn[0].iscsi.DataDigest' CRC32C
log_in "$TARGET"
disk=$(disk "$TARGET")
[[ $(agreed "$TARGET" header_digest) == 1 ]] || fail "no header digest"
[[ $(agreed "$TARGET" data_digest) == 1 ]] || fail "no data digest"

# Lengths that are no multiple of 4096, and more than one burst.
head -c 4325376 /dev/urandom >/run/written
for block in 512 8192 1441792; do
  dd if=/run/written of="$disk" bs=$block count=3 oflag=direct status=none
  dd if="$disk" of=/run/read bs=$block count=3 iflag=direct status=none
  cmp -n $((3 * block)) /run/written /run/read
done
log_out "$TARGET"
