#!/usr/bin/env python3
"""A node with nothing compares what it keeps with a real node, by docs/protocol.md alone: it learns every key, fetches the
envelopes, has them proved by `has`. Then it asks in every malformed way that it can think of.

    reconciler.py HOST:PORT [MALFORMED [SEED]]

Prints what it saw. Exits with 0 only if all that was learned fits together, and the node still answers at the end.
"""
import collections
import os
import random
import sys
import time

import sodium
import wire
from fingerprint import fingerprint, fingerprint_key
from noise import Initiator
from person import number, u
from sodium import blake2b

RECONCILE, HAS = 10, 19
RANGES, NONCE, DAY, DEPTH, PROOF = 22, 29, 30, 31, 32
KEY_SIZE = 65
START, END = bytes(KEY_SIZE), b"\4".ljust(KEY_SIZE, b"\0")
TOMBSTONE, ENVELOPE, RECORD = 1, 2, 3


class Server(wire.Session):
    """A session as a node through which others route: only such a one is answered."""

    def _handshake(self, content):
        self.index = number(os.urandom(4))
        self.noise = Initiator(self.prologue, self.static, self.remote, os.urandom(32))
        return wire.initiation(self.index, self.noise.write(wire.handshake_payload(1, content, 1_083)))

    @property
    def id(self):
        return blake2b(sodium.public_key(self.static))


def common(one, other):
    return next((at for at in range(KEY_SIZE) if one[at] != other[at]), KEY_SIZE)


def bound(before, key):
    """A bound as it is written behind another key or bound."""
    shared = common(before, key)
    rest = key[shared:].rstrip(b"\0")
    return u(shared, 1) + u(len(rest), 1) + rest


def read_ranges(data):
    """Entries of an answer: pairs of range and what is told of it: None (equal), a fingerprint, or a list of keys."""
    at, before, begin, keys, found = 0, START, START, [], []
    while at < len(data):
        kind = data[at]
        at += 1
        value = b""
        if kind == 1:
            value, at = data[at:at + 16], at + 16
        shared = data[at]
        if kind == 2:
            key, at = before[:shared] + data[at + 1:at + 1 + KEY_SIZE - shared], at + 1 + KEY_SIZE - shared
            keys.append(key)
            before = key
            continue
        count = data[at + 1]
        key = (before[:shared] + data[at + 2:at + 2 + count]).ljust(KEY_SIZE, b"\0")
        at += 2 + count
        if key < before or len(key) != KEY_SIZE or kind > 3:
            raise SystemExit("an answer's bounds don't ascend")
        found.append(((begin, key), {0: None, 1: value, 3: keys}[kind]))
        begin, before, keys = key, key, []
    if keys:
        raise SystemExit("an answer ends amid a range")
    return found


class Comparison:
    """All keys that the other node has, learned by a node that has none."""

    def __init__(self, session):
        self.session, self.nonce = session, os.urandom(16)
        self.day = (int(time.time()) + 12 * 3_600) // 86_400
        self.key = fingerprint_key(session.id, session.responder, self.nonce)
        self.empty = fingerprint(self.key, [])
        self.keys, self.claims, self.requests = [], {}, 0

    def fields(self, ranges):
        return [(RANGES, ranges), (NONCE, self.nonce), (DAY, u(self.day, 4)), (DEPTH, u(0, 1))]

    def run(self):
        pending = [(START, END)]
        while pending:
            self.requests += 1
            begin, end = pending.pop()
            # What lies before the range is not asked for.
            skipped = b"\0" + bound(START, begin) if begin != START else b""
            ranges = skipped + b"\1" + self.empty + bound(begin, end)
            found = self.ask(ranges)
            reached = begin
            for (first, last), told in read_ranges(found):
                reached = max(reached, last)
                if isinstance(told, list):
                    self.keys += told
                elif told is not None:
                    self.claims[first, last] = told
                    pending.append((first, last))
            if reached == begin:
                raise SystemExit("an answer does not get on")
            if reached < end:
                pending.append((reached, end))
        self.keys.sort()
        # Each fingerprint that was told is that of the keys which were learned of its range.
        for (first, last), told in self.claims.items():
            items = [key[1:] + key[:1] for key in self.keys if first <= key < last]
            if fingerprint(self.key, items) != told:
                raise SystemExit("a fingerprint is not that of the keys of its range")

    def ask(self, ranges):
        while True:
            try:
                return self.session.ask(RECONCILE, self.fields(ranges))[1][RANGES]
            except wire.Refused as refused:
                if refused.reason != 7:
                    raise
                time.sleep(1)


