# To be sourced: goes to the project's root, and offers what the scripts here have in common: `build`, and nodes to test with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# within SECONDS COMMAND…: asks again and again until it holds, for so long at most.
within() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        say "Running as root: $*"
        sudo "$@"
    else
        fail "Run this as root, then start again: $*"
    fi
}

# The C libraries: libsodium for cryptography, LMDB for storage, libqrencode for codes on the screen.
need_libraries() {
    if command -v dpkg-query >/dev/null; then
        local missing=() package
        for package in libsodium-dev liblmdb-dev libqrencode-dev; do
            dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
        done
        [ ${#missing[@]} = 0 ] && return
        say "Installing ${missing[*]}, which Roost is built with."
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2 && return
        as_root apt-get update >&2
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2
    elif command -v brew >/dev/null; then
        local formula
        for formula in libsodium lmdb qrencode; do
            brew list "$formula" >/dev/null 2>&1 || { say "Installing $formula." && brew install "$formula" >&2; }
        done
    else
        pkg-config --exists libsodium lmdb libqrencode 2>/dev/null ||
            fail "Roost is built with libsodium, LMDB and libqrencode: install their development packages and start again."
    fi
}

need_swift() {
    command -v swift >/dev/null || fail "Roost is built with Swift 6.2 or newer: install it from https://swift.org/install."
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\)\.\([0-9][0-9]*\).*/\1 \2/p' | head -n 1)
    # shellcheck disable=SC2086
    set -- $version
    [ "${1:-0}" -gt 6 ] || { [ "${1:-0}" = 6 ] && [ "${2:-0}" -ge 2 ]; } ||
        fail "Roost needs Swift 6.2 or newer, and this is ${1:-an unknown version}${2:+.$2}: see https://swift.org/install."
}

# build: the program, in release mode. build --tests: all tests as well. Both use the same objects, so neither builds anew what the
# other has built.
build() {
    local what=(--product roost)
    [ "${1:-}" != --tests ] || what=(--build-tests)
    need_libraries
    need_swift
    [ -x .build/release/roost ] || say "Building Roost for the first time, which takes some minutes."
    swift build -c release "${what[@]}" >&2
}

roost=$PWD/.build/release/roost

# use_home: makes the directory $home for a script's nodes. When the script ends, all that runs in its background is ended, and the
# directory removed.
use_home() {
    home=$(mktemp -d "${TMPDIR:-/tmp}/roost.XXXXXX")
    trap end_nodes EXIT
}
end_nodes() {
    # shellcheck disable=SC2046
    kill $(jobs -pr) 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$home"
}

# launch NAME COMMAND…: runs a node by this command, and waits until it listens. NAME.ready has its ready line, NAME.log its log.
launch() {
    local name=$1
    shift
    : >"$home/$name.ready"
    "$@" >"$home/$name.ready" 2>>"$home/$name.log" &
    echo $! >"$home/$name.pid"
    within 20 grep -q '^ready ' "$home/$name.ready" || fail "$name did not start: $(tail -n 5 "$home/$name.log")"
}
# start NAME [OPTION…]: runs a node on the loopback, with its data in $home/NAME.
start() {
    local name=$1
    shift
    launch "$name" "$roost" up --data "$home/$name" --listen 127.0.0.1:0 "$@"
}
# address NAME: where it listens. pid NAME: its process.
address() { sed -n 's/^ready .*udp=\([^ ,]*\).*/\1/p' "$home/$1.ready"; }
pid() { cat "$home/$1.pid"; }
