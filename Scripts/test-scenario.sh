#!/usr/bin/env bash
# Fifty nodes and ten people as processes of this machine live the scenario `trouble`: crashes, a partition, lost disks, loss,
# nodes that leave for good. All mail must arrive, exactly once, and nothing must be left behind.
#
# Where this user can make a network namespace and there is nftables, the network is cut there; elsewhere those who are cut
# off are held up, which the run says. Uses the release build; takes about two minutes.
source "$(dirname "$0")/setup.sh"
build
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work
.build/release/roost scenario trouble --seed 7 --report "$work/report" || {
    status=$?
    say "It did not hold: status $status."
    exit $status
}
[ -s "$work/report/report.html" ] || fail "There is no report."
leftovers=$(find "$work" -maxdepth 1 -name 'roost-*')
[ -z "$leftovers" ] || fail "The run left something behind: $leftovers"
! pgrep -f -- "--data $work/" >/dev/null || fail "The run left nodes behind: $(pgrep -fa -- "--data $work/")"
