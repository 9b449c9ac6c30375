#!/usr/bin/env python3
"""A stranger who does all it can to one node, from one address: keys of its own, valid signatures, proper sessions.

    stranger.py HOST:PORT RECORDS TOMBSTONES HANDSHAKES

Brings so many records of people whom nobody knows, discards so many envelopes of mailboxes whom nobody knows, and begins so many
handshakes, each under a key of its own. Prints what came of each, and exits 0 whatever that was.
"""
import collections
import os
import select
import sys
import time

import sodium
import wire
from noise import Initiator, nonce
from person import number, u
from sodium import blake2b

WINDOW = 96
DAY = 86_400
OUTCOMES = {wire.DONE: "done", wire.PARTIAL: "partial", wire.COLLECTED: "collected"}
REASONS = {1: "mailbox full", 2: "node full", 3: "expiry", 4: "invalid", 5: "not responsible", 7: "busy"}


def record(today):
    """The smallest record there is, at a place that nobody asked for: fields of a request to keep it."""
    key, secret = sodium.signing_keys(os.urandom(32))
    unsigned = b"\1" + key + u(1, 8) + u((today + 20) * DAY, 8) + u(0, 2)
    whole = unsigned + sodium.sign(b"roost record" + unsigned, secret)
    return [(wire.LOCATION, blake2b(key)), (wire.OBJECT, blake2b(whole)), (wire.SIZE, u(len(whole), 4)),
            (wire.INDEX, u(0, 1)), (wire.BYTES, whole)]


def tombstones(today):
    """Eight envelopes that never were, in a mailbox that nobody has."""
    key, secret = sodium.signing_keys(os.urandom(32))
    place, entries = blake2b(key), b""
    for _ in range(8):
        head = os.urandom(32) + u(today + 16, 4)
        entries += head + sodium.sign(b"roost tombstone" + place + head, secret)
    return [(wire.LOCATION, place), (wire.KEY, key), (wire.TOMBSTONES, entries)]


class Stranger:
    def __init__(self, address):
        self.address, (self.key, _, _) = address, wire.hello(address)
        self.open()

    def open(self):
        self.session = wire.Session(self.address, self.key)
        self.session.ask(wire.PING, [])

    def flood(self, kind, count, fields):
        """Asks so often, without waiting for each answer, and counts the answers."""
        counts, waiting, begun = collections.Counter(), 0, time.monotonic()
        link = self.session.link
        for index in range(count):
            link.sendto(self.session._transport(wire.body(kind, index, fields())), self.address)
            waiting += 1
            while waiting and select.select([link], [], [], 0 if waiting < WINDOW else 0.25)[0]:
                outcome = self._outcome(link.recv(1_500))
                if outcome:
                    counts[outcome] += 1
                    waiting -= 1
            if waiting >= WINDOW:
                counts["unanswered"] += waiting
                waiting = 0
        return counts, time.monotonic() - begun

    def _outcome(self, answer):
        if answer[0] != 3 or number(answer[1:5]) != self.session.index:
            return None
        try:
            content = sodium.unseal(answer[13:], nonce(number(answer[5:13])), self.session.receiving, b"")
        except sodium.NotAuthentic:
            return None
        if not content:
            return None
        found = wire.read_body(content)[2]
        outcome = found[wire.OUTCOME][0]
        return OUTCOMES.get(outcome) or REASONS.get(found[wire.REASON][0], "refused")

    def handshakes(self, count):
        """Handshakes under keys of their own: those that are answered are finished, so that each has a session."""
        counts, begun, under = collections.Counter(), time.monotonic(), {}
        link = self.session.link
        for index in range(1, count + 1):
            noise = Initiator(self.session.prologue, os.urandom(32), self.key, os.urandom(32))
            under[index] = (noise, wire.initiation(index, noise.write(wire.handshake_payload(0, b"", 1_083))))
            link.sendto(under[index][1], self.address)
            while select.select([link], [], [], 0)[0]:
                self._continue(link.recv(1_500), under, counts)
        while select.select([link], [], [], 0.5)[0]:
            self._continue(link.recv(1_500), under, counts)
        return counts, time.monotonic() - begun

    def _continue(self, answer, under, counts):
        index = number(answer[5:9] if answer[0] == 2 else answer[1:5])
        if index not in under:
            return
        noise, initiation = under[index]
        if answer[0] == 7:
            counts["asked for a cookie"] += 1
            self.session.link.sendto(initiation[:5] + answer[5:21] + initiation[21:], self.address)
        elif answer[0] == 2:
            del under[index]
            noise.read(answer[9:])
            sending, _ = noise.state.split()
            proof = b"\3" + answer[1:5] + u(0, 8) + sodium.seal(b"", nonce(0), sending, b"")
            self.session.link.sendto(proof, self.address)
            counts["sessions"] += 1


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    records, stones, handshakes = map(int, sys.argv[2:5])
    stranger, today = Stranger((host, int(port))), int(time.time()) // DAY

    def tell(what, count, result):
        counts, seconds = result
        told = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
        print(f"{count} {what} in {seconds:.1f} s: {told}", flush=True)

    tell("records", records, stranger.flood(wire.PUT_RECORD, records, lambda: record(today)))
    tell("tombstones in eights", stones, stranger.flood(wire.DISCARD, stones // 8, lambda: tombstones(today)))
    tell("handshakes", handshakes, stranger.handshakes(handshakes))


if __name__ == "__main__":
    main()
