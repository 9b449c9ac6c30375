#!/usr/bin/env bash
# That a request, a message or a start costs no more than Benchmarks/costs.txt allows: what it allocates and how many instructions it
# takes, as callgrind counts them in cores that talk to each other, and the system calls of a real daemon that is asked one thing after
# the other. No times: these counts are the same on a busy machine. Without valgrind or strace, their part says that it was skipped.
#
#   Scripts/test-costs.sh [--show]      --show: prints the counts as lines for that file, and compares nothing
source "$(dirname "$0")/setup.sh"

show=
[ "${1:-}" != --show ] || show=1
limits=Benchmarks/costs.txt
count=640
failed=

# judge NAME ALLOCATIONS NUMBER: compares with the line of that name. NUMBER: instructions, or hundredths of system calls.
judge() {
    if [ -n "$show" ]; then
        printf '%-20s %2s   %s\n' "$1" "$2" "$3"
        return
    fi
    local allocations number
    read -r allocations number < <(awk -v name="$1" '$1 == name { print $2, $3 }' "$limits") ||
        fail "$limits has no line for $1."
    if [ "$2" -gt "$allocations" ] || [ "$3" -gt "$number" ]; then
        say "$1 costs $2 allocations and $3, and may cost $allocations and $number ($limits)."
        failed=1
    else
        echo "$1: $2 of $allocations allocations, $3 of $number"
    fi
}

build
ROOST_BENCHMARKS=1 swift build -c release --product Measure >&2
ROOST_BENCHMARKS=1 swift build -c release --product roost-load >&2
use_home
if command -v valgrind >/dev/null; then
    # Without debug information, of which valgrind reads only older forms.
    strip -g -o "$home/Measure" .build/release/Measure
    # The counters, since the last time, are written down after each kind of request; the first has all that came before it as well.
    valgrind --tool=callgrind --callgrind-out-file="$home/out" --dump-after='*8RequestsC7counted*' "$home/Measure" costs $count \
        >"$home/log" 2>&1 || fail "valgrind failed: $(tail -n 5 "$home/log")"
    # counted FILE: allocations and instructions. What was called, by name: a name is given at its first use, and by its number from then on.
    counted() {
        awk '
            /^(c?fn)=/ {
                entry = substr($0, index($0, "=") + 1)
                key = entry; sub(/\).*/, ")", key)
                if (entry ~ /\) /) { name = entry; sub(/^\([0-9]*\) /, "", name); names[key] = name }
                if ($0 ~ /^cfn=/) callee = names[key]
            }
            /^calls=/ { if (callee ~ /^(malloc|calloc|realloc|posix_memalign|aligned_alloc)(@|$)/) { split($0, part, /[= ]/); sum += part[2] } }
            /^(totals|summary):/ { total = $2 }
            END { print sum + 0, total + 0 }' "$1"
    }
    number=1
    for kind in findNode getRecord deposit list fetch; do
        number=$((number + 1))
        read -r allocations instructions < <(counted "$home/out.$number")
        # The nearest whole number: an allocation that comes once in many requests is none.
        judge $kind $(((allocations + count) / (2 * count))) $((instructions / (2 * count)))
    done
    valgrind --tool=callgrind --callgrind-out-file="$home/messages" --dump-after='*8MessagesO7counted*' "$home/Measure" message-costs 320 \
        >"$home/log" 2>&1 || fail "valgrind failed: $(tail -n 5 "$home/log")"
    read -r allocations instructions < <(counted "$home/messages.2")
    judge message $((allocations / 320)) $((instructions / 320))
    strip -g -o "$home/roost" "$roost"
    valgrind --tool=callgrind --callgrind-out-file="$home/start" "$home/roost" --version >"$home/log" 2>&1 ||
        fail "valgrind failed: $(tail -n 5 "$home/log")"
    # In thousands; what the dynamic linker and the library's own start allocate is not the program's affair.
    read -r _ instructions < <(counted "$home/start")
    judge start 0 $((instructions / 1000))
else
    echo "SKIPPED allocations and instructions: no valgrind here"
fi
if ! command -v strace >/dev/null; then
    echo "SKIPPED system calls: no strace here"
elif ! strace -c -o /dev/null true 2>/dev/null; then
    echo "SKIPPED system calls: strace may not trace here"
else
    start node
    strace -f -c -o "$home/calls" -p "$(pid node)" 2>/dev/null &
    tracer=$!
    within 5 grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$(pid node)/status" || fail "strace traces nothing."
    .build/release/roost-load ping --target "$(address node)" --window 1 --count 2000 --warm-up 0 >&2
    kill -INT $tracer
    wait $tracer || true
    calls=$(awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { sum += $4 } END { print sum + 0 }' "$home/calls")
    [ "$calls" -ge 4000 ] || fail "strace counted $calls for 2,000 requests, which needs three each."
    judge calls 0 $((calls * 100 / 2000))
fi
[ -z "$failed" ]
