#!/usr/bin/env bash
# One stranger at each of three nodes does all it can from one address: 20,000 records, 300,000 tombstones, 10,000 handshakes. Then
# somebody new comes, publishes, is written to by somebody who was there, and writes back, within five seconds each. Prints
# what the nodes have in memory and on disk, and holds them to bounds. Takes two or three minutes.
source "$(dirname "$0")/setup.sh"
command -v python3 >/dev/null || { say "SKIPPED test-abuse.sh: there is no python3"; exit 0; }
build
records=${1:-20000} tombstones=${2:-300000} handshakes=${3:-10000}
# What one stranger may make of a node: some MiB beside the 30 that it has anyway.
most_memory=131072 most_disk=65536

use_home
memory() { sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$(pid "$1")/status"; }
disk() { du -sk "$home/$1/store" | cut -f 1; }
tell() { for name in first second third; do say "  $name: $(memory $name) KiB in memory, $(disk $name) KiB on disk"; done; }
now() { date +%s%N; }
# timed WHAT COMMAND…: it must succeed within five seconds.
timed() {
    local what=$1 begun
    shift
    begun=$(now)
    "$@" >/dev/null || fail "$what: it failed"
    local taken=$((($(now) - begun) / 1000000))
    say "$what: $taken ms"
    [ $taken -le 5000 ] || fail "$what took more than five seconds"
}

start first
bootstrap=$(address first)
for name in second third; do start $name --bootstrap "$bootstrap"; done
for name in first second third; do
    "$roost" status --wait ready --timeout 30 --data "$home/$name" >/dev/null || fail "$name did not join"
done
say "Before:"
tell

strangers=()
for name in first second third; do
    python3 Tests/SecondImplementation/stranger.py "$(address $name)" "$records" "$tombstones" "$handshakes" \
        >"$home/stranger-$name" 2>&1 &
    strangers+=($!)
done
for stranger in "${strangers[@]}"; do wait "$stranger" || fail "A stranger failed: $(cat "$home"/stranger-*)"; done
for name in first second third; do sed "s/^/  at $name: /" "$home/stranger-$name" >&2; done
say "After:"
tell
for name in first second third; do
    [ "$(memory $name)" -le $most_memory ] || fail "$name has $(memory $name) KiB in memory"
    [ "$(disk $name)" -le $most_disk ] || fail "$name has $(disk $name) KiB on disk"
done

begun=$(now)
start newcomer --bootstrap "$bootstrap"
"$roost" status --wait ready --timeout 5 --data "$home/newcomer" >/dev/null || fail "The newcomer did not join"
newcomer=$("$roost" id --data "$home/newcomer")
is_written_to() { "$roost" send "$newcomer" 'Welcome.' --until delivered --timeout 5 --data "$home/second" >/dev/null 2>&1; }
within 6 is_written_to || fail "The newcomer can't be written to"
taken=$((($(now) - begun) / 1000000))
say "A newcomer has started, published and been written to: $taken ms"
[ $taken -le 7000 ] || fail "That took too long"
timed "The newcomer has written" "$roost" send "$("$roost" id --data "$home/third")" 'Thank you.' --until delivered --timeout 5 \
    --data "$home/newcomer"
"$roost" down --data "$home/newcomer" >/dev/null
timed "The newcomer, who has gone, has been written to" "$roost" send "$newcomer" 'Come back.' --until stored --timeout 5 \
    --data "$home/second"
