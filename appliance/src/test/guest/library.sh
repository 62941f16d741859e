# What a scenario can use. It runs in Bash with -Eeuo pipefail, and gets its variables from the test.

trap 'echo "line $LINENO of $SCENARIO: \"$BASH_COMMAND\" failed with exit code $?"' ERR

fail() {
  echo "FAILED: $*"
  exit 1
}

# within SECONDS COMMAND...: until the command succeeds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || fail "still not, after a long time: $*"
    sleep 0.2
  done
}

# refused CODE COMMAND...: the command ends with exactly this exit code.
refused() {
  local expected=$1 rc=0
  shift
  (trap - ERR; "$@") || rc=$?
  ((rc == expected)) || fail "exit code $rc rather than $expected: $*"
}

# expect PATTERN COMMAND...: the command succeeds and prints a line like this.
expect() {
  local pattern=$1 printed
  shift
  echo "# $*"
  printed=$("$@" 2>&1) || fail "exit code $?: $*: $printed"
  echo "$printed"
  grep -Eq -- "$pattern" <<<"$printed" || fail "no line like '$pattern': $*"
}

# ---- sessions. PORTAL is where the target is, as seen from here.

# Records are made by hand: a daemon on 127.0.0.1 announces that address, which in here is the guest itself.
record() { iscsiadm -m node -o new -T "$1" -p "${2:-$PORTAL}"; }
set_record() { iscsiadm -m node -T "$1" -o update -n "$2" -v "$3"; }
log_in() { iscsiadm -m node -T "$1" -p "${2:-$PORTAL}" --login; }
log_out() {
  iscsiadm -m node -T "$1" --logout
  iscsiadm -m node -T "$1" -o delete
}

# The sysfs directories of a target's sessions.
sessions() {
  local session
  for session in /sys/class/iscsi_session/session*; do
    if [[ -e $session/targetname && $(<"$session/targetname") == "$1" ]]; then echo "$session"; fi
  done
}

# disk TARGET [LUN [N]]: the device of the target's Nth session (the first is 1), such as /dev/sda, once it is there.
disk() {
  local path
  within 60 has_disk "$@"
  path=$(disk_path "$@")
  echo "/dev/${path##*/}"
}
disk_path() {
  local session
  session=$(sessions "$1" | sed -n "${3:-1}p")
  if [[ $session ]]; then compgen -G "$session/device/target*/*:*:*:${2:-0}/block/*"; fi
}
has_disk() {
  local path
  path=$(disk_path "$@")
  [[ $path && -b /dev/${path##*/} ]]
}

# The generic device of a disk.
generic() { echo "/dev/$(ls "/sys/block/${1##*/}/device/scsi_generic")"; }

# What was agreed at login, such as header_digest.
agreed() { cat "$(sessions "$1" | head -n 1)"/device/connection*/iscsi_connection/connection*/"$2"; }

# ---- data

# Random files of KIB each under DIRECTORY, and their checksums beside them; on stable storage when it returns.
fill() {
  local directory=$1 files=$2 kib=$3 i
  mkdir -p "$directory"
  for ((i = 0; i < files; i++)); do head -c $((kib * 1024)) /dev/urandom >"$directory/file$i"; done
  (cd "$directory" && md5sum file* >sums)
  sync -f "$directory"
}

# The files of DIRECTORY are as fill left them, read from the disk and not from memory.
check() {
  sync
  echo 3 >/proc/sys/vm/drop_caches
  (cd "$1" && md5sum -c --quiet sums)
}

is_zero() { # DEVICE OFFSET LENGTH, in bytes
  cmp -n "$3" /dev/zero <(dd if="$1" iflag=direct,skip_bytes,count_bytes bs=1M skip="$2" count="$3" status=none)
}

# ---- at the end

nothing_left() {
  local session
  if grep ' /mnt' /proc/mounts; then fail "still mounted"; fi
  for session in /sys/class/iscsi_session/session*; do
    if [[ -e $session ]]; then fail "still logged in to $(<"$session/targetname")"; fi
  done
}

# COMPLAINTS_EXPECTED is a pattern of messages that belong to the scenario.
kernel_content() {
  local complaints
  complaints=$(dmesg | grep -E 'I/O error|critical (target|medium) error|EXT4-fs (error|warning)|XFS .*([Cc]orrupt|error)|digest|BUG:|WARNING:|hung task' |
    grep -vE "${COMPLAINTS_EXPECTED:-^$}" || true)
  [[ -z $complaints ]] || fail "the kernel complains: $complaints"
}
