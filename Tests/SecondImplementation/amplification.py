#!/usr/bin/env python3
"""How much a real node sends for what it is sent, in every state that an address can be in, by docs/protocol.md alone.

    amplification.py HOST:PORT [PAGE [--write]]

Sends each datagram once, answers nothing, and counts all that comes within some seconds: to the sender, and, where a datagram names
somebody else, to them. Prints a table. With a page, that page's table must be this one, within a tenth; `--write` writes it there. Exits with
0 only if nobody who hasn't proved their address got more than they sent, or three times that where it opens under a session's keys, and nobody
else more than one datagram for each of theirs but for what the table names.
"""
import os
import re
import select
import socket
import struct
import sys
import time

import sodium
import stranger
import wire
from noise import Initiator, nonce
from person import EPOCH_SECONDS, MAILBOX, RECORD, Person, number, u
from reconciler import END, HAS, START, Comparison, Server, bound
from sodium import blake2b

NOW = int(time.time())
EPOCH, TODAY = NOW // EPOCH_SECONDS, NOW // 86_400
DELIVER, CONFIRM, RELAY, GET_POLICY, PUT_POLICY = 12, 13, 15, 16, 17
# What is repeated comes within so many seconds: an announcement is sent four times in some three.
WAIT = 4
# A transport datagram's bytes around a body, and the longest body: what one answer can have at most.
OVERHEAD, LONGEST = 29, 1_029


def link():
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.bind(("127.0.0.1", 0))
    return found


class Exchange:
    """One datagram, and what came of it: bytes and datagrams to its sender, and to somebody else whom it names."""

    def __init__(self, name, socket, datagrams, other=None, session=None):
        self.name, self.socket, self.other, self.datagrams, self.session = name, socket, other, datagrams, session
        self.sent, self.got, self.count, self.others = sum(map(len, datagrams)), 0, 0, 0
        # How many times as much as was sent an address that hasn't proved itself may get.
        self.times = 1

    def take(self, readable):
        if self.socket in readable:
            datagram = self.socket.recv(1_500)
            # What a node asks by itself of who says that they are one answers nothing.
            if self.session and not self.session._unseal(datagram)[0] & 0x80:
                return
            self.got += len(datagram)
            self.count += 1
        if self.other and self.other in readable:
            self.others += len(self.other.recv(1_500))


def run(exchanges, node, seconds=WAIT):
    """Sends all, and listens."""
    for exchange in exchanges:
        for datagram in exchange.datagrams:
            exchange.socket.sendto(datagram, node)
    links = [one for exchange in exchanges for one in (exchange.socket, exchange.other) if one]
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        readable = select.select(links, [], [], left)[0]
        for exchange in exchanges:
            exchange.take(readable)
    return exchanges


def envelope(size=2_048):
    return (b"\1" + u(TODAY + 10, 4) + bytes(2)) + os.urandom(size - 7)


