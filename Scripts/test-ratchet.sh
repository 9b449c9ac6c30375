#!/usr/bin/env bash
# Random histories of the ratchet, a million steps unless told otherwise, on all cores: nothing is lost, doubled or opened
# twice. ROOST_SEED repeats them.
#
#   Scripts/test-ratchet.sh [HISTORIES]
source "$(dirname "$0")/setup.sh"
build --tests
export ROOST_HISTORIES=${1:-2500} ROOST_SEED=${ROOST_SEED:-$RANDOM$RANDOM}
say "$ROOST_HISTORIES histories; ROOST_SEED=$ROOST_SEED repeats them."
name=asManyHistoriesAsAreAskedForLoseNothing
# SwiftPM would keep other scripts from building meanwhile.
tests=.build/release/roostPackageTests.xctest
if [ -f $tests ]; then exec $tests --testing-library swift-testing --filter $name; fi
exec swift test -c release --skip-build --filter $name
