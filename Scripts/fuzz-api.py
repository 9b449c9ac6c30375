#!/usr/bin/env python3
"""Sends a running daemon's API what nobody would: requests that are right, with changes of their bytes, of their words and of their JSON.

    fuzz-api.py SOCKET PEER-ID [SECONDS [SEED]]

What is sent follows from the seed (1 unless told otherwise). Each request must have an answer of the kinds 2xx and 4xx (501 for methods that there aren't), or none because it has no end;
in the end the daemon must answer as at the beginning. A request that breaks that is printed. It may send messages, delete them and give
names: not for a daemon of one's own. Exits with 0 if nothing broke.
"""
import collections
import json
import random
import socket
import sys
import time

path, peer = sys.argv[1], sys.argv[2]
seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 10
seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
chance = random.Random(seed)

GETS = [
    "/v1/messages?limit=2", "/v1/messages?after=1&unread=true", "/v1/outbox", "/v1/outbox?state=queued", "/v1/unopened", "/v1/conversations",
    "/v1/conversations/PEER/messages?last=2", "/v1/conversations/PEER/messages?before=9&limit=3&contains=a", "/v1/conversations/PEER/safety",
    "/v1/blocked", "/v1/self", "/v1/introductions", "/v1/status", "/v1/nodes", "/v1/peers", "/v1/identity", "/metrics", "/healthz",
]
WRITES = [
    ("POST", "/v1/messages", {"to": "PEER", "text": "hello", "key": "k"}), ("POST", "/v1/messages/read", {"messages": ["1", "2"]}),
    ("POST", "/v1/messages/delete", {"messages": ["1"]}), ("DELETE", "/v1/messages/1", None), ("POST", "/v1/messages/1/read", None),
    ("DELETE", "/v1/unopened", None), ("DELETE", "/v1/outbox/00112233445566778899aabbccddeeff", None),
    ("DELETE", "/v1/conversations/PEER", None), ("PUT", "/v1/conversations/PEER/standing", {"standing": "accepted"}),
    ("PUT", "/v1/self", {"name": "me"}), ("POST", "/v1/introductions", {"peer": "PEER", "to": "PEER", "name": "x"}),
    ("PUT", "/v1/conversations/PEER/safety", {"compared": True}), ("DELETE", "/v1/conversations/PEER/messages/1", None),
    ("PUT", "/v1/peers/anna", {"id": "PEER"}), ("DELETE", "/v1/peers/anna", None),
]
HEADERS = [
    "Host: x", "Content-Type: application/json", "Connection: keep-alive", "Expect: 100-continue", "Transfer-Encoding: chunked",
    "Content-Length: 5", "Content-Length: 99999999999999999999", "Accept: */*", "Origin: http://evil", "Upgrade: h2c", "If-None-Match: *",
    "Range: bytes=0-1", "Authorization: Bearer x", "Cookie: a=b", "X: " + "y" * 300,
]
WORDS = [
    "", "0", "-1", "1e999", "18446744073709551616", "9223372036854775807", "true", "null", "PEER", "a" * 5_000, "\u0000", "\u202e", "\ud83d\ude00", "%00",
    "%", "%zz", "..", "../../etc/passwd", "{}", "[]", "\"", "\\", "1_000", "NaN", "١", "ﬁ", "e\u0301" * 40,
]


def odd(depth=0):
    """Any JSON."""
    kind = chance.randrange(9)
    if kind < 4 or depth > 3:
        return chance.choice(WORDS)
    if kind == 4:
        return chance.choice([0, -1, 2**63, 2**64, 1e308, 0.1, True, False, None])
    if kind == 5:
        return [odd(depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(WORDS + ["to", "text", "key", "messages", "id", "name"])[:40]: odd(depth + 1) for _ in range(chance.randrange(4))}


def changed_json(value):
    value = dict(value) if isinstance(value, dict) else {}
    for _ in range(chance.randrange(3)):
        key = chance.choice(list(value) + ["more"])
        if chance.random() < 0.3:
            value.pop(key, None)
        else:
            value[key] = odd()
    text = json.dumps(value, ensure_ascii=chance.random() < 0.5, separators=chance.choice([None, (",", ":"), (" , ", " : ")]))
    if chance.random() < 0.2:
        text = text.replace("}", ',"to":1}', 1)
    return text.encode("utf-8", "surrogatepass")


def changed_bytes(data):
    data = bytearray(data)
    for _ in range(1 + chance.randrange(4)):
        if not data:
            break
        at = chance.randrange(len(data))
        kind = chance.randrange(5)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[at:at + 1 + chance.randrange(8)]
        elif kind == 2:
            data[at:at] = chance.choice([b"\r\n", b"\n", b"\0", b" ", b"\xff\xfe", b":", b"%2f", b"/", b"?", b"\r\n\r\n", b"a" * 200])
        elif kind == 3:
            data[at:at] = data[at:at + chance.randrange(60)]
        else:
            data[at] = chance.randrange(256)
    return bytes(data)


def request():
    if chance.random() < 0.4:
        method, target, value = "GET", chance.choice(GETS), None
    else:
        method, target, value = chance.choice(WRITES)
    if chance.random() < 0.1:
        method = chance.choice(["HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "BREW", "POST", "PUT", "DELETE"])
    if chance.random() < 0.4:
        target = target.replace(chance.choice(["PEER", "1", "anna", "2"]), chance.choice(WORDS), 1)
    if chance.random() < 0.2:
        target += chance.choice(["?", "&", "/", "#", "?limit="]) + chance.choice(WORDS)
    target = target.replace("PEER", peer)
    if "shutdown" in target:
        target = "/v1/status"
    body = b"" if value is None and chance.random() < 0.8 else changed_json(value)
    body = body.replace(b"PEER", peer.encode())
    lines = [f"{method} {target} HTTP/{chance.choice(['1.1'] * 8 + ['1.0', '2.0', '9'])}", "Host: x", f"Content-Length: {len(body)}"]
    if body:
        lines.append("Content-Type: application/json")
    for _ in range(chance.randrange(3) if chance.random() < 0.4 else 0):
        lines.append(chance.choice(HEADERS))
    whole = "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body
    whole = changed_bytes(whole) if chance.random() < 0.5 else whole
    return b"GET /v1/status HTTP/1.1\r\n\r\n" if b"shutdown" in whole else whole


def exchange(data):
    """The answer's first bytes; empty where there is none, because the daemon waits for more or had enough."""
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(5)
    try:
        link.connect(path)
        try:
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            return link.recv(200)
        except ConnectionResetError:
            return b""
    finally:
        link.close()


def status():
    return exchange(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")[:12]


def main():
    if status() != b"HTTP/1.1 200":
        sys.exit("The daemon doesn't answer before anything was sent.")
    counts, end = collections.Counter(), time.monotonic() + seconds
    while time.monotonic() < end:
        data = request()
        try:
            answer = exchange(data)
        except OSError as problem:
            sys.exit(f"Nothing came for: {data!r}: {problem}")
        kind = answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/1.") else "no answer"
        counts[kind] += 1
        if kind[0] not in "24n" and kind not in ("100", "501"):
            sys.exit(f"{answer[:100]!r} came for: {data!r}")
    if status() != b"HTTP/1.1 200":
        sys.exit("The daemon doesn't answer any more.")
    print(f"{sum(counts.values())} requests (seed {seed}): " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))


main()