class Requests:
    """One request of each kind: what makes the node say most for least, as far as a stranger can have it so."""

    def __init__(self, node, key):
        self.owner = Person(os.urandom(32))
        self.mailbox, self.place = self.owner.blinded(MAILBOX, EPOCH), self.owner.blinded(RECORD, EPOCH)
        session = wire.Session(node, key)
        session.ask(wire.PING, [])
        self.kept = [envelope() for _ in range(25)]
        for whole in self.kept:
            session.upload(wire.DEPOSIT, self.mailbox.location, whole)
        unsigned = b"\1" + self.place.key + u(1, 8) + u((TODAY + 20) * 86_400, 8) + u(4_096 - 115, 2) + os.urandom(4_096 - 115)
        self.record = unsigned + self.place.sign(b"roost record" + unsigned)
        session.upload(wire.PUT_RECORD, self.place.location, self.record)
        session.close()

    def all(self, session, victim):
        """Names, kinds and fields. `session` is the one in which they will be sent, if it is open already."""
        at = [(wire.LOCATION, self.mailbox.location)]
        hash = session.hash if session.open else bytes(64)
        signature = self.mailbox.sign(b"roost authorize" + self.mailbox.location + hash + session.responder)
        head = blake2b(envelope()) + u(TODAY + 10, 4)
        tombstone = head + self.mailbox.sign(b"roost tombstone" + self.mailbox.location + head)
        name, whole = blake2b(self.kept[0]), envelope()
        part = lambda size: [(wire.OBJECT, blake2b(whole)), (wire.SIZE, u(size, 4)), (wire.INDEX, u(2, 1)), (wire.BYTES, whole[:256])]
        seen = bytes(10) + b"\xff\xff" + socket.inet_aton("127.0.0.1") + u(victim.getsockname()[1], 2)
        return [
            ("ping", wire.PING, []),
            ("findNode, 4 contacts", wire.FIND_NODE, [
                (wire.TARGET, os.urandom(32)), (wire.COUNT, u(4, 1)), (wire.FAMILIES, u(1, 1))]),
            ("getRecord", wire.GET_RECORD, [(wire.LOCATION, self.place.location), (wire.INDEX, u(0, 1))]),
            ("putRecord", wire.PUT_RECORD, stranger.record(TODAY)),
            ("deposit", wire.DEPOSIT, at + part(2_048)),
            ("authorize", wire.AUTHORIZE, at + [(wire.KEY, self.mailbox.key), (wire.SIGNATURE, signature)]),
            ("list", wire.LIST, at),
            ("fetch", wire.FETCH, at + [(wire.OBJECT, name), (wire.INDEX, u(0, 1))]),
            ("discard", wire.DISCARD, at + [(wire.KEY, self.mailbox.key), (wire.TOMBSTONES, tombstone)]),
            ("reconcile", 10, self.comparison(session)),
            ("subscribe", wire.SUBSCRIBE, at + [(wire.DURATION, u(60, 4))]),
            ("deliver", DELIVER, at + part(2_048)),
            ("confirm", CONFIRM, [(wire.KEY, os.urandom(32)), (wire.ENDPOINT, seen)]),
            ("punch", wire.PUNCH, [(wire.LOCATION, os.urandom(32)), (wire.BYTES, b"x")]),
            ("relay, reserved", RELAY, []),
            ("getPolicy, reserved", GET_POLICY, []),
            ("putPolicy, reserved", PUT_POLICY, []),
            ("announce", wire.ANNOUNCE, at + [(wire.ENTRIES, name + u(2_048, 4))]),
            ("has", HAS, at + [(wire.OBJECT, name), (29, os.urandom(16))]),
            ("an unknown one", 99, []),
        ]

    @staticmethod
    def comparison(session):
        fields = Comparison(session) if isinstance(session, Server) else None
        if fields is None:
            return [(22, b"\1" + bytes(16) + bound(START, END)), (29, bytes(16)), (30, u(TODAY, 4)), (31, u(0, 1))]
        return fields.fields(b"\1" + fields.empty + bound(START, END))


def before_proof(node, key, requests):
    """Each request in the first datagram of a handshake, to be sent."""
    found = []
    names = [name for name, _, _ in requests.all(Server(node, key), link())]
    for index, name in enumerate(names):
        # As a server, who gets more answers than a client.
        session, victim = Server(node, key), link()
        session.link.bind(("127.0.0.1", 0))
        _, kind, fields = requests.all(session, victim)[index]
        found.append(Exchange(name, session.link, [session._handshake(wire.body(kind, 1, fields))], victim))
    return found


def after_proof(node, key, requests):
    """Each request in a session, to be sent."""
    found, names = [], [name for name, _, _ in requests.all(Server(node, key), link())]
    for index, name in enumerate(names):
        session = (Server if name == "reconcile" else wire.Session)(node, key)
        victim = link()
        session.link.bind(("127.0.0.1", 0))
        session.ask(wire.PING, [])
        if name in ("list", "fetch", "subscribe"):
            session.authorize(requests.mailbox)
        _, kind, fields = requests.all(session, victim)[index]
        found.append(Exchange(name, session.link, [session._transport(wire.body(kind, 1, fields))], victim, session))
    # What is announced to a subscriber who is silent, for what somebody else brings.
    owner, sender = wire.Session(node, key), wire.Session(node, key)
    for session in (owner, sender):
        session.ask(wire.PING, [])
    owner.authorize(requests.mailbox)
    owner.subscribe(requests.mailbox.location)
    told = Exchange("deposit, announced", sender.link, [], owner.link)
    whole = envelope()
    for index, part in enumerate(wire.chunks(whole)):
        told.datagrams.append(sender._transport(wire.body(wire.DEPOSIT, index, [
            (wire.LOCATION, requests.mailbox.location), (wire.OBJECT, blake2b(whole)), (wire.SIZE, u(2_048, 4)),
            (wire.INDEX, u(index, 1)), (wire.BYTES, part)])))
    told.sent = sum(map(len, told.datagrams))
    return found + [told]