def prove(session, keys):
    """Fetches envelopes, and holds the node's proofs against them."""
    envelopes = [key for key in keys if key[0] == ENVELOPE]
    for key in envelopes[:20]:
        place = [(wire.LOCATION, key[1:33]), (wire.OBJECT, key[33:])]
        whole, nonce = session.download(wire.FETCH, place), os.urandom(16)
        if blake2b(whole) != key[33:]:
            raise SystemExit("a fetched envelope has another hash")
        proof = session.ask(HAS, place + [(NONCE, nonce)])[1][PROOF]
        if proof != blake2b(b"roost audit" + nonce + session.responder + whole):
            raise SystemExit("a proof is wrong")
    return len(envelopes)


def malformed(chance, comparison):
    """A request that is wrong in some way, or only looks odd."""
    good = b"\1" + comparison.empty + bound(START, END)
    key = chance.choice(comparison.keys) if comparison.keys else os.urandom(KEY_SIZE)
    ranges = chance.choice([
        lambda: chance.randbytes(chance.randrange(900)),
        lambda: b"",
        lambda: bytes(900),
        lambda: b"\xff" * 900,
        lambda: good * chance.randrange(2, 45),
        lambda: b"\0" + bound(START, END),
        lambda: b"\1" + chance.randbytes(16) + u(65, 1) + u(0, 1),
        lambda: b"\1" + chance.randbytes(16) + u(chance.randrange(256), 1) + u(chance.randrange(256), 1) + key,
        lambda: b"\2" + u(0, 1) + key + b"\3" + bound(key, END),
        lambda: b"\1" + chance.randbytes(16) + bound(START, key) + b"\1" + chance.randbytes(16) + bound(key, key),
        lambda: b"\1" + chance.randbytes(16) + b"\0\1\xff",
        lambda: b"".join(b"\1" + chance.randbytes(16) + u(0, 1) + u(2, 1) + u(number, 2) for number in range(256, 296)),
        lambda: flipped(chance, good),
    ])()
    fields = dict(comparison.fields(ranges))
    for _ in range(chance.randrange(2)):
        tag = chance.choice(list(fields))
        fields[tag] = chance.choice([b"", b"\0", b"\xff" * len(fields[tag]), chance.randbytes(len(fields[tag]) + 1)])
        if chance.random() < 0.3:
            del fields[tag]
    if chance.random() < 0.2:
        whole = {wire.LOCATION: chance.choice([key[1:33], chance.randbytes(32)]), wire.OBJECT: key[33:], NONCE: chance.randbytes(16)}
        whole.pop(chance.choice([wire.LOCATION, wire.OBJECT, NONCE, RANGES]), None)
        return HAS, list(whole.items())
    return RECONCILE, [(tag, bytes(value)) for tag, value in fields.items()]


def flipped(chance, data):
    data = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return data


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    count, seed = map(int, (sys.argv[2:] + ["2000", "1"][len(sys.argv) - 2:])[:2])
    address, chance = (host, int(port)), random.Random(seed)
    session = Server(address, wire.hello(address)[0])
    session.ask(wire.PING, [])
    comparison = Comparison(session)
    comparison.run()
    kinds = collections.Counter(key[0] for key in comparison.keys)
    proved = prove(session, comparison.keys)
    print(f"learned {kinds[ENVELOPE]} envelopes, {kinds[RECORD]} records and {kinds[TOMBSTONE]} tombstones "
          f"by {comparison.requests} requests, {min(20, proved)} envelopes proved", flush=True)

    outcomes = collections.Counter()
    for _ in range(count):
        kind, fields = malformed(chance, comparison)
        try:
            outcome, found = session.ask(kind, fields, patience=0.3)
            outcomes["answered" if kind == RECONCILE else "proved"] += 1
        except wire.Refused as refused:
            outcomes[f"refused {refused.reason}"] += 1
        except wire.Silence:
            outcomes["silence"] += 1
    print("malformed:", ", ".join(f"{number} {name}" for name, number in sorted(outcomes.items())), flush=True)
    session.ask(wire.PING, [])
    again = Comparison(session)
    again.run()
    if set(again.keys) < set(comparison.keys):
        raise SystemExit("something is gone after malformed requests")
    print("the node answers, and has all that it had")


if __name__ == "__main__":
    main()
