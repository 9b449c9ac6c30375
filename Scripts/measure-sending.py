#!/usr/bin/env python3
"""How fast messages go out: real daemons on loopback, asked by the HTTP API. Test traffic stays on this machine.

    measure-sending.py away [--messages 1000] [--flight 32]      to somebody who has just gone: messages stored a second
    measure-sending.py online [--messages 400] [--flight 1,16,32]   to somebody who is there: time until `delivered`

A message in flight is one whose sender waits until it has come so far. `--bin` names the program (default: the release
build of this tree, or $ROOST), `--relays` the nodes that keep mailboxes (20, so that there are k of them). Everything lies
in a folder under $TMPDIR that is removed at the end.
"""
import argparse
import json
import re
import selectors
import time

import daemons
from daemons import Connection, Town


class Asker:
    """A connection with one request at a time, over and over. It does little with what it gets, so that the processor
    is left to the daemons."""

    def __init__(self, directory):
        connection = Connection(directory)
        connection.connect()
        self.sock, self.got = connection.sock, b""
        self.sock.setblocking(False)

    def ask(self, method, target, body=b""):
        head = f"{method} {target} HTTP/1.1\r\nHost: roost\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.sock.sendall(head.encode() + b"\r\n" + body)

    def answer(self):
        """The status and the value of an answer that is here as a whole, else None."""
        received = self.sock.recv(65536)
        if not received:
            raise SystemExit("the daemon closed the connection")
        self.got += received
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = int(re.search(rb"(?i)content-length: *(\d+)", self.got[:end]).group(1))
        if len(self.got) < end + 4 + length:
            return None
        status, text = int(self.got[9:12]), self.got[end + 4 :]
        self.got = b""
        return status, json.loads(text)


class Course:
    """One message after another: each is sent when the one before has come so far."""

    def __init__(self, sender):
        self.asker = Asker(sender.directory)
        self.begin, self.message = 0.0, None


def send(sender, to, count, flight, until, size, limit=120):
    """Sends messages, so many in flight; how long each took to come so far, and what was left behind."""
    times, left, sent = [], {}, 0
    end = time.time() + limit
    waiting = selectors.DefaultSelector()

    def begin(course):
        nonlocal sent
        if sent >= count or time.time() > end:
            return waiting.unregister(course.asker.sock)
        course.begin, course.message = time.time(), None
        course.asker.ask("POST", "/v1/messages", json.dumps({"to": to, "text": f"{sent} " + "z" * size}).encode())
        sent += 1

    def proceed(course, status, value):
        if course.message is None and status != 201:
            raise SystemExit(f"{status} {value}")
        if course.message is None:
            course.message = value["message"]
        elif status == 200 and value["state"] in (until, "delivered", "read"):
            times.append(time.time() - course.begin)
            return begin(course)
        elif status != 200 or value["state"] == "failed" or time.time() > end:
            left[value.get("state")] = left.get(value.get("state"), 0) + 1
            return begin(course)
        course.asker.ask("GET", f"/v1/outbox/{course.message}?until={until}&wait=30")

    start = time.time()
    for course in [Course(sender) for _ in range(flight)]:
        waiting.register(course.asker.sock, selectors.EVENT_READ, course)
        begin(course)
    while waiting.get_map():
        for ready, _ in waiting.select():
            answer = ready.data.asker.answer()
            if answer:
                proceed(ready.data, *answer)
    return sorted(times), left, time.time() - start


def report(what, times, left, elapsed, processor):
    count = len(times)
    if not count:
        return print(f"{what}: none; left {left}", flush=True)
    part = lambda share: times[min(count - 1, int(count * share))] * 1000
    print(
        f"{what}: {count / elapsed:.0f} a second; ms: median {part(0.5):.0f}, 99 % {part(0.99):.0f}, "
        f"slowest {times[-1] * 1000:.0f}; sender's processor {processor / count * 1000:.1f} ms each; "
        f"{count} in {elapsed:.1f} s" + (f"; left {left}" if left else ""), flush=True)


def pair(town, arguments):
    alice, bob = town.person("alice", arguments.up), town.person("bob")
    to = bob.id
    time.sleep(arguments.pause)
    # A first message makes both know each other's records.
    send(alice, to, 1, 1, "delivered", 40)
    return alice, bob, to


def away(arguments):
    with Town(arguments.bin, arguments.relays) as town:
        alice, bob, to = pair(town, arguments)
        bob.end()
        before = alice.processor
        times, left, elapsed = send(
            alice, to, arguments.messages or 1000, int(arguments.flight or 32), "stored", arguments.size, arguments.limit)
        report(f"away, {arguments.flight or 32} in flight", times, left, elapsed, alice.processor - before)
        return town.root


def online(arguments):
    with Town(arguments.bin, arguments.relays) as town:
        alice, bob, to = pair(town, arguments)
        for flight in map(int, (arguments.flight or "1,16,32").split(",")):
            before = alice.processor
            times, left, elapsed = send(
                alice, to, arguments.messages or 400, flight, "delivered", arguments.size, arguments.limit)
            report(f"online, {flight} in flight", times, left, elapsed, alice.processor - before)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("what", choices=["away", "online"])
parser.add_argument("--bin", default=daemons.program)
parser.add_argument("--relays", type=int, default=20)
parser.add_argument("--messages", type=int)
parser.add_argument("--flight")
parser.add_argument("--size", type=int, default=40, help="bytes of text")
parser.add_argument("--limit", type=float, default=60, help="seconds for one series")
parser.add_argument("--pause", type=float, default=8, help="seconds for people to publish their records")
parser.add_argument("--up", nargs="*", default=[], help="options for the sender's daemon")
arguments = parser.parse_args()
{"away": away, "online": online}[arguments.what](arguments)
