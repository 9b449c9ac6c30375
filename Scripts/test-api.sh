#!/usr/bin/env bash
# Holds a running daemon's API against docs/openapi.yaml: schemathesis sends it hundreds of requests, valid and not, and
# compares the answers with what the file promises. Conversations are tried with peers and messages that there are as well, as no
# schema can state what a peer ID has to be. Needs python3; fetches schemathesis from PyPI.
source "$(dirname "$0")/setup.sh"
skip() {
    say "Skipped: Scripts/test-api.sh, because $*."
    exit 0
}
command -v python3 >/dev/null || skip "there is no python3 here"
build
tools=.build-api-test
if ! [ -x "$tools/bin/schemathesis" ]; then
    python3 -m venv "$tools" >&2 || skip "python3 can't make a virtual environment here"
    "$tools/bin/pip" --quiet --disable-pip-version-check install 'schemathesis>=4.3,<5' >&2 ||
        { rm -rf "$tools" && skip "schemathesis can't be fetched"; }
fi

# Each body that the file describes has an example, which is one.
"$tools/bin/python" - docs/openapi.yaml <<'PYTHON'
import sys
import jsonschema_rs
import yaml

document = yaml.safe_load(open(sys.argv[1]))


def resolved(part):
    while "$ref" in part:
        found = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


wrong, count = [], 0
for path, operations in document["paths"].items():
    for method, operation in operations.items():
        if method == "parameters":
            continue
        bodies = [("request", operation["requestBody"])] if "requestBody" in operation else []
        bodies += [(status, answer) for status, answer in operation["responses"].items() if status.startswith("2")]
        for which, body in bodies:
            for kind, content in resolved(body).get("content", {}).items():
                place = f"{method.upper()} {path}, {which}"
                schema = content.get("schema", {})
                example = content.get("example", resolved(schema).get("example"))
                if example is None:
                    wrong.append(f"{place} has no example")
                elif kind == "application/json":
                    whole = jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]})
                    wrong += [f"{place}: {error.message}" for error in whole.iter_errors(example)]
                count += 1
if wrong:
    sys.exit("docs/openapi.yaml:\n" + "\n".join(wrong))
print(f"docs/openapi.yaml has {count} examples, and each is what it is for.")
PYTHON

home=$(mktemp -d)
roost=.build/release/roost
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$home"' EXIT
"$roost" up --data "$home/node" --listen 127.0.0.1:0 >"$home/ready" 2>"$home/log" &
"$roost" status --wait ready --timeout 20 --data "$home/node" >/dev/null

# schemathesis speaks TCP only: a forwarder on the loopback, which prints its port.
cat >"$home/forward.py" <<'PYTHON'
import asyncio, sys

async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except (OSError, asyncio.CancelledError):
        pass

async def serve(reader, writer):
    try:
        to_reader, to_writer = await asyncio.open_unix_connection(sys.argv[1])
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, to_writer), pump(to_reader, writer))
    for stream in (writer, to_writer):
        stream.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
PYTHON
exec 3< <(exec python3 "$home/forward.py" "$home/node/roost.sock")
forwarder=$!
read -r port <&3
trap 'kill $forwarder $(jobs -p) 2>/dev/null; wait; rm -rf "$home"' EXIT

# Some IDs of real things, so that not every request is for what doesn't exist.
id=$("$roost" id --data "$home/node")
"$roost" send "$id" 'a message of my own' --until queued --data "$home/node" >/dev/null

# Left out: what never ends (events), and what ends the daemon.
"$tools/bin/schemathesis" run docs/openapi.yaml --url "http://127.0.0.1:$port" --seed "${SEED:-1}" \
    --exclude-path /v1/events --exclude-path /v1/shutdown --max-examples "${EXAMPLES:-60}" --request-timeout 10 \
    --phases examples,coverage,fuzzing --suppress-health-check all --no-color \
    --exclude-checks positive_data_acceptance
# Not checked: that all which fits the schema is accepted, as a peer ID has a checksum that no schema can state.

# Each answer below has the status that is expected and the form that the file gives it.
cat >"$home/conversations.py" <<'PYTHON'
import http.client, json, sys, urllib.parse
import jsonschema_rs, yaml

port, me, other = int(sys.argv[1]), sys.argv[2], sys.argv[3]
file = yaml.safe_load(open("docs/openapi.yaml"))
tried = set()

