#!/usr/bin/env bash
# Builds everything in release mode and runs all tests. Arguments go to `swift test`, for example --filter WireTests.
source "$(dirname "$0")/setup.sh"
build --tests
if [ $# -gt 0 ]; then exec swift test -c release --skip-build --no-parallel "$@"; fi
# What needs no clock and no socket runs on all cores at once. The rest runs one after the other: tests with real processes
# wait for each other's answers, and must not starve on two cores.
cores='^(Basics|Cryptography|Wire|Kademlia|Sessions|Mailboxes|Conversations|PortMapping|Discovery|PeerCore|Station|Story|Simulation|SimulationReport|Fuzz|Tidy)Tests\.'
swift test -c release --skip-build --filter "$cores"
exec swift test -c release --skip-build --no-parallel --skip "$cores"
