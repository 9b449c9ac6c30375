#!/usr/bin/env bash
# Runs scenarios that nobody has seen before, each drawn by chance, for four minutes: see docs/simulation.md. The first that
# fails is made as small as it can be and left in swarm-failure.json: mend what it shows, and keep it in
# Tests/Fixtures/seeds under a name that says what it was.
#
#   Scripts/swarm.sh [SEED] [MINUTES]      by default a new seed, which is printed, and 4
source "$(dirname "$0")/setup.sh"
build
# What once failed and takes longer than a test may. `swift test` replays the others.
for kept in Tests/Fixtures/seeds/slow/*.json; do
    .build/release/roost sim --replay "$kept" >/dev/null || { say "$kept, which once failed, fails again." && exit 1; }
done
seed=${1:-$(date +%s)}
echo "swarm seed $seed (Scripts/swarm.sh $seed repeats it)"
.build/release/roost sim --swarm 1000000 --minutes "${2:-4}" --seed "$seed" --marks --save swarm-failure.json || {
    status=$?
    if [ "$status" = 5 ]; then
        say "All held. A rare branch was not reached that every swarm must reach: it is marked above as expected."
    elif [ "$status" -gt 128 ]; then
        say "The swarm was ended: status $status. swarm-failure.json has the commands of the runs that were under way."
    else
        found=$(sed -n 's/^  "seed": \([0-9]*\),$/\1/p' swarm-failure.json)
        say "The swarm has found something: status $status. The scenario is in swarm-failure.json; unshrunk: roost sim --swarm 1 --seed $found"
    fi
    exit $status
}
rm -f swarm-failure.json
