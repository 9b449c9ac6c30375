#!/usr/bin/env bash
# Builds the documentation of the library's API for a browser, into .build-docs/api.
source "$(dirname "$0")/setup.sh"
need_libraries
need_swift
export ROOST_DOCS=1
out=.build-docs
rm -rf "$out/api" && mkdir -p "$out"
swift package --scratch-path "$out/build" --allow-writing-to-directory "$out/api" generate-documentation \
    --target RoostService --target PeerCore --target Reports --target Exchange --target Basics --enable-experimental-combined-documentation \
    --output-path "$out/api" --transform-for-static-hosting --warnings-as-errors >&2
say "The documentation is in $out/api. To read it:"
echo "python3 -m http.server --bind 127.0.0.1 --directory $out/api 8000    # then open http://127.0.0.1:8000/documentation/roostservice"
