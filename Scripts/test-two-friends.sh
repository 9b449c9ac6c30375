#!/usr/bin/env bash
# Goes through docs/two-friends.md: every command that the page gives to Alice, Bob or Carol is run as it stands there, in the
# page's order, each person on a machine of their own. A command that fails, or that says something else than the page, ends it.
#
#   alice 192.168.1.2 ──┐                                   ┌── 192.168.2.2 bob, after he has gone home
#   bob   192.168.1.3 ──┴── router 203.0.113.7 ──┬── router 203.0.113.8
#                                                └── carol 203.0.113.9
#
# Alice's router passes on UDP port 7337 from the section "In two homes" on, as the page says. The words ALICES-LINK, BOBS-LINK and
# ALICES-ADDRESS stand for what people tell each other.
#
# Needs Linux, root, ip and nft; elsewhere it says that it was skipped. Nothing leads out of the namespaces. Takes some 15 seconds.
source "$(dirname "$0")/setup.sh"
page=docs/two-friends.md
prefix=rf$$
spaces=()
home=""
finish() {
    for space in "${spaces[@]}"; do
        # shellcheck disable=SC2046
        kill $(ip netns pids "$space") 2>/dev/null || true
        ip netns del "$space" 2>/dev/null || true
    done
    [ -z "$home" ] || rm -rf "$home"
}
trap finish EXIT
if [ "$(id -u)" != 0 ] || ! command -v ip >/dev/null || ! command -v nft >/dev/null || ! ip netns add "$prefix-net" 2>/dev/null; then
    say "SKIPPED test-two-friends.sh: it needs Linux, root, ip, nft and network namespaces"
    exit 0
fi
spaces+=("$prefix-net")
build
home=$(mktemp -d)
mkdir "$home/bin"
ln -s "$PWD/.build/release/roost" "$home/bin/roost"

inside() { local space=$1; shift; ip netns exec "$prefix-$space" "$@"; }
space() {
    ip netns add "$prefix-$1"
    spaces+=("$prefix-$1")
    inside "$1" ip link set lo up
}
# cable SWITCH SPACE INTERFACE ADDRESS [GATEWAY]: from a machine to a switch.
cable() {
    inside "$1" ip link add "to-$2" type veth peer name "$3" netns "$prefix-$2"
    inside "$1" ip link set "to-$2" master br0 up
    inside "$2" ip addr add "$4/24" dev "$3"
    inside "$2" ip link set "$3" up
    [ -z "${5:-}" ] || inside "$2" ip route add default via "$5"
}
inside net ip link set lo up
for name in home1 home2 router1 router2 alice bob carol; do space $name; done
for name in net home1 home2; do inside $name ip link add br0 type bridge mcast_snooping 0; inside $name ip link set br0 up; done
# router HOME NUMBER ADDRESS
for number in 1 2; do
    cable "home$number" "router$number" lan "192.168.$number.1"
    cable net "router$number" wan "203.0.113.$((6 + number))"
    inside "router$number" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    inside "router$number" nft -f - <<<'
        table ip nat {
            chain inward { type nat hook prerouting priority dstnat; }
            chain outward { type nat hook postrouting priority srcnat; oifname wan masquerade; }
        }
        table ip filter {
            chain forward {
                type filter hook forward priority filter;
                iifname wan ct state established,related accept
                iifname wan ct status dnat accept
                iifname wan drop
            }
        }'
done
cable home1 alice eth0 192.168.1.2 192.168.1.1
cable home1 bob eth0 192.168.1.3 192.168.1.1
cable net carol eth0 203.0.113.9

# "In two homes": Bob's machine is at home, and Alice's router passes the port on.
move() {
    as bob 'roost down' >/dev/null
    inside home1 ip link del to-bob
    cable home2 bob eth0 192.168.2.2 192.168.2.1
    inside router1 nft add rule ip nat inward iifname wan udp dport 7337 dnat to 192.168.1.2
    has_moved=yes
}
has_moved=""

# as PERSON COMMANDS: in that person's shell.
as() { inside "$1" env -i HOME="$home/$1" PATH="$home/bin:/usr/bin:/bin" LANG=C.UTF-8 bash -euc "$2"; }
link() { as "$1" 'roost share'; }
# The commands of the page: a file each, NUMBER.PERSON.
awk -v home="$home" '
    /^```sh [a-z]+$/ { inside = 1; file = sprintf("%s/%02d.%s", home, ++number, $2); next }
    /^```/ { inside = 0; if (file) close(file); file = "" }
    inside { print >file }' "$page"
for name in alice bob carol; do mkdir "$home/$name"; done

run=0
for block in "$home"/[0-9][0-9].*; do
    person=${block##*.}
    commands=$(cat "$block")
    case $commands in *ALICES-ADDRESS*) [ -n "$has_moved" ] || move ;; esac
    # In parentheses: a link has characters that mean something to a shell.
    case $commands in *ALICES-LINK*) commands=${commands//ALICES-LINK/$(link alice)} ;; esac
    case $commands in *BOBS-LINK*) commands=${commands//BOBS-LINK/$(link bob)} ;; esac
    commands=${commands//ALICES-ADDRESS/203.0.113.7}
    out=$home/out
    case $commands in
        "roost up"*)
            as "$person" "$commands" >"$home/$person.out" 2>"$home/$person.log" &
            within 5 grep -q '^ready ' "$home/$person.out" || fail "$person: $commands: $(cat "$home/$person.log")"
            ;;
        *) as "$person" "$commands" >"$out" 2>"$out.news" || fail "$person: $commands: ended with $?: $(cat "$out" "$out.news")" ;;
    esac
    # What the page says that is seen.
    case $person:$commands in
        "alice:roost up") within 5 grep -q 'begins a network of its own' "$home/alice.log" || fail "nothing says that a network begins" ;;
        "bob:roost up") within 5 eval "as bob 'roost status' | grep -q '1 contact'" || fail "Bob's node has not found Alice's" ;;
        "bob:roost status"*)
            grep -q '1 contact' "$out" || fail "Bob's node has not found Alice's: $(cat "$out")"
            ;;
        "bob:roost inbox") grep -q 'Good morning!' "$out" || fail "Bob has no mail: $(cat "$out")" ;;
        "alice:roost inbox") grep -q 'Good morning, Alice!' "$out" || fail "Alice has no mail: $(cat "$out")" ;;
        "alice:roost peers verify"*) number=$(grep -oE '[0-9]{5}( [0-9]{5})*' "$out") ;;
        "bob:roost peers verify"*)
            [ "$(grep -oE '[0-9]{5}( [0-9]{5})*' "$out")" = "$number" ] && [ -n "$number" ] || fail "the numbers differ"
            ;;
        "bob:roost send alice 'I am"*) as alice 'roost history bob' | grep -q 'I am at home' || fail "nothing came from Bob's home" ;;
        "alice:roost requests") within 10 eval "as alice 'roost requests' | grep -q ." || fail "Alice sees no request" ;;
    esac
    run=$((run + 1))
    say "ok: $person: $(head -n 1 "$block")"
done
[ $run -gt 15 ] || fail "the page has too few commands: $run"
say "All $run steps of $page hold."
