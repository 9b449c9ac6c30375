#!/usr/bin/env python3
"""A flood of one kind at one node, from many blocks of addresses, by docs/protocol.md alone: as fast as this program can make it.

    flooder.py HOST:PORT KIND SECONDS BLOCKS FIRST

Sends from the first addresses of BLOCKS /24s, of which FIRST is the address of the first: all must be this machine's own. Prints `begins`
once all is prepared that takes time, and in the end how much was sent. Exits 0 whatever came of it.
"""
import ipaddress
import itertools
import os
import select
import socket
import sys
import time

import sodium
import stranger
import wire
from noise import Initiator
from person import EPOCH_SECONDS, MAILBOX, Person, u
from sodium import blake2b

NOW = int(time.time())
TODAY, EPOCH = NOW // 86_400, NOW // EPOCH_SECONDS
# Keys prepared for handshakes, a second of the flood: as many as one program can then finish.
HANDSHAKES = 600
# Sessions by which others floods come.
SESSIONS = 64


def addresses(first, count):
    start = int(ipaddress.IPv4Address(first))
    return [str(ipaddress.IPv4Address(start + (index << 8))) for index in range(count)]


def links(hosts):
    """A socket at each address."""
    found = []
    for host in hosts:
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        link.bind((host, 0))
        link.setblocking(False)
        found.append(link)
    return found


def opened(node, key, host):
    """A session from an address; None where the node has no time."""
    session = wire.Session(node, key)
    session.link.bind((host, 0))
    session.link.settimeout(0.5)
    try:
        session.ask(wire.PING, [], patience=3)
    except (wire.Silence, wire.Refused):
        return None
    return session


