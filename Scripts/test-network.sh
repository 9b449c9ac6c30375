#!/usr/bin/env bash
# A machine whose network changes while its node runs: another lease, a VPN that comes and goes, another interface, no network
# for a while, an outage that the machine has no news of, a link that is up before anything comes back over it, an address to
# listen on that goes and comes back. Each time what its person writes must be out at once, and what others write must be in
# soon after, without a restart.
#
#   pub 10.70.0.1, seven nodes ──┐
#                                │ .254
#   amy 10.71.0.2 ───────────────┤  gw: routes, drops what comes from an address that doesn't belong to its link
#                        .254    │
#                                ├── lan 10.77.0.254 ── eth0 10.77.0.3 ┐
#                                │                                     ├ ben: the one that moves
#                                └── vpn 10.78.0.254 ── tun0 10.78.0.3 ┘
#
# Needs root, ip and network namespaces; elsewhere it says that it was skipped. No link leads out of the namespaces. Uses
# the release build; takes about two minutes.
source "$(dirname "$0")/setup.sh"
prefix=rt$$
spaces=()
home=""
finish() {
    [ -z "$home" ] || end_nodes
    for space in "${spaces[@]}"; do ip netns del "$space" 2>/dev/null || true; done
}
trap finish EXIT

if [ "$(id -u)" != 0 ] || ! command -v ip >/dev/null || ! ip netns add "$prefix-gw" 2>/dev/null; then
    say "SKIPPED test-network.sh: it needs root, ip and network namespaces"
    exit 0
fi
spaces+=("$prefix-gw")
use_home
trap finish EXIT
build

# inside SPACE COMMAND…
inside() { local space=$1; shift; ip netns exec "$prefix-$space" "$@"; }
# space NAME
space() {
    [ "$1" = gw ] || { ip netns add "$prefix-$1"; spaces+=("$prefix-$1"); }
    inside "$1" ip link set lo up
}
# link SPACE INTERFACE NETWORK HOST GATEWAYS-INTERFACE: a cable to the gateway, which is .254 at its end.
link() {
    ip link add "$prefix" netns "$prefix-$1" type veth peer name "$5" netns "$prefix-gw"
    inside "$1" ip link set "$prefix" name "$2"
    inside "$1" ip addr add "$3.$4/24" dev "$2"
    inside "$1" ip link set "$2" up
    inside gw ip addr add "$3.254/24" dev "$5"
    inside gw ip link set "$5" up
}
for name in gw pub amy ben; do space $name; done
inside gw sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
    for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 >$f; done'
link pub eth0 10.70.0 1 pub
link amy eth0 10.71.0 2 amy
link ben eth0 10.77.0 3 lan
link ben tun0 10.78.0 3 vpn
inside ben ip link set tun0 down
for name in pub:10.70 amy:10.71 ben:10.77; do
    inside "${name%:*}" ip route add default via "${name#*:}.0.254"
done
# Interfaces that come later have a setting of their own.
inside gw sh -c 'for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 >$f; done'

