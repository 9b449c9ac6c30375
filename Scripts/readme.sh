#!/usr/bin/env bash
# Holds README.md's figures of `roost sim --seed 7` against what it prints: all but how long it took has to be the same.
# Scripts/readme.sh --write writes them anew, after a change that was meant to change the history.
source "$(dirname "$0")/setup.sh"
case ${1:-} in "" | --write) ;; *) fail "usage: Scripts/readme.sh [--write]" ;; esac
build
command='$ roost sim --seed 7'

# The lines that the page shows; the last says that there are more.
shown() {
    awk 'NR <= 2 { print; next }
        /^  (scenario|seed|virtual time|messages|latency|… if online|lookups|… at the median) / { print }
        END { print "  …" }'
}
# Without what differs from machine to machine.
steady() { sed -E 's/ in [0-9.]+ (ms|s|min|h)( [0-9.]+ (s|min))?: / in TIME: /; s/, [0-9,]+ a second$//'; }
page() { awk -v command="$command" '$0 == "```" { inside = 0 } inside { print } $0 == command { inside = 1 }' README.md; }

figures=$(mktemp)
trap 'rm -f "$figures" "$figures.page"' EXIT
.build/release/roost sim --seed 7 2>/dev/null | shown >"$figures"
if [ "${1:-}" = --write ]; then
    awk -v command="$command" -v figures="$figures" '
        $0 == "```" { inside = 0 }
        !inside { print }
        $0 == command { inside = 1; while ((getline line <figures) > 0) print line }' README.md >"$figures.page"
    cat "$figures.page" >README.md
    say "README.md has the figures of this build."
else
    diff -u --label README.md --label "$command" <(page | steady) <(steady <"$figures") >&2 ||
        fail "README.md shows other figures than roost prints: Scripts/readme.sh --write writes them anew, if that was meant."
fi