class Flood:
    def __init__(self, node, seconds, hosts):
        self.node, self.seconds, self.hosts, self.sent = node, seconds, hosts, 0
        self.key, _, _ = wire.hello(node)

    def run(self, one):
        """Calls `one` with a number, again and again."""
        print("begins", flush=True)
        end = time.monotonic() + self.seconds
        for number in itertools.count():
            if number % 16 == 0 and time.monotonic() >= end:
                return
            try:
                one(number)
            except (BlockingIOError, PermissionError, ConnectionRefusedError):
                continue

    def datagrams(self, make):
        """Datagrams that belong to no session, from each address in turn."""
        sockets = links(self.hosts)

        def one(number):
            sockets[number % len(sockets)].sendto(make(number), self.node)
            self.sent += 1
        self.run(one)

    def requests(self, make):
        """Requests in sessions from many addresses: `make` has kind and fields of one, or several of them."""
        sessions = [session for host in self.hosts[:SESSIONS] if (session := opened(self.node, self.key, host))]
        for session in sessions:
            session.link.setblocking(False)

        def one(number):
            session = sessions[number % len(sessions)]
            for index, (kind, fields) in enumerate(make(number)):
                session.link.sendto(session._transport(wire.body(kind, (number << 7 | index) & 0xFFFFFFFF, fields)), self.node)
                self.sent += 1
        self.run(one)

    # Without a session

    def initiations(self):
        whole = [b"\1" + os.urandom(1_199) for _ in range(256)]
        self.datagrams(lambda number: whole[number % 256])

    def hellos(self):
        self.datagrams(lambda number: (b"\5" + u(number, 8)).ljust(64, b"\0"))

    def garbage(self):
        """Transport to sessions that there never were, and datagrams of no kind."""
        whole = [u(3 if index % 2 else 9, 1) + os.urandom(200) for index in range(256)]
        self.datagrams(lambda number: whole[number % 256])

    def handshakes(self):
        """Valid ones, each under a key of its own, finished where the node answers."""
        sockets, keys = links(self.hosts), []
        for index in range(HANDSHAKES * self.seconds):
            noise = Initiator(b"roost/1 main", os.urandom(32), self.key, os.urandom(32))
            keys.append((noise, wire.initiation(index, noise.write(wire.handshake_payload(0, b"", 1_083)))))
        poll, done = select.poll(), set()
        by_file = {link.fileno(): link for link in sockets}
        for link in sockets:
            poll.register(link, select.POLLIN)

        def answer(link):
            datagram = link.recv(1_500)
            index = int.from_bytes(datagram[5:9] if datagram[0] == 2 else datagram[1:5], "big")
            if datagram[0] == 7:
                link.sendto(keys[index][1][:5] + datagram[5:21] + keys[index][1][21:], self.node)
                self.sent += 1
            elif datagram[0] == 2 and index not in done:
                done.add(index)
                noise = keys[index][0]
                noise.read(datagram[9:])
                sending, _ = noise.state.split()
                link.sendto(b"\3" + datagram[1:5] + u(0, 8) + sodium.seal(b"", bytes(12), sending, b""), self.node)

        def one(number):
            if number % len(keys) not in done:
                sockets[number % len(sockets)].sendto(keys[number % len(keys)][1], self.node)
                self.sent += 1
            for file, _ in poll.poll(0):
                answer(by_file[file])
        self.run(one)
        print(len(done), "sessions,", len(keys), "keys", flush=True)

    # In sessions

    def pings(self):
        self.requests(lambda number: [(wire.PING, [])])

    def questions(self):
        self.requests(lambda number: [(wire.FIND_NODE, [
            (wire.TARGET, os.urandom(32)), (wire.COUNT, u(20, 1)), (wire.FAMILIES, u(1, 1))])])

    def deposits(self):
        def make(number):
            whole = (b"\1" + u(TODAY + 10, 4) + bytes(2)) + os.urandom(2_041)
            place, name = os.urandom(32), blake2b(whole)
            return [(wire.DEPOSIT, [(wire.LOCATION, place), (wire.OBJECT, name), (wire.SIZE, u(2_048, 4)),
                                    (wire.INDEX, u(index, 1)), (wire.BYTES, part)]) for index, part in enumerate(wire.chunks(whole))]
        self.requests(make)

    def chunks(self):
        """The first of many of the largest envelopes, which never end."""
        part = os.urandom(wire.CHUNK)
        self.requests(lambda number: [(wire.DEPOSIT, [
            (wire.LOCATION, os.urandom(32)), (wire.OBJECT, os.urandom(32)), (wire.SIZE, u(69_632, 4)),
            (wire.INDEX, u(number % 78, 1)), (wire.BYTES, part if number % 78 < 77 else part[:640])])])

    def records(self):
        self.requests(lambda number: [(wire.PUT_RECORD, stranger.record(TODAY))])

    def tombstones(self):
        self.requests(lambda number: [(wire.DISCARD, stranger.tombstones(TODAY))])

    def subscriptions(self):
        """As many as the node takes, and mail for all of them."""
        held = []
        for number, host in enumerate(self.hosts[:6 * SESSIONS]):
            session, mailbox = opened(self.node, self.key, host), Person(os.urandom(32)).blinded(MAILBOX, EPOCH)
            if session:
                try:
                    session.authorize(mailbox)
                    session.subscribe(mailbox.location)
                    held.append((session, mailbox))
                except (wire.Refused, wire.Silence):
                    pass
        for session, _ in held:
            session.link.setblocking(False)
        print(len(held), "subscriptions", flush=True)

        def one(number):
            session, mailbox = held[number % len(held)]
            whole = (b"\1" + u(TODAY + 10, 4) + bytes(2)) + os.urandom(2_041)
            for index, part in enumerate(wire.chunks(whole)):
                fields = [(wire.LOCATION, held[(number * 7) % len(held)][1].location), (wire.OBJECT, blake2b(whole)),
                          (wire.SIZE, u(2_048, 4)), (wire.INDEX, u(index, 1)), (wire.BYTES, part)]
                session.link.sendto(session._transport(wire.body(wire.DEPOSIT, number << 2 | index, fields)), self.node)
                self.sent += 1
            # And asks to go on, by which what was announced in vain is announced again.
            session.link.sendto(session._transport(wire.body(wire.SUBSCRIBE, number << 2 | 3, [
                (wire.LOCATION, mailbox.location), (wire.DURATION, u(wire.SUBSCRIPTION, 4))])), self.node)
            self.sent += 1
        self.run(one)


KINDS = ("initiations", "hellos", "garbage", "handshakes", "pings", "questions", "deposits", "chunks", "records", "tombstones",
         "subscriptions")


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    kind, seconds, blocks, first = sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    if kind not in KINDS:
        sys.exit(f"There is no flood of {kind}.")
    flood = Flood((host, int(port)), seconds, addresses(first, blocks))
    getattr(flood, kind)()
    print("sent", flood.sent, flush=True)


if __name__ == "__main__":
    main()
