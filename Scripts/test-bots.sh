#!/bin/bash
# The bots of docs/bots.md, with two daemons on this machine: each answers each message once, also one that came while it didn't run.
#
#   Scripts/test-bots.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/.."
roost=$(realpath "${1:-.build/release/roost}")
work=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$roost" "$work/bin/roost"
PATH="$work/bin:$PATH"

fail() {
    echo "test-bots: $1" >&2
    exit 1
}

# Tries a command until it succeeds, for half a minute.
eventually() {
    for _ in $(seq 150); do
        "$@" && return
        sleep 0.2
    done
    return 1
}

roost up --data "$work/bot" --listen 127.0.0.1:0 > "$work/bot.out" 2> "$work/bot.log" &
eventually grep -q '^ready' "$work/bot.out" || fail "the first daemon isn't ready"
address=$(sed -n 's/^ready.* udp=\([^ ,]*\).*/\1/p' "$work/bot.out")
roost up --data "$work/person" --listen 127.0.0.1:0 --bootstrap "$address" > "$work/person.out" 2> "$work/person.log" &
eventually grep -q '^ready' "$work/person.out" || fail "the second daemon isn't ready"
bot=$(roost id --data "$work/bot")

answers() { roost inbox --peek --json --from "$bot" --data "$work/person" | wc -l; }
has_answers() { [ "$(answers)" -eq "$1" ]; }

# What the text must not do: be taken for a command, or lose anything.
text=$'$(touch '"$work"$'/harm) `id`; "quoted"\n\ta second line \xe2\x9c\x93'

run() {
    local name=$1 before
    before=$(answers)
    roost send "$bot" "$text" --data "$work/person" --until delivered > /dev/null
    "${@:2}" > "$work/$name.out" 2> "$work/$name.err" &
    eventually has_answers $((before + 1)) || fail "$name doesn't answer what came before it ran: $(cat "$work/$name.err")"
    roost send "$bot" "$text" --data "$work/person" --until delivered > /dev/null
    eventually has_answers $((before + 2)) || fail "$name doesn't answer what comes: $(cat "$work/$name.err")"
    kill %%
    wait %% 2> /dev/null || true
    roost inbox --peek --json --from "$bot" --data "$work/person" > "$work/answers"
    TEXT="$text" python3 -c '
import json, os, sys
texts = [json.loads(line)["text"] for line in open(sys.argv[1])]
sys.exit(any(text != os.environ["TEXT"] for text in texts))' "$work/answers" || fail "$name answers with another text"
    [ ! -e "$work/harm" ] || fail "$name has run a text"
    [ -z "$(roost inbox --unread --peek --json --data "$work/bot")" ] || fail "$name leaves messages unread"
    echo "$name: two messages, two answers"
}

run echo.sh roost inbox --unread --follow --exec docs/bots/echo.sh --data "$work/bot"
run echo.py docs/bots/echo.py "$work/bot"

# A command that fails leaves its message unread.
roost send "$bot" 'once more' --data "$work/person" --until delivered > /dev/null
roost inbox --unread --exec 'exit 3' --data "$work/bot" 2> "$work/failing" && fail "a failing command is no failure"
grep -q 'ended with 3 for message' "$work/failing" || fail "a failing command isn't reported: $(cat "$work/failing")"
[ "$(roost inbox --unread --peek --json --data "$work/bot" | wc -l)" -eq 1 ] || fail "a failing command's message is read"
roost inbox --unread --exec 'test "$(cat)" = "once more" -a "$ROOST_FROM" != ""' --data "$work/bot"
[ -z "$(roost inbox --unread --peek --json --data "$work/bot")" ] || fail "a command that succeeds leaves its message unread"
# Nobody has answered twice by now, nor what they are not to answer.
[ "$(answers)" -eq 4 ] || fail "there are $(answers) answers to four messages"
timeout 5 roost inbox --from "$bot" --unread --data "$work/person" --exec 'kill -TERM $$' 2> "$work/killed" && fail "an ended command is no failure"
grep -q 'ended by signal 15' "$work/killed" || fail "a command that was ended isn't reported: $(cat "$work/killed")"
echo "failing commands: their messages stay unread"
