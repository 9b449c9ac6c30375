#!/usr/bin/env bash
# Holds metrics against the real thing: promtool reads what nodes show and the configuration in observability/, and a
# Prometheus scrapes three nodes and answers every query of the dashboard with data. Needs python3, curl, and Debian's
# prometheus, which is fetched and unpacked where it isn't installed, without starting a service.
source "$(dirname "$0")/setup.sh"
skip() {
    echo "SKIPPED test-metrics.sh: $*"
    exit 0
}
command -v python3 >/dev/null || skip "no python3"
command -v curl >/dev/null || skip "no curl"
tools=$PWD/.build-metrics-test
fetch() (
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || exit 1
    mkdir -p "$tools" && cd "$tools" || exit 1
    apt-get download prometheus >/dev/null 2>&1 ||
        { [ "$(id -u)" = 0 ] && apt-get update >/dev/null 2>&1 && apt-get download prometheus >/dev/null 2>&1; } || exit 1
    dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb
)
if ! command -v promtool >/dev/null || ! command -v prometheus >/dev/null; then
    [ -x "$tools/usr/bin/promtool" ] || fetch || skip "no promtool"
    PATH=$tools/usr/bin:$PATH
fi
promtool --version >/dev/null 2>&1 || skip "promtool doesn't run here"
build

home=$(mktemp -d "${TMPDIR:-/tmp}/roost-metrics.XXXXXX")
roost=$PWD/.build/release/roost
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$home"' EXIT

# start NAME [OPTIONS…]: a node whose data is in $home/NAME.
start() {
    local name=$1
    shift
    "$roost" up --data "$home/$name" --listen 127.0.0.1:0 --metrics 127.0.0.1:0 "$@" \
        >"$home/$name.ready" 2>"$home/$name.log" &
    within 20 grep -qs "^ready " "$home/$name.ready" || fail "$name did not start: $(cat "$home/$name.log")"
}
word() { sed -n "s/.* $2=\([^ ,]*\).*/\1/p" "$home/$1.ready"; }
as() {
    local name=$1
    shift
    "$roost" "$@" --data "$home/$name"
}

start a
for name in b c d; do start $name --bootstrap "$(word a udp)"; done
for name in a b c d; do
    as $name status --wait ready --timeout 30 >/dev/null || fail "$name did not join"
    ids+=("$(as $name id)")
done

say "promtool reads what each node shows, by TCP and by the API's socket…"
for name in a b c d; do
    curl -sSf "http://$(word $name metrics)/metrics" >"$home/$name.metrics"
    promtool check metrics <"$home/$name.metrics" || fail "promtool has something against the metrics"
    curl -sSf --unix-socket "$home/$name/roost.sock" http://roost/metrics | sed -n 's/^# TYPE //p' |
        diff - <(sed -n 's/^# TYPE //p' "$home/$name.metrics") || fail "the socket shows other metrics"
    [ "$(curl -sSf "http://$(word $name metrics)/healthz")" = ok ] || fail "/healthz does not answer"
    ! curl -sSf -o "$home/refused" "http://$(word $name metrics)/v1/status" 2>/dev/null || fail "the port shows more"
    for id in "${ids[@]}" "$(word $name node)" 127.0.0.1; do
        ! grep -q "$id" "$home/$name.metrics" || fail "the metrics name somebody: $id"
    done
done
promtool check config observability/prometheus.yml || fail "promtool has something against the configuration"
"$roost" up --data "$home/e" --listen 127.0.0.1:0 --metrics "$(word a metrics)" >"$home/e.ready" 2>"$home/e.log" &&
    fail "two nodes share a port"
[ $? = 73 ] || fail "a busy port has another exit status than 73"
grep -q "Another program listens on $(word a metrics)" "$home/e.log" || fail "a busy port is not said: $(cat "$home/e.log")"

say "A Prometheus scrapes the nodes, while one of them is away and gets mail, and others write…"
targets=$(for name in a b c d; do printf "'%s'," "$(word $name metrics)"; done)
cat >"$home/prometheus.yml" <<YAML
global: { scrape_interval: 1s }
scrape_configs:
  - job_name: roost
    static_configs: [ { targets: [ ${targets%,} ] } ]
YAML
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
prometheus --config.file="$home/prometheus.yml" --storage.tsdb.path="$home/tsdb" \
    --web.listen-address="127.0.0.1:$port" >"$home/prometheus.log" 2>&1 &
within 30 curl -sf -o "$home/is-ready" "http://127.0.0.1:$port/-/ready" ||
    fail "Prometheus did not start: $(tail -5 "$home/prometheus.log")"
as d down >/dev/null
for text in one two; do as a send "${ids[3]}" "$text" --until stored --timeout 30 >/dev/null || fail "not stored"; done
# The node comes back elsewhere; this Prometheus asks at its old port.
start d --metrics "$(word d metrics)"
has_mail() { [ "$(as d inbox --peek --json | wc -l)" = 2 ]; }
within 60 has_mail || fail "the mail did not arrive"
while as a send "${ids[1]}" "for the graphs" --until delivered --timeout 10 >"$home/sent" 2>&1; do sleep 0.5; done &

python3 - "http://127.0.0.1:$port" observability/grafana/dashboards/*.json <<'PYTHON'
import json, math, sys, time, urllib.error, urllib.parse, urllib.request

# What may rightly have no data, each with its reason.
excused = {}

def ask(query):
    address = sys.argv[1] + "/api/v1/query?" + urllib.parse.urlencode({"query": query})
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        sys.exit(f"Prometheus refuses {query}: {error.read().decode()}")

def has_data(query):
    query = query.replace("$__rate_interval", "1m").replace("$instance", ".*")
    assert "$" not in query, query
    return any(not math.isnan(float(series["value"][1])) for series in ask(query))

queries = []
for path in sys.argv[2:]:
    with open(path) as file:
        dashboard = json.load(file)
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(numbers) == len(set(numbers)), "two panels have one number"
    for panel in dashboard["panels"]:
        assert panel["targets"] and panel["title"] and panel["fieldConfig"]["defaults"]["unit"], panel
        queries += [(panel["title"], target["expr"]) for target in panel["targets"]]
assert len(queries) >= 15, queries
deadline = time.monotonic() + 90
lacking = queries
while lacking and time.monotonic() < deadline:
    time.sleep(0.5)
    lacking = [entry for entry in lacking if entry[0] not in excused and not has_data(entry[1])]
for title, query in lacking:
    print(f"no data for “{title}”: {query}")
for title, reason in excused.items():
    print(f"not asked for “{title}”: {reason}")
if lacking:
    sys.exit(1)
up = [series["value"][1] for series in ask("up")]
assert up == ["1"] * 4, up
print(f"Each of {len(queries)} queries of the dashboard has data.")
PYTHON
say "The metrics are as Prometheus wants them."
