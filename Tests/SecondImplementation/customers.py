#!/usr/bin/env python3
"""Honest clients of one node, each in a block of addresses of its own, who want something at a fixed pace until this program is ended.

    customers.py HOST:PORT FIRST

FIRST is the address of the first; the others are those of the next /24s. Prints, for each tenth of a second, how much was wanted and how much
was done within a second of being wanted, by kind: `TIME KIND WANTED DONE`. Clients who have a session look for nodes; others come
anew each time; others bring an envelope to a mailbox of their own, list it, and discard it.
"""
import collections
import os
import sys
import threading
import time

import wire
from flooder import addresses
from person import EPOCH_SECONDS, MAILBOX, Person, u
from sodium import blake2b

# How many of each kind there are, and how often each wants something in a second.
PACES = {"questions": (12, 10), "newcomers": (4, 2.5), "mail": (4, 1.5)}
PATIENCE = 1.0
# After so many seconds a client repeats what wasn't answered, as the program does in a network where answers come at once.
REPETITION = 0.15


class Customer:
    def __init__(self, node, key, host):
        self.node, self.key, self.host, self.session = node, key, host, None

    def opened(self):
        if self.session is None:
            self.session = wire.Session(self.node, self.key)
            self.session.link.bind((self.host, 0))
            self.session.link.settimeout(REPETITION)
        return self.session

    def leave(self):
        if self.session:
            self.session.close()
        self.session = None

    def questions(self):
        self.opened().ask(wire.FIND_NODE, [
            (wire.TARGET, os.urandom(32)), (wire.COUNT, u(20, 1)), (wire.FAMILIES, u(1, 1))], PATIENCE)

    def newcomers(self):
        self.leave()
        self.opened().ask(wire.PING, [], PATIENCE)

    def mail(self):
        session, now = self.opened(), int(time.time())
        if not session.open:
            self.mailbox = Person(os.urandom(32)).blinded(MAILBOX, now // EPOCH_SECONDS)
            session.ask(wire.PING, [], PATIENCE)
            session.authorize(self.mailbox)
        expiry = u(now // 86_400 + 1, 4)
        whole = b"\1" + expiry + bytes(2) + os.urandom(2_041)
        session.upload(wire.DEPOSIT, self.mailbox.location, whole)
        session.ask(wire.LIST, [(wire.LOCATION, self.mailbox.location)], PATIENCE)
        head = blake2b(whole) + expiry
        tombstone = head + self.mailbox.sign(b"roost tombstone" + self.mailbox.location + head)
        session.ask(wire.DISCARD, [
            (wire.LOCATION, self.mailbox.location), (wire.KEY, self.mailbox.key), (wire.TOMBSTONES, tombstone)], PATIENCE)


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    node = (host, int(port))
    key, _, _ = wire.hello(node)
    counts, lock = collections.Counter(), threading.Lock()

    def live(kind, host, pace, delay):
        customer = Customer(node, key, host)
        due = time.monotonic() + delay
        while True:
            time.sleep(max(0, due - time.monotonic()))
            begun = time.monotonic()
            try:
                getattr(customer, kind)()
                is_done = time.monotonic() - begun <= PATIENCE
            except (wire.Silence, wire.Refused, ValueError):
                customer.leave()
                is_done = False
            # What became due while this took is wanted as well, and not done.
            taken = time.monotonic()
            wanted = 1
            due += 1 / pace
            while due < taken - 1 / pace:
                wanted, due = wanted + 1, due + 1 / pace
            with lock:
                counts[kind, "wanted"] += wanted
                counts[kind, "done"] += is_done

    hosts = iter(addresses(sys.argv[2], sum(count for count, _ in PACES.values())))
    for kind, (count, pace) in PACES.items():
        for index in range(count):
            threading.Thread(target=live, args=(kind, next(hosts), pace, index / count / pace), daemon=True).start()
    while True:
        time.sleep(0.1)
        with lock:
            told = [(kind, counts[kind, "wanted"], counts[kind, "done"]) for kind in PACES]
            counts.clear()
        for kind, wanted, done in told:
            print(f"{time.monotonic():.2f} {kind} {wanted} {done}", flush=True)


main()
