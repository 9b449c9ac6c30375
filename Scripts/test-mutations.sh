#!/usr/bin/env bash
# Breaks the code on purpose, in a copy, and shows that the simulator catches each break: by a promise that is broken (exit
# 3), or by mail that doesn't arrive (exit 4). Prints for each the scenario and seed that catch it. Some ten minutes.
#
#     Scripts/test-mutations.sh [NUMBER…]        only those
set -euo pipefail
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r Package.swift Sources Tests Benchmarks "$copy"
cd "$copy"

# change FILE OLD NEW: fails where the file doesn't have exactly that text once.
change() {
    python3 - "$@" <<'PYTHON'
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
if text.count(old) != 1: sys.exit(f"{path} has {text.count(old)} times: {old}")
open(path, "w").write(text.replace(old, new))
PYTHON
}

names=(
    "skips the tombstone"
    "acknowledges before the commit"
    "drops a retry"
    "ends lookups early"
    "accepts a stale record"
)
files=(
    Sources/Mailboxes/MailboxStore/Tombstones.swift
    Sources/NodeCore/Serving/Serving.swift
    Sources/PeerCore/Sending/Sending.swift
    Sources/Kademlia/Lookup.swift
    Sources/Mailboxes/SignedValues/Records.swift
)
olds=(
    'guard !isOver, full == nil else { return .done(ticket) }'
    'case .keep(let ticket): .after(ticket, .kept)'
    'turn.schedule(.attempt(id), in: rest.delay)'
    'var unasked: Int?
        for index in shortlist {'
    'guard record.sequence > held.sequence else { return .refused(.stale) }'
)
news=(
    'guard ticket.number == 0 else { return .done(ticket) }'
    'case .keep: .response(.kept)'
    'if rest.reason == nil { turn.schedule(.attempt(id), in: rest.delay) }'
    'var unasked: Int?
        for index in shortlist.prefix(3) {'
    '_ = held.sequence'
)
scenarios=(
    "--scenario quiet --seed 1"
    "--scenario disks --seed 1"
    "--scenario full --seed 1"
    "--scenario quiet --seed 1"
    "--scenario stale --seed 1"
)

echo "building the code as it is"
swift build -c release --product roost 2>&1 | tail -1
for scenario in "${scenarios[@]}"; do
    # shellcheck disable=SC2086
    .build/release/roost sim $scenario --json >/dev/null 2>&1 || { echo "unbroken, $scenario fails already"; exit 1; }
done
failures=0
for index in ${@:-0 1 2 3 4}; do
    file=${files[$index]}
    cp "$file" "$copy/kept"
    change "$file" "${olds[$index]}" "${news[$index]}"
    swift build -c release --product roost 2>&1 | tail -1
    status=0
    # shellcheck disable=SC2086
    .build/release/roost sim ${scenarios[$index]} --json >"$copy/out" 2>&1 || status=$?
    if [ "$status" = 3 ] || [ "$status" = 4 ]; then
        echo "caught: code that ${names[$index]}, by ${scenarios[$index]} (exit $status)"
    else
        echo "NOT CAUGHT: code that ${names[$index]}, by ${scenarios[$index]} (exit $status)"
        failures=$((failures + 1))
    fi
    cp "$copy/kept" "$file"
done
exit "$failures"
