#!/usr/bin/env bash
# A person who goes on from their keys alone, from the old directory, and in two places at once: no mail is destroyed by who
# can't open it, its senders bring it anew, and the owner is told. Also that a visit of seconds leaves its receipts.
#
# Real nodes on the loopback; takes about a minute.
source "$(dirname "$0")/setup.sh"
build

use_home
roost() { "$roost" "$@"; }
join() { start "$1" ${bootstrap:+--bootstrap "$bootstrap"}; }
online() { join "$1" && roost status --wait ready --timeout 20 --data "$home/$1" >/dev/null; }
offline() { roost down --data "$home/$1"; }
# eventually SECONDS COMMAND…
eventually() { within "$@" || fail "It did not come about within $1 s: ${*:2}. $(roost status --data "$home/bob" 2>&1 || true)"; }
texts() { roost inbox --peek --json --data "$home/$1" | sed -n 's/.*"text":"\([^"]*\)".*/\1/p' | sort; }
has() { [ "$(texts "$1" | grep -c "^$2")" = "$3" ]; }
told() { [ "$(roost outbox --json --data "$home/alice" | grep -c "\"state\":\"$1\"")" = "$2" ]; }
unopened() { roost inbox unopened --json --data "$home/bob" | grep -q "\"envelopes\":$1[,}]"; }
warns() { roost status --json --data "$home/$1" | grep -q "\"code\":\"$2\""; }
copies() {
    local sum=0 name
    for name in "${relays[@]}"; do
        sum=$((sum + $(roost status --json --data "$home/$name" | sed -n 's/.*"envelopes":\([0-9]*\).*/\1/p')))
    done
    echo $sum
}
write() { roost send "$bob" "$1" --until "$2" --timeout 30 --data "$home/alice" >/dev/null || fail "“$1” was not $2"; }

say "A network of six, Alice and Bob"
relays=(one two three four five six)
for name in "${relays[@]}"; do join "$name"; bootstrap=${bootstrap:-$(address "$name")}; done
for name in alice bob; do online $name; done
bob=$(roost id --data "$home/bob")
write hello delivered
# Who is written to learns where the writer is: so Alice's mail goes straight to Bob, who says at once where he can't open it.
roost send "$(roost id --data "$home/alice")" hello --until delivered --timeout 30 --data "$home/bob" >/dev/null || fail "Bob's answer was not delivered"

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
# What was collected before may be there for a moment longer.
areSixty() { [ "$(copies)" = 60 ]; }
eventually 20 areSixty
before=$(copies)
cp -a "$home/bob" "$home/old"
find "$home/bob" -mindepth 1 -maxdepth 1 ! -name '*.key' -exec rm -r {} +
online bob
eventually 30 unopened 10
sleep 3 # Whoever took it for useless would have it discarded by now.
[ "$(copies)" = "$before" ] || fail "of $before copies of what waits $(copies) are left"
told stored 10 || fail "Alice was told something else than stored: $(roost outbox --data "$home/alice")"
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
mv "$home/bob" "$home/keys-only"
mv "$home/old" "$home/bob"
online bob
eventually 60 has bob wait 10
eventually 30 unopened 0
say "   Bob reads all 10 in it as well"

say "4. Bob runs twice"
cp -a "$home/keys-only" "$home/twin"
online twin
eventually 90 warns twin second-copy
eventually 90 warns bob second-copy
say "   both say so"

say "5. Bob throws away what he can't open"
offline twin
offline bob
write lost stored
find "$home/bob" -mindepth 1 -maxdepth 1 ! -name '*.key' -exec rm -r {} +
online bob
eventually 30 unopened 1
[ "$(roost inbox unopened --discard --data "$home/bob")" = "1 envelope thrown away" ] || fail "nothing was thrown away"
unopened 0 || fail "it still waits"
for name in bob alice "${relays[@]}"; do offline $name; done
say "No mail is destroyed by who can't open it."
