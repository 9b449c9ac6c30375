#!/usr/bin/env bash
# Forty nodes, a sender and a recipient on this machine: messages reach somebody who was away when they were sent, first
# after the sender, the bootstrap node and ten of the nodes that kept them are gone; then after the sender and every node
# that ran when they were sent. Exits with 0 only if all of it held.
#
#   Scripts/demo.sh          tells the story (less than a minute, after the build)
#   Scripts/demo.sh --keep   leaves the network running, and prints what to try
source "$(dirname "$0")/setup.sh"

keep=false
case "${1:-}" in
    "") ;;
    --keep) keep=true ;;
    *)
        say "usage: Scripts/demo.sh [--keep]"
        exit 64
        ;;
esac
build
roost=$PWD/.build/release/roost
home=$(mktemp -d "${TMPDIR:-/tmp}/roost-demo.XXXXXX")
nodes=40

# The process IDs of all that runs: start leaves one in $home/NAME.pid.
running() { cat "$home"/*.pid 2>/dev/null || true; }
end() {
    local status=$?
    trap - EXIT INT TERM
    if ! $keep || [ $status != 0 ]; then
        # shellcheck disable=SC2046
        kill -KILL $(running) 2>/dev/null || true
        rm -rf "$home"
    fi
    exit $status
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tell() { printf '\n%s\n' "$*"; }
broken() {
    printf '\nIt did not hold: %s\n' "$*" >&2
    exit 1
}

# start NAME [OPTIONS…]: a node whose data is in $home/NAME.
start() {
    local name=$1
    shift
    "$roost" up --data "$home/$name" --listen 127.0.0.1:0 "$@" >"$home/$name.ready" 2>"$home/$name.log" &
    echo $! >"$home/$name.pid"
    disown $!
}
is_up() { grep -qs "^ready " "$home/$1.ready"; }
crash() {
    kill -KILL "$(cat "$home/$1.pid")"
    rm "$home/$1.pid"
}
as() {
    local name=$1
    shift
    "$roost" "$@" --data "$home/$name"
}
# number NAME FIELD: a number of a node's status.
number() { as "$1" status --json | sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p"; }

tell "Starting $nodes nodes. The first begins the network, the others join through it."
start node1
within 20 is_up node1 || broken "the first node did not start: $(cat "$home/node1.log")"
bootstrap=$(sed -n 's/.* udp=\([^ ,]*\).*/\1/p' "$home/node1.ready")
for ((i = 2; i <= nodes; i++)); do start "node$i" --bootstrap "$bootstrap"; done
start alice --bootstrap "$bootstrap"
start bob --bootstrap "$bootstrap"
for file in "$home"/*.pid; do
    name=$(basename "$file" .pid)
    within 60 is_up "$name" || broken "$name did not start: $(cat "$home/$name.log")"
    as "$name" status --wait ready --timeout 60 >/dev/null || broken "$name did not join the network"
done
alice=$(as alice id)
bob=$(as bob id)
echo "  Alice is $alice"
echo "  Bob   is $bob"
echo "  Alice knows $(number alice contacts) nodes by now, Bob $(number bob contacts)."

tell "Bob is online: Alice's first message comes to him by way of his mailbox, as only those whom he writes to learn where he is."
texts=("Is this Bob?")
ways=(mailbox)
as alice send "$bob" "${texts[0]}" --until delivered --timeout 60 || broken "the first message was not delivered"
as bob send "$alice" "It is." --until delivered --timeout 60 || broken "the answer was not delivered"

tell "Bob has answered: from now on Alice's messages go straight to him."
# A node that has just joined may not know yet where others reach it, and a busy machine may answer late: then the mailbox,
# which is tried beside, is first.
for text in "Hello Bob, are you there?" "Once more: are you there?" "And a third time?"; do
    as alice send "$bob" "$text" --until delivered --timeout 60 || broken "the direct message was not delivered"
    way=$(as bob inbox --peek --json | tail -n 1 | sed -n 's/.*"via":"\([a-z]*\)".*/\1/p') || broken "Bob can't be asked"
    texts+=("$text")
    ways+=("$way")
    [ "$way" != direct ] || break
    echo "  It took the way by the mailbox."
done
[ "$way" = direct ] || broken "no message went straight to Bob"

tell "Bob goes offline. Alice writes three messages all the same, one of them of 60,000 bytes."
as bob down || broken "Bob's node did not end"
rm "$home/bob.pid"
letter=$(printf 'A long letter. %.0s' {1..4000})
for text in "You are away; this will wait for you." "$letter" "And a last word."; do
    texts+=("$text")
    ways+=(mailbox)
    printf '%s' "$text" | as alice send "$bob" - --until stored --timeout 60 || broken "a message was not stored"
done
echo "  They roost, encrypted, on the nodes closest to Bob's mailbox: his buddies."

# Any eleven copies outlive the loss of ten nodes.
enough_copies() {
    local copies
    for copies in $(as alice outbox --json | tail -n 3 | sed -n 's/.*"buddies":\([0-9]*\).*/\1/p'); do
        [ "$copies" -gt 10 ] || return 1
    done
}
within 30 enough_copies || broken "a message is on ten buddies or fewer"

buddies=()
for ((i = 1; i <= nodes; i++)); do
    [ "$(number "node$i" mailboxes)" = 0 ] || buddies+=("node$i")
done
echo "  ${#buddies[@]} of the $nodes nodes keep mail for Bob. None of them can read it."

tell "Disaster: Alice, the bootstrap node and ten of the buddies are killed without warning (SIGKILL)."
lost=("${buddies[@]:0:10}")
[ ${#lost[@]} = 10 ] || broken "there are fewer than ten buddies"
for name in alice "${lost[@]}"; do crash "$name"; done
echo "  Gone: Alice, the bootstrap node1, and the buddies ${lost[*]}."
[ ! -e "$home/node1.pid" ] || crash node1

tell "Bob comes back. He is told of no bootstrap node: he remembers whom he knew."
start bob
within 20 is_up bob || broken "Bob's node did not start: $(cat "$home/bob.log")"
has_all() { [ "$(as bob inbox --peek --json | wc -l)" -ge ${#texts[@]} ]; }
began=$SECONDS
within 90 has_all || broken "Bob has only $(as bob inbox --peek --json | wc -l) of ${#texts[@]} messages"
echo "  After $((SECONDS - began)) s he has all of them:"
as bob inbox --peek | cut -c 1-100

tell "Checking that nothing is missing, doubled, altered or out of order…"
lines=()
while read -r line; do lines+=("$line"); done < <(as bob inbox --json)
[ ${#lines[@]} = ${#texts[@]} ] || broken "Bob has ${#lines[@]} messages instead of ${#texts[@]}"
for i in "${!texts[@]}"; do
    text=$(sed -n 's/.*"text":"\(.*\)","via":.*/\1/p' <<<"${lines[i]}")
    [ "$text" = "${texts[i]}" ] || broken "message $((i + 1)) is not what Alice wrote"
    [[ ${lines[i]} == *"\"via\":\"${ways[i]}\""* ]] || broken "message $((i + 1)) did not come by way of: ${ways[i]}"
    [[ ${lines[i]} == *"\"from\":\"$alice\""* ]] || broken "message $((i + 1)) is not from Alice"
done
[ -z "$(as bob inbox --unread --json)" ] || broken "messages that were read are still unread"
echo "  All ${#texts[@]} messages are there, once each, in order: those that waited and those that went straight."

tell "Second chapter: nobody is left. Bob goes offline again, and Carol, who is new, writes to him three times."
as bob down || broken "Bob's node did not end"
rm "$home/bob.pid"
# The names of the nodes that run, and how many envelopes they keep together: receipts for Alice are among them, as many
# as before, or nearly.
living() { for file in "$home"/*node*.pid; do basename "$file" .pid; done; }
envelopes() {
    local sum=0 name
    for name in $(living); do sum=$((sum + $(number "$name" envelopes))); done
    echo $sum
}
address() { sed -n 's/.* udp=\([^ ,]*\).*/\1/p' "$home/$1.ready"; }
first=()
for name in $(living); do first+=("$name"); done
before=$(envelopes)
start carol --bootstrap "$(address "${first[0]}")"
within 20 is_up carol || broken "Carol's node did not start: $(cat "$home/carol.log")"
as carol status --wait ready --timeout 60 >/dev/null || broken "Carol did not join the network"
letters=("Dear Bob, nobody will be left of all who are here." "Not even I." "Will you read this?")
for text in "${letters[@]}"; do
    printf '%s' "$text" | as carol send "$bob" - --until stored --timeout 60 || broken "a message was not stored"
done
copies_of_carols() { [ $(($(envelopes) - before)) -gt 30 ]; }
within 30 copies_of_carols || broken "Carol's messages are on too few nodes"
echo "  ${#first[@]} nodes run. They keep about $(($(envelopes) - before)) copies of what Carol wrote."
crash carol

tell "Carol is killed. Then each second one of the ${#first[@]} nodes is killed, and a fresh one, which has nothing, takes its place."
count=0
for name in "${first[@]}"; do
    began=$SECONDS
    crash "$name"
    count=$((count + 1))
    others=()
    while read -r other; do others+=("$other"); done < <(living)
    bootstraps=()
    for i in 1 2 3; do bootstraps+=(--bootstrap "$(address "${others[RANDOM % ${#others[@]}]}")"); done
    start "newnode$count" "${bootstraps[@]}"
    within 20 is_up "newnode$count" || broken "a node did not start: $(cat "$home/newnode$count.log")"
    if [ $((count % 7)) = 0 ] || [ $count = ${#first[@]} ]; then
        echo "  $((${#first[@]} - count)) of the first ${#first[@]} nodes are left, and there are about $(($(envelopes) - before)) copies."
    fi
    [ $SECONDS != "$began" ] || sleep 1
done
for name in "${first[@]}" alice carol; do
    [ ! -e "$home/$name.pid" ] || broken "$name is still there"
done

tell "Bob comes back. All whom he remembers are gone, so he is told of a node that runs now."
start bob --bootstrap "$(address "newnode$count")"
within 20 is_up bob || broken "Bob's node did not start: $(cat "$home/bob.log")"
has_letters() { [ "$(as bob inbox --unread --peek --json | wc -l)" -ge ${#letters[@]} ]; }
began=$SECONDS
within 90 has_letters || broken "Bob has only $(as bob inbox --unread --peek --json | wc -l) of ${#letters[@]} messages"
echo "  After $((SECONDS - began)) s he has all that Carol wrote:"
as bob inbox --unread --peek
lines=()
while read -r line; do lines+=("$line"); done < <(as bob inbox --unread --json)
[ ${#lines[@]} = ${#letters[@]} ] || broken "Bob has ${#lines[@]} messages instead of ${#letters[@]}"
for i in "${!letters[@]}"; do
    [[ ${lines[i]} == *"\"text\":\"${letters[i]}\""* ]] || broken "message $((i + 1)) is not what Carol wrote"
done
[ -z "$(as bob inbox --unread --json)" ] || broken "a message came twice"
echo "  Each is there once. No node that has ever kept it before was left, and Carol neither: the nodes repaired the mailbox."

if $keep; then
    tell "The network is running, in $home. To try:"
    cat <<TEXT
  $roost status --data $home/bob
  $roost nodes --data $home/bob
  $roost lookup $alice --data $home/bob
  $roost send $alice 'Where are you?' --data $home/bob
  $roost up --data $home/alice --listen 127.0.0.1:0 --bootstrap $(address "newnode$count")     # Alice comes back; then, in another terminal:
  $roost inbox --data $home/alice
To end it all:
  kill $(running | tr '\n' ' '); rm -r $home
TEXT
else
    tell "Done. (Scripts/demo.sh --keep leaves the network running, to try things.)"
fi
