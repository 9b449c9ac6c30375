#!/usr/bin/env python3
"""How fast messages go out: real daemons on loopback, asked by the HTTP API. Test traffic stays on this machine.

    measure-sending.py away [--messages 900] [--flight 32]       to somebody who has just gone: messages stored a second
    measure-sending.py online [--messages 900] [--flight 1,16,32]   to somebody who is there: time until `delivered`
    measure-sending.py first [--messages 20] [--up=--endpoints=everyone]   the first message of so many people who have just joined,
                                                                           to somebody who has never heard of them; they leave then
    measure-sending.py status [--messages 2000]                  what GET /v1/status costs, on a connection that stays open

A message in flight is one whose sender waits until it has come so far. `--bin` names the program (default: the release
build of this tree, or $ROOST); given several times, each is measured in every one of `--rounds`. `--relays` are the nodes that keep
mailboxes (20, so that there are k of them). Everything lies in a folder under $TMPDIR that is removed at the end: on a disk, what counts
is how long that takes to write (it is printed); a folder in memory, such as /dev/shm, shows the rest. Processor time is the scheduler's,
of all threads. Whoever is written to has written before, as an answer is what makes a person's mail more than a stranger's, of which a
mailbox keeps 256; it keeps 1,024 in all.
"""
import argparse
import json
import os
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

    def wait(self):
        """The value of the next answer, on a socket that blocks."""
        while not (answer := self.answer()):
            pass
        if answer[0] not in (200, 201):
            raise SystemExit(f"{answer}")
        return answer[1]


class Arrivals:
    """When messages came to somebody, strangers' too."""

    def __init__(self, person):
        connection = Connection(person.directory)
        connection.connect()
        self.socket, self.got = connection.sock, b""
        self.socket.sendall(b"GET /v1/events HTTP/1.1\r\nHost: roost\r\n\r\n")
        # It begins with the number after which it tells of messages.
        self.until(b"\nid: ")

    def until(self, what):
        """Waits for this, and forgets what came before. Returns the time."""
        while what not in self.got:
            received = self.socket.recv(65536)
            if not received:
                raise SystemExit("the daemon closed the stream of events")
            self.got += received
        self.got = self.got.split(what, 1)[1]
        return time.time()

    def next(self):
        return self.until(b"event: received")


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


def processor(daemons):
    """Milliseconds of processor time that all threads of some processes have taken so far."""
    taken = 0
    for daemon in daemons:
        threads = f"/proc/{daemon.process.pid}/task"
        for thread in os.listdir(threads):
            taken += int(open(f"{threads}/{thread}/schedstat").read().split()[0])
    return taken / 1e6


