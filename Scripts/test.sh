#!/usr/bin/env bash
# Builds everything in release mode and runs all tests. Arguments go to `swift test`, for example --filter WireTests.
source "$(dirname "$0")/setup.sh"
build --tests
# One after the other: tests with real processes wait for each other's answers, and must not starve on two cores.
exec swift test -c release --skip-build --no-parallel "$@"
