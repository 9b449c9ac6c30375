#!/usr/bin/env bash
# Counts what one more request to a node allocates, and how many instructions it takes, on both sides together: from runs of
# two lengths under valgrind, so that all else cancels out. Unlike times, these figures are the same on a busy machine.
#
#   Benchmarks/allocations.sh [NAME…]     requests and steps; without any, every kind of request
source "$(dirname "$0")/../Scripts/setup.sh"

command -v valgrind >/dev/null || fail "Install valgrind, which counts, and start again."
need_libraries
need_swift
ROOST_BENCHMARKS=1 swift build -c release --product Measure --scratch-path .build-benchmarks >&2
measure=.build-benchmarks/release/Measure
[ $# -gt 0 ] || set -- ping findNode getRecord deposit list fetch
few=640
many=3200

allocations() {
    valgrind "$measure" repeat "$1" "$2" 2>&1 | sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' | tr -d ,
}
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$measure" repeat "$1" "$2" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
# more COMMAND NAME: what COMMAND counts for each of the requests that only the longer run has.
more() { echo $((($("$1" "$2" $many) - $("$1" "$2" $few)) * 100 / (many - few))); }

printf '%-44s %12s %13s\n' "each" allocations instructions
for name in "$@"; do
    hundredths=$(more allocations "$name")
    printf '%-44s %9d.%02d %13d\n' "$name" $((hundredths / 100)) $((hundredths % 100)) $(($(more instructions "$name") / 100))
done