def writing(directory):
    """Milliseconds, the median, until a page that is overwritten is on the disk of a directory."""
    path, times = os.path.join(directory, "written"), []
    page = os.open(path, os.O_RDWR | os.O_CREAT)
    for _ in range(33):
        os.pwrite(page, os.urandom(4096), 0)
        begun = time.time()
        os.fdatasync(page)
        times.append(time.time() - begun)
    os.close(page)
    os.remove(path)
    return sorted(times)[len(times) // 2] * 1000


def report(what, times, left, elapsed, taken):
    """`taken`: names, and milliseconds of processor time."""
    count = len(times)
    if not count:
        return print(f"{what}: none; left {left}", flush=True)
    part = lambda share: times[min(count - 1, int(count * share))] * 1000
    print(
        f"{what}: {count / elapsed:.0f} a second; ms: median {part(0.5):.1f}, 99 % {part(0.99):.0f}, "
        f"slowest {times[-1] * 1000:.0f}; processor, ms each: "
        + ", ".join(f"{name} {milliseconds / count:.3f}" for name, milliseconds in taken)
        + f"; {count} in {elapsed:.1f} s" + (f"; left {left}" if left else ""), flush=True)


def pair(town, arguments):
    alice, bob = town.person("alice", arguments.up), town.person("bob")
    to = bob.id
    time.sleep(arguments.pause)
    # Each has the other's record, an answered session, and accepts the other's mail.
    send(bob, alice.id, 1, 1, "delivered", 40)
    send(alice, to, 1, 1, "delivered", 40)
    return alice, bob, to


def away(program, arguments):
    with Town(program, arguments.relays) as town:
        alice, bob, to = pair(town, arguments)
        bob.end()
        present = [daemon for daemon in town.daemons if daemon is not bob]
        for flight in map(int, (arguments.flight or "32").split(",")):
            before = processor([alice]), processor(present)
            times, left, elapsed = send(
                alice, to, arguments.messages or 900, flight, "stored", arguments.size, arguments.limit)
            taken = [("sender", processor([alice]) - before[0]), ("all nodes", processor(present) - before[1])]
            report(f"away, {flight} in flight", times, left, elapsed, taken)


def online(program, arguments):
    with Town(program, arguments.relays) as town:
        alice, bob, to = pair(town, arguments)
        print(f"a page is on the disk within {writing(town.root):.2f} ms", flush=True)
        for flight in map(int, (arguments.flight or "1,16,32").split(",")):
            # So that the chain of the ratchet in which they are sealed is one that was answered.
            send(bob, alice.id, 1, 1, "delivered", 40)
            before = processor([alice]), processor([bob]), time.process_time()
            times, left, elapsed = send(
                alice, to, arguments.messages or 900, flight, "delivered", arguments.size, arguments.limit)
            own = (time.process_time() - before[2]) * 1000
            taken = [("sender", processor([alice]) - before[0]), ("recipient", processor([bob]) - before[1]), ("this script", own)]
            report(f"online, {flight} in flight", times, left, elapsed, taken)


def first(program, arguments):
    with Town(program, arguments.relays) as town:
        bob = town.person("bob", arguments.up)
        to, arrived, delivered = bob.id, [], []
        print(f"a page is on the disk within {writing(town.root):.2f} ms", flush=True)
        time.sleep(arguments.pause)
        arrivals = Arrivals(bob)
        for number in range(arguments.messages or 20):
            sender = town.person(f"sender{number}")
            if not Town.until(lambda: sender.is_known, 30)[0]:
                raise SystemExit("a sender didn't join")
            asker, begun = Asker(sender.directory), time.time()
            asker.sock.setblocking(True)
            asker.ask("POST", "/v1/messages", json.dumps({"to": to, "text": f"first {number}"}).encode())
            asker.ask("GET", f"/v1/outbox/{asker.wait()['message']}?until=delivered&wait=30")
            arrived.append(arrivals.next() - begun)
            asker.wait()
            delivered.append(time.time() - begun)
            sender.end()
        report("first, until it is in the inbox", sorted(arrived), {}, sum(arrived), [])
        report("first, until its sender knows that it is delivered", sorted(delivered), {}, sum(delivered), [])


def status(program, arguments):
    with Town(program, 1) as town:
        alice = town.person("alice")
        time.sleep(3)
        asker = Asker(alice.directory)
        asker.sock.setblocking(True)
        times, count = [], arguments.messages or 2000
        for number in range(count + 100):
            if number == 100:
                before = processor([alice])
            begun = time.time()
            asker.ask("GET", "/v1/status")
            while not (answer := asker.answer()):
                pass
            if answer[0] != 200:
                raise SystemExit(f"{answer}")
            if number >= 100:
                times.append(time.time() - begun)
        report("status", sorted(times), {}, sum(times), [("daemon", processor([alice]) - before)])


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("what", choices=["away", "online", "first", "status"])
parser.add_argument("--bin", action="append")
parser.add_argument("--rounds", type=int, default=1)
parser.add_argument("--relays", type=int, default=20)
parser.add_argument("--messages", type=int)
parser.add_argument("--flight")
parser.add_argument("--size", type=int, default=40, help="bytes of text")
parser.add_argument("--limit", type=float, default=60, help="seconds for one series")
parser.add_argument("--pause", type=float, default=8, help="seconds for people to publish their records")
parser.add_argument("--up", nargs="*", default=[], help="options for the sender's daemon, or with `first` for the recipient's")
arguments = parser.parse_args()
programs = arguments.bin or [daemons.program]
for _ in range(arguments.rounds):
    for program in programs:
        if len(programs) > 1:
            print(program, end=" ", flush=True)
        {"away": away, "online": online, "first": first, "status": status}[arguments.what](program, arguments)
