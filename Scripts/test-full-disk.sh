#!/usr/bin/env bash
# A disk that is really full: a node at a time keeps its data on a small tmpfs, which something else fills up.
#
#   sender     refuses new messages, and loses none that it had accepted
#   relay      refuses mail, serves and discards what it keeps
#   recipient  leaves its mail on the buddies until there is room, then has each message once
#
# All go on without a restart when space is freed. Needs to mount, and so root, or a kernel that lets users make namespaces;
# elsewhere it says that it was skipped. Uses the release build; takes about two minutes.
source "$(dirname "$0")/setup.sh"
if [ "${1:-}" != inside ]; then
    if [ "$(id -u)" = 0 ]; then how=(unshare --mount); else how=(unshare --user --map-root-user --mount); fi
    if ! command -v unshare >/dev/null || ! "${how[@]}" mount -t tmpfs roost-test /mnt 2>/dev/null; then
        say "SKIPPED: test-full-disk.sh (this user can't mount a tmpfs here)"
        exit 0
    fi
    build
    exec "${how[@]}" "$0" inside
fi

work=$(mktemp -d)
started=()
finish() {
    for process in "${started[@]}"; do kill -9 "$process" 2>/dev/null || true; done
    umount "$work"/*/ 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
roost() { .build/release/roost "$@"; }

# start NAME: runs a node, and puts its address into $address.
start() {
    .build/release/roost up --data "$work/$1/data" --listen 127.0.0.1:0 ${bootstrap:+--bootstrap "$bootstrap"} \
        >"$work/$1.out" 2>"$work/$1.err" &
    started+=($!)
    disown
    until grep -q ^ready "$work/$1.out"; do
        kill -0 "${started[-1]}" || fail "$1 did not start: $(cat "$work/$1.err")"
        sleep 0.05
    done
    address=$(sed -n 's/.* udp=\([^ ]*\) .*/\1/p' "$work/$1.out")
}
# disk NAME SIZE: gives it a disk of its own.
disk() { mkdir -p "$work/$1"; mount -t tmpfs -o "size=$2" roost-test "$work/$1"; }
# Fills a disk to the last byte; dd's complaint is the point.
fill() { dd if=/dev/zero of="$work/$1/filling" bs=4k 2>/dev/null || true; }
free() { rm "$work/$1/filling"; }
state() { roost status --data "$work/$1/data" --json | grep -o '"disk":"[a-z]*"'; }
# eventually SECONDS COMMAND…
eventually() {
    local deadline=$((SECONDS + $1)); shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || fail "It did not come about: $*"
        sleep 0.5
    done
}
text() { head -c 30000 /dev/zero | tr '\0' "$1"; }
received() { roost inbox --peek --json --data "$work/$1/data" | wc -l; }
has() { [ "$(received "$1")" = "$2" ]; }

say "A network of four, and a sender, a relay and a recipient with small disks"
disk sender 16m
disk relay 3m
disk recipient 3m
for name in one two three four; do mkdir "$work/$name"; start "$name"; bootstrap=${bootstrap:-$address}; done
for name in relay sender recipient; do start "$name"; done
for name in relay sender recipient; do roost status --wait ready --data "$work/$name/data" >/dev/null; done
to=$(roost id --data "$work/recipient/data")

say "1. The sender's disk is full"
fill sender
count=0
# Whether a message is refused and the status says why. What has been delivered makes room again: so both are asked at once.
refuses() {
    local code=0
    text a | roost send "$to" - --until queued --data "$work/sender/data" >/dev/null 2>"$work/refused" || code=$?
    [ $code != 0 ] || { count=$((count + 1)); return 1; }
    [ $code = 73 ] && grep -q "disk is full" "$work/refused" || fail "send ended with $code: $(cat "$work/refused")"
    state sender | grep -q full
}
deadline=$((SECONDS + 120))
until refuses; do [ $SECONDS -lt $deadline ] || fail "a full disk accepts all, or the status does not say so"; done
say "   refused with 73 after $count; all of them arrive, and more when there is space"
# One may be accepted whose envelope has no room beside it: it is sealed and sent as soon as there is.
free sender
eventually 90 has recipient "$count"
text b | roost send "$to" - --until stored --timeout 90 --data "$work/sender/data" >/dev/null
eventually 60 has recipient $((count + 1))

say "2. The relay's disk is full"
fill relay
kill -STOP "${started[6]}"
for letter in c d e f; do text $letter | roost send "$to" - --until stored --timeout 60 --data "$work/sender/data" >/dev/null; done
kill -CONT "${started[6]}"
eventually 90 has recipient $((count + 5))
kill -0 "${started[4]}" || fail "the relay has ended"
roost status --data "$work/relay/data" >/dev/null
say "   mail goes by the others, and the relay still answers"
free relay

say "3. The recipient's disk is full"
fill recipient
before=$(received recipient)
sent=0
while [ $sent -lt 40 ]; do
    text g | roost send "$to" - --until queued --data "$work/sender/data" >/dev/null
    sent=$((sent + 1))
done
eventually 60 grep -q "disk is full" "$work/recipient.err"
now=$(received recipient)
[ "$now" -lt $((before + sent)) ] || fail "everything fitted on a full disk"
say "   $((now - before)) of $sent came in before it was full; the rest waits"
free recipient
eventually 150 has recipient $((before + sent))
roost inbox --peek --json --data "$work/recipient/data" | sed 's/.*"message":"\([0-9a-f]*\)".*/\1/' | sort | uniq -d | grep -q . &&
    fail "a message came twice"
say "   all are there, each once"
for name in sender relay recipient; do roost down --data "$work/$name/data"; done
say "A full disk is borne by sender, relay and recipient."
