#!/usr/bin/env bash
# Builds everything in release mode and runs all tests. With --quick, in two minutes once it is built, those that need no socket and no
# process, but for the suites that take longest. Other arguments go to `swift test`, for example --filter WireTests.
source "$(dirname "$0")/setup.sh"
build --tests
isQuick=
if [ "${1:-}" = --quick ]; then isQuick=1; shift; elif [ $# -gt 0 ]; then exec swift test -c release --skip-build --no-parallel "$@"; fi
# What needs no clock and no socket runs on all cores at once. The rest runs one after the other: tests with real processes
# wait for each other's answers, and must not starve on two cores.
cores='^(Basics|Cryptography|Wire|Kademlia|Sessions|Mailboxes|Conversations|PortMapping|Discovery|PeerCore|Station|Story|Simulation|SimulationReport|Fuzz|Tidy)Tests\.'
if [ "$isQuick" ]; then
    # These live through days of virtual time, or through the same histories again and again.
    long='SimulatorStories|StrangersStories|MarkStories|IdleStories|ShardTests|ModeStories|LyingRendezvousStories|StrangerTests'
    long+='|SeedTests|AnnouncingStories|HistoryTests|SettledNetworkTests|SwarmTests|AuditStories|RecordCacheTests|AbsenceStories'
    long+='|MapStories|FaultTests'
    echo "SKIPPED by --quick: ${long//|/, }, and all tests with sockets and processes"
    exec swift test -c release --skip-build --filter "$cores" --skip "[.]($long)/" "$@"
fi
swift test -c release --skip-build --filter "$cores"
exec swift test -c release --skip-build --no-parallel --skip "$cores"