def call(method, target, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    head = {} if body is None else {"Content-Type": "application/json"}
    connection.request(method, target, None if body is None else json.dumps(body), head)
    answer = connection.getresponse()
    return answer.status, answer.read()

def resolved(part):
    while "$ref" in part:
        name = part["$ref"].split("/")[1:]
        part = file
        for step in name:
            part = part[step]
    return part

def ask(method, path, status, code=None, query=(), body=None, **names):
    target = path.format(**{name: urllib.parse.quote(value, safe="") for name, value in names.items()})
    if query:
        # A + is a plus here, and no blank.
        target += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    got, body = call(method, target, body)
    assert got == status, f"{method} {target}: {got}, not {status}: {body[:300]}"
    responses = file["paths"][path][method.lower()]["responses"]
    content = resolved(responses.get(str(status)) or responses["default"]).get("content")
    tried.add((path, method.lower()))
    if content is None:
        assert body == b"", body
        return None
    value = json.loads(body)
    schema = {"components": file["components"], **content["application/json"]["schema"]}
    problems = [error.message for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(value)]
    assert not problems, f"{method} {target}: {problems}"
    assert code is None or value["error"]["code"] == code, value
    return value

# The examples were sent as well, to somebody whom nobody knows.
for message in json.loads(call("GET", "/v1/outbox")[1])["messages"]:
    call("DELETE", f"/v1/outbox/{message['message']}")
for entry in json.loads(call("GET", "/v1/conversations")[1])["conversations"]:
    if entry["peer"] not in (me, other):
        call("DELETE", f"/v1/conversations/{entry['peer']}")

LIST, ONE = "/v1/conversations", "/v1/conversations/{peer}"
MESSAGES, MESSAGE = ONE + "/messages", ONE + "/messages/{position}"

for number in range(20):
    assert call("POST", "/v1/messages", {"to": me, "text": f"Number {number} \u202e\u001b\n\"quoted\""})[0] == 201
assert call("POST", "/v1/messages", {"to": other, "text": "under way"})[0] == 201

conversations = ask("GET", LIST, 200)["conversations"]
assert [entry["peer"] for entry in conversations] == [other, me], conversations
assert conversations[0]["seq"] > conversations[1]["seq"] and conversations[1]["unread"] >= 20
first = ask("GET", LIST, 200, query={"limit": 1})
assert ask("GET", LIST, 200, query={"after": first["next"]})["conversations"] == conversations[1:]
for query in ({"limit": 0}, {"limit": 101}, {"from": me}, (("limit", 1), ("limit", 1))):
    ask("GET", LIST, 400, "bad_request", query)
ask("GET", LIST, 422, "bad_input", {"after": "1"})

def pages(way, limit):
    """All messages, page by page from the end or from the beginning."""
    found, query = [], {"limit": limit, **({"after": ""} if way == "later" else {})}
    while True:
        page = ask("GET", MESSAGES, 200, query=query, peer=me)
        found = found + page["messages"] if way == "later" else page["messages"] + found
        if way not in page:
            return found
        query = {"limit": limit, "after" if way == "later" else "before": page[way]}

messages = pages("later", 200)
for limit in (1, 7, 20, 200):
    assert pages("later", limit) == messages and pages("earlier", limit) == messages, limit
assert len(ask("GET", MESSAGES, 200, query={"search": 'NUMBER 7 \u202e\u001b\n"'}, peer=me)["messages"]) == 1
assert ask("GET", MESSAGES, 200, query={"since": "2999-01-01T00:00:00Z"}, peer=me)["messages"] == []
assert ask("GET", MESSAGES, 200, query={"search": "x" * 1024}, peer=me)["messages"] == []
for query in (
    {"limit": 0}, {"limit": 201}, {"unread": "true"}, {"before": messages[3]["position"], "after": ""},
    {"since": "yesterday"}, {"since": "2026-02-30T00:00:00Z"}, {"since": "2026-11-28T09:30:00Zulu"},
):
    ask("GET", MESSAGES, 400, "bad_request", query, peer=me)
for query in ({"search": "x" * 1025}, {"before": ""}, {"before": "1.2.3"}, {"after": messages[3]["message"]}):
    ask("GET", MESSAGES, 422, "bad_input", query, peer=me)
for peer in ("x", me[:-1], me + "x", other.replace(other[-1], "1" if other[-1] != "1" else "2")):
    ask("GET", MESSAGES, 422, "bad_input", peer=peer)
    ask("DELETE", ONE, 422, "bad_input", peer=peer)
    ask("DELETE", MESSAGE, 422, "bad_input", peer=peer, position=messages[0]["position"])

waiting = ask("GET", MESSAGES, 200, peer=other)["messages"][0]["position"]
ask("DELETE", MESSAGE, 409, "conflict", peer=other, position=waiting)
ask("DELETE", MESSAGE, 404, "not_found", peer=me, position=waiting)
ask("DELETE", MESSAGE, 404, "not_found", peer=other, position=messages[5]["position"])
ask("DELETE", MESSAGE, 422, "bad_input", peer=me, position=messages[5]["message"])
ask("DELETE", MESSAGE, 204, peer=me, position=messages[5]["position"])
ask("DELETE", MESSAGE, 404, "not_found", peer=me, position=messages[5]["position"])
# One that was deleted still says where it stood.
beside = {way: ask("GET", MESSAGES, 200, query={way: messages[5]["position"], "limit": 1}, peer=me) for way in ("before", "after")}
assert beside["before"]["messages"] == messages[4:5] and beside["after"]["messages"] == messages[6:7]
assert ask("DELETE", ONE, 200, peer=other) == {"deleted": 0}
assert ask("DELETE", ONE, 200, peer=me) == {"deleted": len(messages) - 1}
assert ask("DELETE", ONE, 200, peer=me) == {"deleted": 0}
assert [entry["peer"] for entry in ask("GET", LIST, 200)["conversations"]] == [other]
assert ask("GET", MESSAGES, 200, peer=me) == {"messages": []}

STANDING, BLOCKED = ONE + "/standing", "/v1/blocked"
assert ask("GET", LIST, 200)["conversations"][0]["standing"] == "accepted"
ask("PUT", STANDING, 204, body={"standing": "blocked"}, peer=other)
assert {"id": other} in ask("GET", BLOCKED, 200)["peers"]
assert ask("GET", LIST, 200)["conversations"][0]["standing"] == "blocked"
assert call("POST", "/v1/messages", {"to": other, "text": "to who is blocked"})[0] == 409
ask("PUT", STANDING, 409, "conflict", body={"standing": "blocked"}, peer=me)
ask("PUT", STANDING, 422, "bad_input", body={"standing": "blocked"}, peer="x")
for body in ({}, {"standing": "friend"}, {"standing": "blocked", "why": "spam"}, []):
    ask("PUT", STANDING, 400, "bad_request", body=body, peer=other)
ask("PUT", STANDING, 204, body={"standing": "request"}, peer=other)
assert {"id": other} not in ask("GET", BLOCKED, 200)["peers"]

SAFETY, NAME = ONE + "/safety", "/v1/peers/{name}"
safety = ask("GET", SAFETY, 200, peer=other)
assert (safety["peer"], safety["own"], "".join(safety["groups"])) == (other, me, safety["number"]) and "compared" not in safety, safety
ask("GET", SAFETY, 422, "bad_input", peer="x")
ask("PUT", SAFETY, 409, "conflict", body={"compared": True}, peer=other)
assert ask("PUT", NAME, 200, body={"id": other}, name="böb") == {"name": "böb", "id": other}
ask("PUT", NAME, 409, "conflict", body={"id": me}, name="Böb")
ask("PUT", NAME, 422, "bad_input", body={"id": other}, name="two words")
ask("PUT", NAME, 422, "bad_input", body={"id": "x"}, name="x")
ask("PUT", NAME, 400, "bad_request", body={"name": other}, name="x")
ask("PUT", SAFETY, 204, body={"compared": True}, peer=other)
assert "compared" in ask("GET", SAFETY, 200, peer=other)
ask("DELETE", NAME, 204, name="böb")
ask("DELETE", NAME, 404, "not_found", name="böb")
assert "compared" not in ask("GET", SAFETY, 200, peer=other)
identity = ask("GET", "/v1/identity", 200)
assert identity["id"] == me and len({len(row) for row in identity["code"]} | {len(identity["code"])}) == 1, identity
ask("POST", "/v1/web", 201)
ask("DELETE", "/v1/web", 200)

# What was begun and not sent.
DRAFT = ONE + "/draft"
assert ask("GET", DRAFT, 200, peer=other)["text"] == ""
ask("PUT", DRAFT, 204, body={"text": "Half a sent"}, peer=other)
assert ask("GET", DRAFT, 200, peer=other)["text"] == "Half a sent"
assert [draft["peer"] for draft in ask("GET", "/v1/drafts", 200)["drafts"]] == [other]
ask("PUT", DRAFT, 422, "bad_input", body={"text": "x"}, peer="x")
ask("PUT", DRAFT, 400, "bad_request", body={"text": 1}, peer=other)
ask("DELETE", DRAFT, 204, peer=other)
ask("DELETE", DRAFT, 204, peer=other)
assert ask("GET", "/v1/drafts", 200)["drafts"] == []

# What is in both directions is told in one order of numbers.
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
connection.request("GET", "/v1/events?since=0")
stream = connection.getresponse()
call("POST", "/v1/messages", {"to": me, "text": "news"})
call("DELETE", f"/v1/conversations/{me}")
events, lines = [], []
while not any(event.get("event") == "conversation" for event in events):
    line = stream.readline().decode().rstrip("\n")
    if line:
        lines.append(line)
        continue
    events.append(dict(entry.split(": ", 1) for entry in lines if not entry.startswith(":")))
    lines = []
numbers = [int(event["id"]) for event in events if "id" in event]
assert numbers == sorted(set(numbers)) and numbers[0] == 0, numbers
for event in events:
    assert "text" not in json.loads(event.get("data", "{}")), event
    if event.get("event") == "sent":
        schema = {"components": file["components"], "$ref": "#/components/schemas/SentMessage"}
        assert jsonschema_rs.Draft202012Validator(schema).is_valid(json.loads(event["data"])), event
assert "sent" in [event.get("event") for event in events], events
assert json.loads(events[-1]["data"]) == {"peer": me} and "id" not in events[-1], events[-1]

missing = {(path, method) for path in file["paths"] if path.startswith(LIST) for method in ("get", "delete") if method in file["paths"][path]} - tried
assert not missing, missing
PYTHON
other=$("$roost" init --data "$home/other")
"$tools/bin/python" "$home/conversations.py" "$port" "$id" "$other" || fail "Conversations are not as docs/openapi.yaml says."
"$roost" status --data "$home/node" --json >/dev/null || fail "The daemon did not survive: $(tail -5 "$home/log")"
say "The API is as docs/openapi.yaml says."