def without_request(node, key):
    """Datagrams that carry no request: of each kind, and in each state of what they belong to; to be sent."""
    initiation = lambda: Server(node, key)._handshake(b"")
    whole = initiation()
    closed = wire.Session(node, key)
    closed.ask(wire.PING, [])
    used = [closed._transport(b"")]
    closed.link.sendto(used[0], node)
    moving = wire.Session(node, key)
    moving.ask(wire.PING, [])
    elsewhere = Exchange("transport of a session, from elsewhere", link(), [moving._transport(wire.body(wire.PING, 7, []))])
    elsewhere.times = 3
    rows = [
        ("hello", [(b"\5" + os.urandom(8)).ljust(64, b"\0")]), ("hello that is too short", [b"\5" + os.urandom(62)]),
        ("initiation without a request", [whole]), ("the same five times", [initiation()] * 5),
        ("initiation under another key", [b"\1" + os.urandom(1_199)]), ("initiation that is too short", [whole[:1_199]]),
        ("response to nobody", [b"\2" + os.urandom(100)]), ("transport of no session", [b"\3" + os.urandom(28)]),
        ("unknown session", [b"\4" + os.urandom(20)]),
        ("hello answer", [b"\6" + os.urandom(59)]), ("cookie", [b"\7" + os.urandom(20)]), ("of no kind", [b"\x08" + os.urandom(1_199)]),
        ("empty", [b""]),
    ]
    return [Exchange(name, link(), datagrams) for name, datagrams in rows] + [
        Exchange("transport that came before", closed.link, used), elsewhere]


def under_load(node, key):
    """An initiation to a node that has had more than 256 in that second."""
    flood, loaded = link(), Exchange("initiation to a node under load", link(), [Server(node, key)._handshake(b"")])
    for number in range(600):
        flood.sendto(b"\1" + os.urandom(1_199), node)
        # Few at once: of more than it can read the node would let those of others go first.
        if number % 32 == 31:
            time.sleep(0.002)
    return run([loaded], node, 1)


def forget(exchanges):
    """Reads what has come by now, which answers nothing that will be counted."""
    time.sleep(0.3)
    for exchange in exchanges:
        for one in (exchange.socket, exchange.other):
            while one and select.select([one], [], [], 0)[0]:
                one.recv(1_500)


def ratio(exchange):
    return exchange.got / exchange.sent if exchange.sent else 0


def table(before, after, others):
    lines = ["| what is sent | before proof: sent, got | after proof: sent, got | times | to somebody else |", "|---|---|---|---|---|"]
    first = {exchange.name: exchange for exchange in before}
    elsewhere = lambda exchange: f"{exchange.others}" if exchange and exchange.others else "–"
    pair = lambda exchange: f"{exchange.sent:,}, {exchange.got:,}" if exchange else "–"
    for exchange in after:
        lines.append(f"| {exchange.name} | {pair(first.get(exchange.name))} | {pair(exchange)} | {ratio(exchange):.1f} | {elsewhere(exchange)} |")
    for exchange in others:
        lines.append(f"| {exchange.name} | {pair(exchange)} | – | – | – |")
    return lines


def same(one, other):
    """Whether two lines say the same, with numbers that differ by a tenth at most."""
    cut = lambda line: re.split(r"([\d.,]*\d)", line)
    if len(cut(one)) != len(cut(other)):
        return False
    for index, (left, right) in enumerate(zip(cut(one), cut(other))):
        if index % 2 == 0 and left != right:
            return False
        if index % 2 and abs(float(left.replace(",", "")) - float(right.replace(",", ""))) > max(0.11, 0.1 * float(left.replace(",", ""))):
            return False
    return True


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    node = (host, int(port))
    key, _, _ = wire.hello(node)
    requests = Requests(node, key)
    before, after = before_proof(node, key, requests), after_proof(node, key, requests)
    others = without_request(node, key)
    forget(before + after + others)
    run(before + after + others, node)
    others += under_load(node, key)
    lines = table(before, after, others)
    print("\n".join(lines))
    wrong = [exchange.name for exchange in before + others if exchange.got > exchange.times * exchange.sent or exchange.others]
    # Nobody is answered by more than one datagram, and who is named by a third is sent what the page says.
    wrong += [exchange.name for exchange in after if exchange.count > max(1, len(exchange.datagrams)) or exchange.got > LONGEST * len(exchange.datagrams)]
    wrong += [exchange.name for exchange in after if exchange.others > exchange.sent and exchange.name != "confirm"]
    if wrong:
        sys.exit("More is sent than may be for: " + ", ".join(wrong))
    if len(sys.argv) > 2:
        page = open(sys.argv[2]).read()
        had = re.search(r"\| what is sent \|.*?\n\n", page, re.DOTALL)
        if not had:
            sys.exit(f"{sys.argv[2]} has no such table.")
        if sys.argv[3:] == ["--write"]:
            with open(sys.argv[2], "w") as file:
                file.write(page.replace(had.group(), "\n".join(lines) + "\n\n"))
            return
        stated = had.group().strip().split("\n")
        differing = [line for line in lines if not any(same(other, line) for other in stated)]
        if differing or len(stated) != len(lines):
            sys.exit(f"{sys.argv[2]} says otherwise:\n" + "\n".join(differing))


main()
