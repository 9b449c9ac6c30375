#!/usr/bin/env bash
# Proves what docs/proofs.md claims of conversations: by exhaustion in Python, then without bounds by ProVerif 2.04 or later, where it
# is installed (or named by PROVERIF). Each query in docs/proofs says above it what is expected. `--long`: more histories, three minutes.
source "$(dirname "$0")/setup.sh"
command -v python3 >/dev/null || { say "SKIPPED prove.sh: there is no python3"; exit 0; }
python3 Tests/SecondImplementation/proof.py "$@"

proverif=${PROVERIF:-proverif}
command -v "$proverif" >/dev/null || { say "SKIPPED the proofs in docs/proofs: no proverif here"; exit 0; }
for file in docs/proofs/*.pv; do
    started=$SECONDS
    expected=$(sed -nE 's/^\(\* EXPECT (true|false|not true): .*/\1/p' "$file")
    found=$("$proverif" -lib docs/proofs/first "$file" |
        sed -nE 's/^RESULT .* is (true|false)\.$/\1/p; s/^RESULT .* cannot be proved\.$/not true/p')
    # An attack of which the steps were found is one that was to be found.
    [ -n "$expected" ] && [ "$(wc -l <<<"$expected")" = "$(wc -l <<<"$found")" ] || fail "$file: $found"
    while read -r one && read -r other <&3; do
        [ "$one" = "$other" ] || { [ "$one" = "not true" ] && [ "$other" = false ]; } ||
            fail "$file: expected was ${expected//$'\n'/, }; found was ${found//$'\n'/, }."
    done <<<"$expected" 3<<<"$found"
    say "$file: ${found//$'\n'/, }, as expected. $((SECONDS - started)) s."
done
