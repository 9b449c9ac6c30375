#!/usr/bin/env bash
# A person who goes on from their keys alone, from the old directory, and in two places at once: no mail is destroyed by who
# can't open it, its senders bring it anew, and the owner is told. Also that a visit of seconds leaves its receipts.
#
# Real nodes on the loopback; takes about a minute.
source "$(dirname "$0")/setup.sh"
build

work=$(mktemp -d)
started=()
finish() {
    for process in "${started[@]}"; do kill -9 "$process" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT
roost() { .build/release/roost "$@"; }

# start NAME: runs a node, and puts its address into $address.
start() {
    mkdir -p "$work/$1"
    .build/release/roost up --data "$work/$1" --listen 127.0.0.1:0 ${bootstrap:+--bootstrap "$bootstrap"} \
        >"$work/$1.out" 2>>"$work/$1.err" &
    started+=($!)
    disown
    within 20 grep -q ^ready "$work/$1.out" || fail "$1 did not start: $(tail -n 5 "$work/$1.err")"
    address=$(sed -n 's/.* udp=\([^ ]*\) .*/\1/p' "$work/$1.out")
}
online() { start "$1" && roost status --wait ready --timeout 20 --data "$work/$1" >/dev/null; }
offline() { roost down --data "$work/$1"; }
# eventually SECONDS COMMAND…
eventually() { within "$@" || fail "It did not come about within $1 s: ${*:2}. $(roost status --data "$work/bob" 2>&1 || true)"; }
texts() { roost inbox --peek --json --data "$work/$1" | sed -n 's/.*"text":"\([^"]*\)".*/\1/p' | sort; }
has() { [ "$(texts "$1" | grep -c "^$2")" = "$3" ]; }
told() { [ "$(roost outbox --json --data "$work/alice" | grep -c "\"state\":\"$1\"")" = "$2" ]; }
unopened() { roost inbox unopened --json --data "$work/bob" | grep -q "\"envelopes\":$1[,}]"; }
warns() { roost status --json --data "$work/$1" | grep -q "\"code\":\"$2\""; }
copies() {
    local sum=0 name
    for name in "${relays[@]}"; do
        sum=$((sum + $(roost status --json --data "$work/$name" | sed -n 's/.*"envelopes":\([0-9]*\).*/\1/p')))
    done
    echo $sum
}
write() { roost send "$bob" "$1" --until "$2" --timeout 30 --data "$work/alice" >/dev/null || fail "“$1” was not $2"; }

say "A network of six, Alice and Bob"
relays=(one two three four five six)
for name in "${relays[@]}"; do start "$name"; bootstrap=${bootstrap:-$address}; done
for name in alice bob; do online $name; done
bob=$(roost id --data "$work/bob")
write hello delivered

say "1. Bob comes by for a moment: his receipts leave before he does"
offline bob
for number in 1 2 3 4 5; do write "visit$number" stored; done
online bob
eventually 20 has bob visit 5
offline bob
eventually 5 told delivered 6
say "   Alice knows that all five arrived"

say "2. Bob goes on from his keys alone"
for number in 1 2 3 4 5 6 7 8 9 10; do write "wait$number" stored; done
before=$(copies)
cp -a "$work/bob" "$work/old"
find "$work/bob" -mindepth 1 -maxdepth 1 ! -name '*.key' -exec rm -r {} +
online bob
eventually 30 unopened 10
sleep 3 # Whoever took it for useless would have it discarded by now.
[ "$(copies)" = "$before" ] || fail "of $before copies of what waits $(copies) are left"
told stored 10 || fail "Alice was told something else than stored: $(roost outbox --data "$work/alice")"
eventually 5 warns bob unopened-mail
eventually 5 warns bob second-copy
say "   $before copies of the 10 are still there, and Bob is told"
write again delivered
eventually 60 has bob wait 10
eventually 20 told delivered 17
[ "$(copies)" -ge "$before" ] || fail "of $before copies of what waits $(copies) are left"
say "   Alice has sealed all of it anew, and knows that it arrived"

say "3. The old directory is found after all"
offline bob
mv "$work/bob" "$work/keys-only"
mv "$work/old" "$work/bob"
online bob
eventually 60 has bob wait 10
eventually 30 unopened 0
say "   Bob reads all 10 in it as well"

say "4. Bob runs twice"
cp -a "$work/keys-only" "$work/twin"
online twin
eventually 90 warns twin second-copy
eventually 90 warns bob second-copy
say "   both say so"

say "5. Bob throws away what he can't open"
offline twin
offline bob
write lost stored
find "$work/bob" -mindepth 1 -maxdepth 1 ! -name '*.key' -exec rm -r {} +
online bob
eventually 30 unopened 1
[ "$(roost inbox unopened --discard --data "$work/bob")" = "1 envelope thrown away" ] || fail "nothing was thrown away"
unopened 0 || fail "it still waits"
for name in bob alice "${relays[@]}"; do offline $name; done
say "No mail is destroyed by who can't open it."
