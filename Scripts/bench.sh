#!/usr/bin/env bash
# What an answer costs a real daemon, in processor time, beside what it costs others: `roost-load` asks a daemon in a network of 24,
# OpenDHT's `dhtnode` in a network of twelve where this machine has it (apt-get install dhtnode), and a floor of our own, which receives,
# opens, seals and sends, and does nothing else. All on the loopback, in rounds of one after the other, as machines are noisy: medians
# and ratios count.
#
#   Scripts/bench.sh [--rounds 5] [--json FILE]     FILE gets each single measurement, a line each
#
# To compare two builds in the same rounds, name the program of the other: OTHER=/path/to/roost Scripts/bench.sh
source "$(dirname "$0")/setup.sh"

rounds=5
lines=
while [ $# -gt 0 ]; do
    case $1 in
    --rounds) rounds=$2 ;;
    --json) lines=$2 ;;
    *) fail "usage: Scripts/bench.sh [--rounds 5] [--json FILE]" ;;
    esac
    shift 2
done
[[ $rounds =~ ^[1-9][0-9]?$ ]] || fail "--rounds needs a number from 1 to 99."
[ -d /proc/self/task ] || fail "Processor time is read from /proc: run this on Linux."
if [ -z "${LOAD:-}" ]; then
    build
    ROOST_BENCHMARKS=1 swift build -c release --product roost-load >&2
fi
load=${LOAD:-.build/release/roost-load}
ours=${ROOST:-$roost}
use_home
lines=${lines:-$home/lines}
: >"$lines"

# A network of 24: as many as one answer names contacts, and some.
network() {
    local name=$1 program=$2 number
    roost=$program
    start "$name.0"
    for number in {1..23}; do start "$name.$number" --bootstrap "$(address "$name.0")"; done
}
contacts() { "$2" status --data "$home/$1.0" | grep -q "network *2[0-3] contacts"; }

network roost "$ours"
within 60 contacts roost "$ours" || fail "The network didn't come about: see its logs."
if [ -n "${OTHER:-}" ]; then
    network other "$OTHER"
    within 60 contacts other "$OTHER" || fail "The other network didn't come about: see its logs."
fi
"$load" floor-server --answer 800 --seconds 600 >"$home/floor.ready" &
floor=$!
dht=
if command -v dhtnode >/dev/null; then
    for number in {0..11}; do
        bootstrap=()
        [ "$number" = 0 ] || bootstrap=(-b 127.0.0.1:47330)
        dhtnode -s -p $((47330 + number)) "${bootstrap[@]}" </dev/null >/dev/null 2>&1 &
        [ "$number" != 0 ] || dht=$!
    done
    sleep 5
else
    echo "SKIPPED OpenDHT: no dhtnode here (apt-get install dhtnode)"
fi
within 10 grep -q ready "$home/floor.ready" || fail "The floor didn't start."
sleep 5

# measure NAME KIND TARGET PROCESS WINDOW COUNT [OPTION…]: one measurement, as a line of JSON with the name of who was asked.
measure() {
    local name=$1 kind=$2 target=$3 process=$4 window=$5 count=$6
    shift 6
    "$load" "$kind" --target "$target" --pid "$process" --window "$window" --count "$count" --warm-up 500 --json "$@" |
        sed "s/^{/{\"who\": \"$name\", /" >>"$lines"
}
roost_rows() {
    local name=$1 window
    for window in 1 8 64 256; do measure "$name" findNode "$(address "$name.0")" "$(pid "$name.0")" $window 6000; done
    for kind in ping getRecord fetch deposit; do measure "$name" $kind "$(address "$name.0")" "$(pid "$name.0")" 64 6000; done
    # No more than others' work is done for one account in ten seconds.
    measure "$name" list "$(address "$name.0")" "$(pid "$name.0")" 64 3000
    measure "$name" ping "$(address "$name.0")" "$(pid "$name.0")" 1 6000
    measure "$name" handshake "$(address "$name.0")" "$(pid "$name.0")" 32 400 --rate 200
}
for ((round = 1; round <= rounds; round++)); do
    say "Round $round of $rounds"
    roost_rows roost
    [ -z "${OTHER:-}" ] || roost_rows other
    for window in 1 8 64 256; do
        measure floor floor "$(cut -d' ' -f2 "$home/floor.ready")" $floor $window 6000
        # It answers some thousand requests of one address at a time, and then drops them for a while.
        [ -z "$dht" ] || { measure opendht opendht 127.0.0.1:47330 "$dht" $window 1500 && sleep 1.5; }
    done
done

# The medians, and how many times the floor's processor time that is.
sed 's/[{}",:]//g' "$lines" | awk '
function median(key,    n, i, j, held, values) {
    n = split(all[key], values, " ")
    for (i = 2; i <= n; i++) {
        held = values[i] + 0
        for (j = i - 1; j > 0 && values[j] + 0 > held; j--) values[j + 1] = values[j]
        values[j + 1] = held
    }
    return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
}
{
    for (i = 1; i < NF; i += 2) field[$i] = $(i + 1)
    row = field["who"] " " field["request"] " " field["window"]
    if (!(row in seen)) { seen[row] = 1; rows[++count] = row }
    all[row " cpu"] = all[row " cpu"] " " field["processorMicroseconds"]
    all[row " half"] = all[row " half"] " " field["medianMicroseconds"]
    all[row " slow"] = all[row " slow"] " " field["slowMicroseconds"]
    lost[row] += field["lost"] + field["refused"] + field["wrong"]
}
END {
    print "| who | request | in flight | processor time, µs | times the floor | half within, µs | 99 % within, µs | not answered |"
    print "|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= count; i++) {
        split(rows[i], part, " ")
        floor = "floor floor " part[3] " cpu"
        ratio = floor in all ? sprintf("%.2f", median(rows[i] " cpu") / median(floor)) : ""
        printf "| %s | %s | %s | %.1f | %s | %.0f | %.0f | %d |\n", part[1], part[2], part[3], median(rows[i] " cpu"), ratio,
            median(rows[i] " half"), median(rows[i] " slow"), lost[rows[i]]
    }
}'
