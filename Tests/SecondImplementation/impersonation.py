#!/usr/bin/env python3
"""What a thief of a node's key can do *to that node* in others' names (key-compromise impersonation), by docs/protocol.md alone.

    impersonation.py HOST:PORT NODE-KEY-FILE OTHER-HOST:PORT

With the key of the first node the thief makes the first message of a handshake in the name of the second, which Noise IK can't prevent
(revision 34, §7.7: source property 1). The node must answer it as any message 1, that may be a replay: with nothing that the thief can
read, and without taking anything for the other's that comes after. Exits with 0 if that is so, and if the same works in his own name.
"""
import itertools
import os
import select
import sys

import sodium
import wire
from noise import Initiator, nonce
from person import ALPHABET, number, u


def secret_of(path):
    """The key in a key file: Bech32m of 32 bytes."""
    with open(path) as file:
        text = next(line for line in file.read().split() if line.startswith("roost-node-secret1"))
    bits = 0
    for letter in text.split("1", 1)[1][:52]:
        bits = bits << 5 | ALPHABET.index(letter)
    return u(bits >> 4, 32)


class Thief(Initiator):
    """Writes in the name of whoever has the key `named`; `stolen` is the responder's secret key, with which `ss` can be agreed as well."""

    def __init__(self, prologue, named, remote, stolen, secret=None):
        super().__init__(prologue, secret, remote, os.urandom(32))
        self.named, self.stolen = named, stolen

    def write(self, payload):
        state, e = self.state, sodium.public_key(self.ephemeral)
        state.mix_hash(e)
        state.mix_key(sodium.agree(self.ephemeral, self.remote))
        sealed = state.encrypt(self.named)
        state.mix_key(sodium.agree(self.stolen, self.named))
        return e + sealed + state.encrypt(payload)

    def readings(self, message):
        """All ways to read message 2 with what the thief can agree: pairs of keys, if any opens it."""
        e = message[:32]
        known = [sodium.agree(mine, theirs) for mine, theirs in itertools.product(
            filter(None, (self.ephemeral, self.stolen, self.static)), (e, self.named, self.remote))]
        chain, hash = self.state.chain, self.state.hash
        for first, second in itertools.product(known, known):
            state = self.state
            state.chain, state.hash = chain, hash
            state.mix_hash(e)
            state.mix_key(first)
            state.mix_key(second)
            try:
                state.decrypt(message[32:])
                yield state.split()
            except sodium.NotAuthentic:
                # What he would say next, if these were the keys.
                self.guesses.append(state.split()[0])

    guesses = []


def attempt(node, key, named, stolen, secret=None):
    """Whether the thief could read the answer; and what came for what he then says."""
    session = wire.Session(node, key)
    index = number(os.urandom(4))
    thief = Thief(session.prologue, named, key, stolen, secret)
    thief.guesses = []
    asked = wire.body(wire.FIND_NODE, 1, [(wire.TARGET, os.urandom(32)), (wire.COUNT, u(20, 1)), (wire.FAMILIES, u(1, 1))])
    sent = wire.initiation(index, thief.write(wire.handshake_payload(1, asked, 1_083)))
    session.link.sendto(sent, node)
    answer = session.link.recv(1_500)
    if answer[0] != 2 or number(answer[5:9]) != index:
        sys.exit("The first message isn't answered as any other.")
    keys = next(thief.readings(answer[9:]), None)
    request, came = wire.body(wire.PING, 2, []), 0
    for counter, key in enumerate([keys[0]] if keys else thief.guesses):
        session.link.sendto(b"\3" + answer[1:5] + u(counter, 8) + sodium.seal(request, nonce(counter), key, b""), node)
    while select.select([session.link], [], [], 0.7)[0]:
        came += len(session.link.recv(1_500))
    return keys is not None, came, len(answer) <= len(sent)


def main():
    at = lambda text: (text.rsplit(":", 1)[0], int(text.rsplit(":", 1)[1]))
    node, other = at(sys.argv[1]), at(sys.argv[3])
    stolen, key, named = secret_of(sys.argv[2]), wire.hello(node)[0], wire.hello(other)[0]
    if sodium.public_key(stolen) != key or named == key:
        sys.exit("This is not the key of that node, or both are one.")
    could_read, came, is_short = attempt(node, key, named, stolen)
    if could_read or came or not is_short:
        sys.exit(f"A thief of the node's key poses as another: read {could_read}, got {came} bytes.")
    own = os.urandom(32)
    could_read, came, _ = attempt(node, key, sodium.public_key(own), stolen, own)
    if not could_read or not came:
        sys.exit("The same in the thief's own name doesn't work either: this test shows nothing.")
    print("a thief of a node's key poses to it as nobody else", flush=True)


main()
