#!/usr/bin/env bash
# Breaks the code on purpose, in a copy, and shows that the simulator catches each break: by a promise that is broken (exit
# 3), or by mail that doesn't arrive (exit 4). Prints for each the run that catches it, and what it found. One build for all
# of them, and some minutes of runs; mutations.py says what they are.
#
#     Scripts/test-mutations.sh [NUMBER…]        only those
set -euo pipefail
cd "$(dirname "$0")/.."
scripts=$PWD/Scripts
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r Package.swift Sources Tests Benchmarks "$copy"
[ ! -f Package.resolved ] || cp Package.resolved "$copy"
python3 "$scripts/mutations.py" apply "$copy"
echo "building the code with all breaks in it"
(cd "$copy" && swift build -c release --product roost 2>&1 | tail -1)
python3 "$scripts/mutations.py" run "$copy/.build/release/roost" "$@"
