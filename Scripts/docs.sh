#!/usr/bin/env bash
# Builds the documentation of the library's API for a browser, into .build-docs/api, from the modules of the release build: names
# that lead nowhere are errors.
source "$(dirname "$0")/setup.sh"
build
out=.build-docs
rm -rf $out && mkdir -p $out
target=$(swift -print-target-info | sed -n 's/.*"triple" *: *"\(.*\)",*/\1/p' | head -n 1)
maps=()
while read -r map; do maps+=(-Xcc "-fmodule-map-file=$map"); done < <(
    find .build/release/*.build -maxdepth 1 -name module.modulemap
    find Sources .build/checkouts/*/Sources -name module.modulemap)
sdk=()
! command -v xcrun >/dev/null || sdk=(-sdk "$(xcrun --show-sdk-path)")
# Each after those whose names it uses.
archives=()
links=()
for module in Basics Exchange Reports PeerCore RoostService; do
    mkdir -p $out/graphs/$module
    swift symbolgraph-extract -module-name $module -target "$target" "${sdk[@]}" -I .build/release/Modules "${maps[@]}" \
        -minimum-access-level public -skip-inherited-docs -skip-synthesized-members -output-dir $out/graphs/$module
    catalog=Sources/$module/$module.docc
    [ -d "$catalog" ] || catalog=""
    docc convert ${catalog:+"$catalog"} --additional-symbol-graph-dir $out/graphs/$module --output-path $out/$module.doccarchive \
        --fallback-display-name $module --fallback-bundle-identifier $module --transform-for-static-hosting --warnings-as-errors \
        --enable-experimental-external-link-support "${links[@]}" >&2
    archives+=($out/$module.doccarchive)
    links+=(--dependency $out/$module.doccarchive)
done
docc merge "${archives[@]}" --synthesized-landing-page-name Roost --synthesized-landing-page-kind Package --output-path $out/api >&2
say "The documentation is in $out/api. To read it:"
echo "python3 -m http.server --bind 127.0.0.1 --directory $out/api 8000    # then open http://127.0.0.1:8000/documentation/roostservice"
