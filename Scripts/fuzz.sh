#!/usr/bin/env bash
# Fuzzes what reads bytes from outside with libFuzzer, which comes with the Swift toolchain.
#
#   Scripts/fuzz.sh                      lists the targets
#   Scripts/fuzz.sh TARGET [SECONDS]     looks for new inputs, for ten minutes unless told otherwise
#   Scripts/fuzz.sh TARGET --try FILE    tries one input, such as one that was found
#   FUZZ_FAST=1 Scripts/fuzz.sh …        without the address sanitizer and without tracing comparisons: several times as many inputs
#
# It begins with the inputs that are kept in Tests/Fixtures/corpus, and in the end replaces them by the fewest that reach
# as much. What breaks something is left in .build-fuzz (or .build-fuzz-fast) and told: put its line into the corpus with a comment, so that the
# tests replay it (Tests/FuzzTests).
source "$(dirname "$0")/setup.sh"

targets=$(sed -n 's/^    case \([a-z0-9]*\)$/\1/p' Tests/FuzzTests/FuzzTarget.swift | tr '\n' ' ')
target=${1:-}
if [[ -z $target || " $targets" != *" $target "* ]]; then
    say "usage: Scripts/fuzz.sh TARGET [SECONDS | --try FILE], where TARGET is one of: $targets"
    [ -z "$target" ] && exit 0
    exit 64
fi
need_libraries
need_swift
if ! swiftc -sanitize=fuzzer -parse-as-library -typecheck - <<<'let works = true' 2>/dev/null; then
    say "Skipped: this Swift toolchain comes without libFuzzer."
    exit 0
fi

if [ -n "${FUZZ_FAST:-}" ]; then way=fast home=.build-fuzz-fast; else way=1 home=.build-fuzz; fi
ROOST_FUZZ=$way swift build -c release --product Fuzzer --scratch-path $home >&2
export FUZZ_TARGET=$target
fuzzer=$home/release/Fuzzer
kept=Tests/Fixtures/corpus/$target.txt
# Where memory was allocated would cost more than all the rest.
export ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=16

if [ "${2:-}" = --try ]; then
    exec "$fuzzer" "${3:?the file with the input}"
fi
# Decoders are found into value by value; for whole scripts that would only keep more of the same.
case $target in
    datagram) options=(-max_len=1201 -use_value_profile=1) ;;
    router) options=(-max_len=4097 -use_value_profile=1) ;;
    record) options=(-max_len=4097 -use_value_profile=1) ;;
    envelope) options=(-max_len=2200 -use_value_profile=1) ;;
    text) options=(-max_len=256 -use_value_profile=1) ;;
    archive | scenario) options=(-max_len=4097) ;;
    *) options=(-max_len=512) ;;
esac
work=$home/corpus/$target
rm -rf "$work"
mkdir -p "$work/found" "$work/fewest"
"$fuzzer" unpack "$work/found"
nice -n 10 "$fuzzer" "$work/found" -max_total_time="${2:-600}" "${options[@]}" -timeout=60 -rss_limit_mb=2000 \
    -artifact_prefix=$home/found- -print_final_stats=1 ||
    fail "Found something: see above, and try it again with: Scripts/fuzz.sh $target --try $home/found-…"
"$fuzzer" -merge=1 -use_counters=0 "${options[0]}" "$work/fewest" "$work/found" 2>&1 | tail -n 1 >&2
# What once broke something stays, with its comment.
{
    grep '#' "$kept" || true
    "$fuzzer" pack "$work/fewest"
} | awk '!seen[$1]++' >"$work/kept.txt"
mv "$work/kept.txt" "$kept"
say "Nothing found. $(wc -l <"$kept") inputs are kept in $kept."
