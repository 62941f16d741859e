# CHAP, one-way to ONE_WAY and mutual to MUTUAL. PORTAL. The initiator is alice, the target everwhen.
authorization_failed=24 # iscsiadm's exit code for a login that the target refused

chap() { # TARGET INITIATOR_SECRET [TARGET_SECRET]
  set_record "$1" node.session.auth.authmethod CHAP
  set_record "$1" node.session.auth.username alice
  set_record "$1" node.session.auth.password "$2"
  if (($# == 3)); then
    set_record "$1" node.session.auth.username_in everwhen
    set_record "$1" node.session.auth.password_in "$3"
  fi
}
usable() {
  local disk
  disk=$(disk "$1")
  dd if=/dev/urandom of="$disk" bs=4096 count=1 oflag=direct status=none
  dd if="$disk" of=/dev/null bs=4096 count=1 iflag=direct status=none
}

record "$ONE_WAY"
refused $authorization_failed log_in "$ONE_WAY"
chap "$ONE_WAY" not-the-right-secret
refused $authorization_failed log_in "$ONE_WAY"
chap "$ONE_WAY" "$INITIATOR_SECRET"
log_in "$ONE_WAY"
usable "$ONE_WAY"
log_out "$ONE_WAY"

# A target that does not prove itself: here it is the initiator that hangs up.
record "$MUTUAL"
chap "$MUTUAL" "$INITIATOR_SECRET" not-the-right-secret
if log_in "$MUTUAL"; then fail "logged in to a target that could not prove who it is"; fi
chap "$MUTUAL" "$INITIATOR_SECRET" "$TARGET_SECRET"
log_in "$MUTUAL"
usable "$MUTUAL"
log_out "$MUTUAL"
