#!/usr/bin/env bash
# Builds everything in release mode and runs all tests. Arguments go to `swift test`, for example --filter WireTests.
source "$(dirname "$0")/setup.sh"
build
exec swift test -c release --skip-build "$@"
