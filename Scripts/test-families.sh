#!/usr/bin/env bash
# Both address families, with real daemons in network namespaces that lead nowhere.
#
#   relays (30)    20.0.N.1 and 2a02:N::1, all on this side; they know of each other over IPv4 only when they start
#        |  |
#        |  +----- four   31.1.0.2 only
#        +-------- six    2a03::2 only, though it listens on 0.0.0.0 as well
#
# The two have no family in common, and more relays than keep one mailbox lie between them. They must find the same ones,
# and get each other's mail. Needs root, or a kernel that lets users make namespaces; elsewhere it says that it was skipped.
# Uses the release build; takes about a minute.
source "$(dirname "$0")/setup.sh"
if [ "${1:-}" != inside ]; then
    if [ "$(id -u)" = 0 ]; then how=(unshare --net); else how=(unshare --user --map-root-user --net); fi
    if ! command -v unshare ip nsenter >/dev/null || ! "${how[@]}" ip link add probe0 type veth peer name probe1 2>/dev/null; then
        say "SKIPPED: test-families.sh (this user can't make network namespaces here)"
        exit 0
    fi
    build
    exec "${how[@]}" "$0" inside
fi

relays=30
use_home
roost() { "$roost" "$@"; }

# person NAME: a namespace of its own, held by a process of which $holder is the ID, and a link to this one, up$NAME.
person() {
    unshare --net sleep 600 &
    holder=$!
    # Until it has left our namespace.
    until [ "$(readlink "/proc/$holder/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
    ip link add "up$1" type veth peer name eth0 netns "$holder"
    ip link set "up$1" up
    inside() { nsenter --net="/proc/$holder/ns/net" "$@"; }
    inside sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.eth0.accept_dad=0
    inside ip link set lo up
    inside ip link set eth0 up
}
# eventually SECONDS COMMAND…
eventually() {
    local deadline=$((SECONDS + $1)); shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || fail "It did not come about: $*"
        sleep 0.5
    done
}
knows() { [ "$(roost nodes --data "$home/$1" | wc -l)" -ge "$2" ]; }
buddies() { roost lookup "$2" --json --data "$home/$1" | tail -1 | grep -o '"node":"[0-9a-f]*"' | sort; }
# shares: whether both find the same relays for a mailbox, but for each other, who are servers in one family only.
shares() { [ "$(comm -12 <(buddies four "$1") <(buddies six "$1") | wc -l)" -ge 18 ]; }
# deliver FROM TO
deliver() {
    local id
    id=$(roost id --data "$home/$2")
    roost send "$id" "from $1" --until delivered --timeout 90 --data "$home/$1" >/dev/null \
        || fail "What $1 wrote to $2 did not arrive: $(roost outbox --data "$home/$1")"
    roost inbox --peek --data "$home/$2" | grep -q "from $1" || fail "$2 has no mail from $1"
    say "from $1 to $2: delivered"
}

sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
ip link set lo up
for number in $(seq $relays); do
    ip addr add "20.0.$number.1/32" dev lo
    ip -6 addr add "2a02:$number::1/128" dev lo
done
person four
four=(nsenter --net="/proc/$holder/ns/net")
ip addr add 31.1.0.1/24 dev upfour
"${four[@]}" ip addr add 31.1.0.2/24 dev eth0
"${four[@]}" ip route add default via 31.1.0.1
person six
six=(nsenter --net="/proc/$holder/ns/net")
ip -6 addr add 2a03::1/64 dev upsix
"${six[@]}" ip -6 addr add 2a03::2/64 dev eth0
"${six[@]}" ip -6 route add default via 2a03::1

say "$relays relays with both families, each told of the first one's IPv4 address"
for number in $(seq $relays); do
    bootstrap=(); [ "$number" = 1 ] || bootstrap=(--bootstrap 20.0.1.1:7337)
    launch "relay$number" "$roost" up --data "$home/relay$number" --listen "20.0.$number.1:7337" --listen "[2a02:$number::1]:7337" "${bootstrap[@]}"
done
launch four "${four[@]}" "$roost" up --data "$home/four" --listen 0.0.0.0:7337 --bootstrap 20.0.1.1:7337 --bootstrap 20.0.2.1:7337
launch six "${six[@]}" "$roost" up --data "$home/six" --listen 0.0.0.0:7337 --listen '[::]:7337' \
    --bootstrap '[2a02:1::1]:7337' --bootstrap '[2a02:2::1]:7337'
for name in four six; do
    eventually 60 knows $name 20
    say "$name knows $(roost nodes --data "$home/$name" | wc -l) nodes"
done
for name in four six; do eventually 60 shares "$(roost id --data "$home/$name")"; done
say "both find the same relays for both mailboxes"
deliver four six
deliver six four
# Where there is no way out over IPv4, nothing is tried over it.
lost=$("${six[@]}" awk '/^Ip: [0-9]/ { print $13 }' /proc/net/snmp)
[ "$lost" -le 5 ] || fail "$lost datagrams of six had no route"
say "datagrams of six without a route: $lost"
say "OK: test-families.sh"
