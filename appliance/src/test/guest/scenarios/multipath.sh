# One disk, two paths: the test cuts one, then the other, while files are written. Prints "kept N" after the fsync of file N and
# "paths N" when the number of working paths changes. TARGET; PORTALS are two, with a comma between.
COMPLAINTS_EXPECTED='I/O error, dev sd' # of a path; the map on top must not have any

device_events() {
  mkdir -p /run/udev
  /lib/systemd/systemd-udevd --daemon >/dev/console 2>&1
  udevadm trigger --action=add --type=subsystems
  udevadm trigger --action=add --type=devices
  udevadm settle
}
cat >/etc/multipath.conf <<'END'
defaults {
  user_friendly_names yes
  find_multipaths no
  polling_interval 2
  max_polling_interval 2
  no_path_retry queue
}
END
device_events
modprobe -a dm_multipath dm_service_time scsi_dh_alua
multipathd >/dev/console 2>&1
within 30 multipathd show daemon

# A dead path is noticed within seconds, and its I/O then goes to the other.
for portal in ${PORTALS//,/ }; do record "$TARGET" "$portal"; done
set_record "$TARGET" 'node.conn[0].timeo.noop_out_interval' 3
set_record "$TARGET" 'node.conn[0].timeo.noop_out_timeout' 5
set_record "$TARGET" node.session.timeo.replacement_timeout 5
iscsiadm -m node -T "$TARGET" --login

paths() { multipathd show paths raw format '%t' | grep -c '^active' || true; }
two_paths() { (($(paths) == 2)); }
within 120 two_paths
expect "hwhandler=.1 alua" multipath -ll
[[ $(multipathd show maps raw format '%n' | wc -l) == 1 ]] || fail "two paths of one disk made more than one map"
# Linux can leave a connection behind that it refuses to use again ("can't bind", ENOTCONN) if it was slow when the path was cut,
# whatever the target does. Then the session is opened anew, by hand.
open_anew() {
  local session connection portal
  for session in $(sessions "$TARGET"); do
    connection=/sys/class/iscsi_connection/connection${session##*session}:0
    if [[ $(<"$session/state") != LOGGED_IN ]]; then
      portal=$(<"$connection/persistent_address"):$(<"$connection/persistent_port")
      echo "the session over $portal does not come back; iscsid says:"
      tail -n 5 /run/messages
      iscsiadm -m node -T "$TARGET" -p "$portal" --logout || true
      log_in "$TARGET" "$portal"
    fi
  done
}

map=/dev/mapper/$(multipathd show maps raw format '%n' | tr -d ' ')

mkfs.ext4 -q "$map"
mount "$map" /mnt
mkdir /mnt/data
n=0
working=2
since=$SECONDS
changes=0
after=0
until ((after >= 10)); do # both paths cut and restored: 4 changes
  n=$((n + 1))
  head -c 65536 /dev/urandom >"/mnt/data/file$n"
  (cd /mnt/data && md5sum "file$n" >>sums)
  sync "/mnt/data/file$n" /mnt/data/sums
  echo "kept $n"
  now=$(paths)
  if ((now != working)); then
    working=$now
    since=$SECONDS
    changes=$((changes + 1))
    echo "paths $working"
  fi
  if ((working == 1 && SECONDS - since > 90)); then
    open_anew
    since=$SECONDS
  fi
  if ((changes >= 4)); then after=$((after + 1)); fi
done
check /mnt/data
umount /mnt
e2fsck -fn "$map"

multipath -f "${map##*/}"
multipathd shutdown
udevadm control --exit
log_out "$TARGET"
