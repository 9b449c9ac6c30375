#!/usr/bin/env bash
# Holds the program to docs/protocol.md by a second implementation, in Python, that shares nothing with it but that page: first by the
# known answers in Tests/Fixtures, and what docs/proofs.md claims by Scripts/prove.sh; then by a conversation with real nodes, both ways,
# in which the answer is announced; last by comparing what a node keeps, as repair does, by subscribing to mailboxes, by requests
# of both kinds that are malformed, and by counting what comes back for what is sent,
# and by what a thief of a node's key can do to it.
source "$(dirname "$0")/setup.sh"
command -v python3 >/dev/null || { say "SKIPPED test-protocol.sh: there is no python3"; exit 0; }
build --tests

python=Tests/SecondImplementation
python3 $python/check_fixtures.py
python3 $python/theft.py
Scripts/prove.sh
# The fixture is what the script beside it makes, but for the order in which it was written down.
diff <(python3 $python/make_sealed_fixture.py) Tests/Fixtures/sealed.txt || fail "Tests/Fixtures/sealed.txt is out of date."

use_home
ROOST_RECORDING="$home/recording" swift test -c release --skip-build --filter RecordingTests >"$home/recording.log" 2>&1 ||
    fail "No conversation was recorded: $(cat "$home/recording.log")"
python3 $python/open_recording.py "$home/recording"
start first
bootstrap=$(address first)
for name in second third fourth bob; do start $name --bootstrap "$bootstrap"; done
for name in second third fourth bob; do
    "$roost" status --wait ready --timeout 30 --data "$home/$name" >/dev/null
done
bob=$("$roost" id --data "$home/bob")

python3 $python/talk.py "$bootstrap" "$bob" 'Guten Tag, Bob.' >"$home/talk" 2>"$home/talk.log" &
talk=$!
failed() { fail "$1: $(cat "$home/talk" "$home/talk.log")"; }
has_talked() { grep -q "^$1 " "$home/talk"; }
ended() { ! kill -0 $talk 2>/dev/null; }
within 60 has_talked stored || ended || failed "The second implementation did not get through"
has_talked stored || failed "The second implementation failed"
arrived() { "$roost" inbox --peek --json --data "$home/bob" | grep -q 'Guten Tag, Bob.'; }
within 60 arrived || failed "Its message did not arrive"
within 60 has_talked subscribed || ended || failed "The second implementation did not subscribe"
python_id=$(sed -n 's/^id //p' "$home/talk")
"$roost" send "$python_id" 'Guten Tag, Python.' --data "$home/bob" >/dev/null
wait $talk || failed "The second implementation failed"
has_talked announced || failed "Bob's answer was not announced"
grep -q "^received $bob Guten Tag, Python\.$" "$home/talk" || failed "It did not read Bob's answer"
python3 $python/reconciler.py "$(address second)" >>"$home/talk" 2>>"$home/talk.log" || failed "A comparison failed"
python3 $python/subscriber.py "$(address bob)" "$bob" >>"$home/talk" 2>>"$home/talk.log" || failed "A subscription failed"
python3 $python/amplification.py "$(address third)" docs/threat-model.md >"$home/amplification" 2>&1 ||
    failed "More came back than may, or than docs/threat-model.md says: $(cat "$home/amplification")"
python3 $python/impersonation.py "$(address third)" "$home/third/node.key" "$(address first)" >>"$home/talk" 2>>"$home/talk.log" ||
    failed "Whoever has a node's key poses to it as others"
say "The second implementation and the program have understood each other:"
sed 's/^/    /' "$home/talk" >&2