# start_in SPACE NAME LISTEN…: runs a node there.
start_in() {
    local space=$1 name=$2 arguments=()
    shift 2
    for listen in "$@"; do arguments+=(--listen "$listen"); done
    for node in ${bootstrap:-}; do arguments+=(--bootstrap "$node"); done
    launch "$name" ip netns exec "$prefix-$space" "$roost" up --data "$home/$name" --log-level info "${arguments[@]}"
}
roost() { "$roost" "$@"; }
now() { date +%s%N; }
since() { echo $((($(now) - $1) / 1000000)); }
# eventually SECONDS COMMAND…
eventually() {
    local deadline=$((SECONDS + $1)); shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || { fail "It did not come about: $*; ben's log: $(tail -5 "$home/ben.log")"; }
        sleep 0.1
    done
}
has() { [ "$(roost inbox --peek --json --data "$home/$1" | grep -c "\"text\":\"$2")" -ge "$3" ]; }
# out MILLISECONDS TEXT: Ben writes to Amy. in MILLISECONDS TEXT: she writes to him. Both are on their way together.
both() {
    local outAtMost=$1 inAtMost=$2 text=$3 begin
    begin=$(now)
    roost send "$amy" "out $text" --until delivered --timeout 60 --data "$home/ben" >/dev/null 2>&1 &
    local sending=$!
    roost send "$ben" "in $text" --until queued --timeout 60 --data "$home/amy" >/dev/null
    local outTook="" inTook=""
    while [ -z "$outTook" ] || [ -z "$inTook" ]; do
        if [ -z "$outTook" ] && has amy "out $text" 1; then outTook=$(since "$begin"); fi
        if [ -z "$inTook" ] && has ben "in $text" 1; then inTook=$(since "$begin"); fi
        [ "$(since "$begin")" -lt 60000 ] || break
        sleep 0.02
    done
    wait $sending || true
    say "   $text: out after ${outTook:-never} ms, in after ${inTook:-never} ms"
    [ -n "$outTook" ] && [ "$outTook" -le "$outAtMost" ] || fail "$text: what Ben wrote was not out in $outAtMost ms: $(tail -5 "$home/ben.log")"
    [ -n "$inTook" ] && [ "$inTook" -le "$inAtMost" ] || fail "$text: what Amy wrote was not in in $inAtMost ms: $(tail -5 "$home/ben.log")"
}
# On a machine that does nothing else: out within 1 s, in within 1.5 s.
slack=${ROOST_SLACK:-5}

say "A network of seven nodes, Amy, and Ben on the default address"
for port in 7001 7002 7003 7004 7005 7006 7007; do
    start_in pub "pub$port" "10.70.0.1:$port"
    bootstrap="10.70.0.1:7001 10.70.0.1:7002"
done
start_in amy amy 0.0.0.0:7337
start_in ben ben 0.0.0.0:7337
amy=$(roost id --data "$home/amy")
ben=$(roost id --data "$home/ben")
roost status --wait ready --data "$home/ben" >/dev/null
both 30000 30000 "before anything happens"

say "1. Another lease"
inside ben sh -c 'ip addr add 10.77.0.33/24 dev eth0; ip addr del 10.77.0.3/24 dev eth0
    ip addr replace 10.77.0.33/24 dev eth0; ip route replace default via 10.77.0.254'
both $((1000 * slack)) $((1500 * slack)) "another lease"

say "2. A VPN that takes the default route, and goes"
inside ben sh -c 'ip link set tun0 up; ip route replace default via 10.78.0.254 dev tun0'
both $((1000 * slack)) $((1500 * slack)) "VPN up"
inside ben sh -c 'ip route replace default via 10.77.0.254 dev eth0; ip link set tun0 down'
both $((1000 * slack)) $((1500 * slack)) "VPN down"

say "3. From one interface to the other, and back"
inside ben sh -c 'ip link set tun0 up; ip link set eth0 down; ip route replace default via 10.78.0.254 dev tun0'
both $((1000 * slack)) $((1500 * slack)) "other interface"
inside ben sh -c 'ip link set eth0 up; ip link set tun0 down; ip route replace default via 10.77.0.254 dev eth0'
both $((1000 * slack)) $((1500 * slack)) "first interface"

# outage TEXT: ten messages each way are written while Ben is cut off for some time, then `back` is called.
outage() {
    local text=$1 number
    for number in 1 2 3 4 5 6 7 8 9 10; do
        roost send "$amy" "$text out $number" --until queued --data "$home/ben" >/dev/null
        roost send "$ben" "$text in $number" --until queued --data "$home/amy" >/dev/null
    done
    sleep 25
    back
    local begin; begin=$(now)
    eventually 60 has amy "$text out" 10
    local took; took=$(since "$begin")
    eventually 60 has ben "$text in" 10
    say "   $text: all out after $took ms, all in after $(since "$begin") ms"
    [ "$took" -le $((5000 + 1000 * slack)) ] || fail "$text: the messages of the outage sat out a pause"
}

say "4. No network for a while"
inside ben ip link set eth0 down
back() { inside ben sh -c 'ip link set eth0 up; ip route replace default via 10.77.0.254'; }
sleep 3
roost status --json --data "$home/ben" | grep -q network-unreachable || fail "the status does not say that there is no network"
sent() { roost status --json --data "$home/ben" | sed 's/.*"sentDatagrams":\([0-9]*\).*/\1/'; }
before=$(sent)
outage "link down"
[ "$before" -gt 0 ] || fail "the status has no count of datagrams"

say "5. An outage that the machine has no news of"
inside gw ip route add blackhole 10.77.0.33/32
back() { inside gw ip route del blackhole 10.77.0.33/32; }
outage "upstream"

say "6. A link that is up, while nothing comes back over it for two seconds more"
inside gw ip route add blackhole 10.77.0.33/32
inside ben ip link set eth0 down
back() {
    inside ben sh -c 'ip link set eth0 up; ip route replace default via 10.77.0.254'
    sleep 2
    inside gw ip route del blackhole 10.77.0.33/32
}
sleep 3
outage "early news"

say "7. An address to listen on that goes and comes back"
kill "$(pid ben)"
wait "$(pid ben)"
if inside ben "$roost" up --data "$home/ben" --listen 10.77.0.99:7337 2>"$home/refused"; then code=0; else code=$?; fi
[ "$code" = 78 ] && grep -q "no such address at present" "$home/refused" || fail "an address that is not there: $code, $(cat "$home/refused")"
start_in ben ben 10.77.0.33:7337
roost status --wait ready --data "$home/ben" >/dev/null
both 30000 30000 "a specific address"
inside ben ip addr del 10.77.0.33/24 dev eth0
saysSo() { roost status --json --data "$home/ben" | grep -q "no longer has the address that the node listens at"; }
eventually 30 saysSo
inside ben sh -c 'ip addr add 10.77.0.33/24 dev eth0; ip route replace default via 10.77.0.254'
both $((1000 * slack)) $((1500 * slack)) "the address is back"
say "The network may change as it likes"
