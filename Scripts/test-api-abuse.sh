#!/usr/bin/env bash
# Misuses the API of a running daemon in the ways that have taken memory or processor time before, and holds it to its
# bounds: heads and bodies without end, JSON as deep as a body allows, bodies that come byte by byte, streams and lists that
# nobody reads, connections that say nothing; and requests of all kinds with changes (fuzz-api.py). Needs python3 and Linux's
# /proc; takes about half a minute.
source "$(dirname "$0")/setup.sh"
skip() {
    say "Skipped: Scripts/test-api-abuse.sh, because $*."
    exit 0
}
command -v python3 >/dev/null || skip "there is no python3 here"
[ -r /proc/self/status ] || skip "there is no /proc here"
build
home=$(mktemp -d)
roost=.build/release/roost
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$home"' EXIT
"$roost" up --data "$home/node" --listen 127.0.0.1:0 --metrics 0 >"$home/ready" 2>"$home/log" &
daemon=$!
"$roost" status --wait ready --timeout 20 --data "$home/node" >/dev/null
id=$("$roost" id --data "$home/node")
metrics=$(sed -n 's/.*metrics=127.0.0.1:\([0-9]*\).*/\1/p' "$home/ready")

timeout 120 python3 - "$home/node/roost.sock" "$daemon" "$id" "$metrics" <<'PYTHON'
import http.client, json, os, socket, sys, time

path, pid, me, port = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
failures = []

def check(holds, what):
    print(("ok      " if holds else "FAILED  ") + what, flush=True)
    if not holds: failures.append(what)

def usage():
    with open(f"/proc/{pid}/status") as f: lines = dict(l.split(":", 1) for l in f if ":" in l)
    with open(f"/proc/{pid}/stat") as f: fields = f.read().rsplit(")", 1)[1].split()
    return int(lines["VmRSS"].split()[0]) / 1024, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

def connect(address=None):
    s = socket.socket(socket.AF_INET if address else socket.AF_UNIX)
    s.settimeout(30)
    s.connect(address or path)
    return s

def says(s, data, size=200):
    try: s.sendall(data)
    except OSError as e: return repr(e).encode()
    try: return s.recv(size)
    except OSError as e: return repr(e).encode()

class API(http.client.HTTPConnection):
    def connect(self): self.sock = connect()

def ask(method, target, body=None):
    api = API("roost", timeout=20)
    api.request(method, target, body and json.dumps(body), {"Content-Type": "application/json"} if body else {})
    answer = api.getresponse()
    data = answer.read()
    api.close()
    return answer.status, data

# In its turn among what others ask: a busy machine was seen to take 10 s beside 250 lists of 18 MB.
def is_well():
    start = time.time()
    try: return ask("GET", "/v1/status")[0] == 200 and time.time() - start < 30
    except OSError: return False

