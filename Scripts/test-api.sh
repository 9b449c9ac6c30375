#!/usr/bin/env bash
# Holds a running daemon's API against docs/openapi.yaml: schemathesis sends it hundreds of requests, valid and not, and
# compares the answers with what the file promises. Needs python3; fetches schemathesis from PyPI.
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
"$roost" status --data "$home/node" --json >/dev/null || fail "The daemon did not survive: $(tail -5 "$home/log")"
say "The API is as docs/openapi.yaml says."