# Heads: each is refused at 16 kB, whatever comes after, and costs nothing.
for what, data in (
    ("a field of 300 kB", b"GET /v1/status HTTP/1.1\r\nX: " + b"a" * 300_000),
    ("50,000 fields", b"GET /v1/status HTTP/1.1\r\n" + b"X: y\r\n" * 50_000),
    ("a target of 1 MB", b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n"),
    ("a megabyte of blanks", b"GET /v1/status HTTP/1.1\r\nX:" + b" " * 1_000_000),
):
    for place, address in (("the socket", None), ("the port for metrics", ("127.0.0.1", port))):
        before = usage()[1]
        answer = says(connect(address), data)
        check(answer.startswith(b"HTTP/1.1 431 "), f"{what} on {place}: {answer[:20]}")
        cost = usage()[1] - before
        check(cost < 0.5, f"   and costs {cost:.2f} s of processor time")

# Bodies: refused by what they say of their length or when they are too long, and read however deep they are.
def post(body, head=b"Content-Length: %d\r\n"):
    return b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + (
        head % len(body) if b"%d" in head else head) + b"\r\n" + body

depth = 390_000
for what, data, status in (
    ("a body of a terabyte", post(b"{", b"Content-Length: 1000000000000\r\n"), b"413"),
    ("a body without end", post((b"%x\r\n" % 4_096 + b" " * 4_096 + b"\r\n") * 512, b"Transfer-Encoding: chunked\r\n"), b"413"),
    ("arrays in arrays", post(b"[" * depth), b"400"),
    ("arrays in arrays that end", post(b"[" * (depth // 2) + b"]" * (depth // 2)), b"400"),
    ("objects in objects", post(b'{"a":' * (depth // 6) + b"1" + b"}" * (depth // 6)), b"400"),
    ("a text that is arrays in arrays", post(b'{"to":"x","text":' + b"[" * (depth // 2) + b"]" * (depth // 2) + b"}"), b"400"),
    ("30,000 fields", post(b"{" + b",".join(b'"%d":1' % i for i in range(30_000)) + b"}"), b"400"),
    ("one field 30,000 times", post(b"{" + b",".join(b'"text":"x"' for i in range(30_000)) + b"}"), b"400"),
    ("a number of 390,000 digits", post(b'{"to":' + b"9" * depth + b"}"), b"400"),
):
    before = usage()
    answer = says(connect(), data)
    cost = usage()[1] - before[1]
    check(answer.startswith(b"HTTP/1.1 " + status), f"{what}: {answer[:20]}")
    check(cost < 0.5 and usage()[0] - before[0] < 20, f"   and costs {cost:.2f} s of processor time, {usage()[0] - before[0]:.1f} MB")

# Bodies that come byte by byte, on more connections than may wait: the oldest go, and whoever comes is served at once.
slow = [connect() for _ in range(300)]
for s in slow: s.sendall(post(b" " * 1_000)[:-1_000])
before, count, waits = usage(), 0, []
end = time.time() + 5
while time.time() < end:
    for s in slow:
        try: s.send(b" ")
        except OSError: pass
    begun = time.time()
    if ask("GET", "/v1/status")[0] != 200: check(False, "a status beside bodies that come byte by byte")
    waits.append(time.time() - begun)
    time.sleep(0.05)
after = usage()
check(max(waits) < 2, f"300 bodies that come byte by byte: {len(waits)} others served, the slowest in {max(waits):.2f} s")
check(after[0] - before[0] < 20, f"   and they take {after[0] - before[0]:.1f} MB and {after[1] - before[1]:.2f} s of processor time in 5 s")
for s in slow: s.close()

# Idle connections: the oldest go, and whoever comes is served.
idle = [connect() for _ in range(400)] + [connect(("127.0.0.1", port)) for _ in range(64)]
check(is_well(), "400 connections that say nothing")
answer = says(connect(("127.0.0.1", port)), b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
check(answer.startswith(b"HTTP/1.1 200 "), "figures while 64 others say nothing")
for s in idle: s.close()

# Streams that nobody reads, while large messages come.
streams = []
for _ in range(32):
    s = connect()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
    streams.append(s)
before = usage()[0]
peak = before
text = "\x01" * 60_000
count = 0
end = time.time() + 20
while count < 300 and time.time() < end:
    if ask("POST", "/v1/messages", {"to": me, "text": text})[0] != 201: break
    count += 1
    peak = max(peak, usage()[0])
check(count >= 100, f"{count} messages of 60 kB accepted beside 32 streams that nobody reads")
check(peak < 100, f"   and the daemon takes {before:.0f} MB before, {peak:.0f} MB at most")
check(is_well(), "   and answers")
for s in streams: s.close()

# A page of 50 such messages is 18 MB as JSON.
lists = []
for _ in range(250):
    s = connect()
    s.sendall(b"GET /v1/messages HTTP/1.1\r\nHost: x\r\n\r\n")
    lists.append(s)
peak = 0
end = time.time() + 8
while time.time() < end:
    peak = max(peak, usage()[0])
    time.sleep(0.1)
check(peak < 200, f"250 who ask for 18 MB and read nothing: {peak:.0f} MB at most")
check(is_well(), "   and it answers")
status, data = ask("GET", "/v1/messages")
check(status == 200 and len(json.loads(data)["messages"]) == 50, "   and whoever reads gets a whole page")
for s in lists: s.close()
sys.exit(1 if failures else 0)
PYTHON
python3 Scripts/fuzz-api.py "$home/node/roost.sock" "$id" 5 "${ROOST_SEED:-1}" || fail "A request broke what the API promises"
"$roost" status --data "$home/node" --json >/dev/null || fail "The daemon did not survive: $(tail -5 "$home/log")"
say "The API keeps within its bounds."
