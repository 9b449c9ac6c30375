#!/usr/bin/env python3
"""What a thief can read who takes one side's whole session at any step: with nothing else, and with every X25519 secret that is
drawn later (which is who breaks X25519). Against docs/conversations.md, "Sessions"."""
import copy
import hashlib
import itertools

import kem
import ratchet
import sodium
from person import MAILBOX, Person, u
from sodium import blake2b

DAY = 20_778
alice, bob = Person(bytes([1]) * 32), Person(bytes([2]) * 32)
prekey, seed = bytes([3]) * 32, bytes([9]) * 64
mailboxes = {"alice": alice.blinded(MAILBOX, 2_968).location, "bob": bob.blinded(MAILBOX, 2_968).location}
record = {
    "peer": bob.id, "prekey day": DAY, "prekey": sodium.public_key(prekey),
    "encapsulation key": kem.encapsulation_key(seed), "generation": 0,
}


class Thief:
    """Holds one side's session as it was, and follows both sides' envelopes as far as the keys allow."""

    def __init__(self, session, oracle):
        self.session, self.oracle = copy.deepcopy(session), oracle
        own = self.session.sending
        # A receiving chain of his own for what the victim sends from now on.
        self.own = [{"header": own["header"], "chain": own["chain"], "n": own["n"], "keys": {}}] if own else []
        self.known = {sodium.public_key(own["secret"]): own["secret"]} if own else {}

    def agree(self, one, other):
        for mine, theirs in ((one, other), (other, one)):
            secret = self.known.get(mine) or (self.oracle or {}).get(mine)
            if secret:
                return sodium.agree(secret, theirs)
        return None

    def read(self, envelope, is_victims, mailbox):
        """Whether he can read it."""
        clear, sealed, session = envelope[:7], envelope[7:], self.session
        nonce, box, hidden = sealed[:24], sealed[24:85], sealed[85:1_269]
        chains = self.own if is_victims else session.receiving
        following = session.next_sending if is_victims else session.next_receiving
        for header, chain in [(c["header"], c) for c in chains if c["header"]] + [(following, None)]:
            try:
                place = sodium.unseal(box, nonce, header, clear + mailbox)
            except sodium.NotAuthentic:
                continue
            if chain is None:
                shown = ratchet.masked(hidden, nonce, blake2b(b"roost object", key=header))
                chain = None if self.is_lost else self.begin(header, place, shown, is_victims)
                if chain is None:
                    # A root key that he lacks is in all that follow.
                    self.is_lost = True
                    return False
            try:
                key = session.key_of(chain, int.from_bytes(place[36:40], "big"))
            except KeyError:
                return False
            bound = session.bound(is_victims, clear, mailbox, nonce, box, hidden)
            sodium.unseal(sealed[1_269:], nonce, key, bound)
            return True
        return False

    def begin(self, header, place, shown, is_victims):
        session, public = self.session, place[:32]
        # What this chain's key was agreed with: the newest key of the other side.
        other = session.their_key if is_victims else self.newest_of_victim()
        agreed, shared = other and self.agree(public, other), b""
        if session.is_initiator == is_victims:
            # The initiator's: what they encapsulated is known only to the seed's owner.
            if is_victims or not self.session.sending or not self.session.sending["seed"]:
                return None
            if kem.encapsulation_key(self.session.sending["seed"]) != self.shown:
                return None
            shared = kem.decapsulate(shown[:1_088], self.session.sending["seed"])
        if agreed is None:
            return None
        session.root, key, following = ratchet.step(session.root, agreed, shared)
        chain = {"header": header, "chain": key, "n": 0, "keys": {}}
        if is_victims:
            self.own.append(chain)
            session.next_sending, self.victims_key = following, public
            if not session.is_initiator:
                self.shown = shown
        else:
            session.receiving.append(chain)
            session.next_receiving, session.their_key = following, public
        return chain

    victims_key, is_lost = None, False

    def newest_of_victim(self):
        own = self.session.sending
        return self.victims_key or (sodium.public_key(own["secret"]) if own else None)

    @property
    def shown(self):
        return self._shown if hasattr(self, "_shown") else self.session.sending["shown"]

    @shown.setter
    def shown(self, value):
        self._shown = value


def run(victim, theft, has_oracle, turns=9):
    """Turns of one message each, the initiator's first; the theft comes before turn `theft`. Which turns the thief reads."""
    oracle, counter = {}, itertools.count()

    def draw(size):
        drawn = hashlib.shake_256(u(next(counter), 4)).digest(size)
        if size == 32:
            oracle[sodium.public_key(drawn)] = drawn
        return drawn

    people = {"alice": (alice, ratchet.Conversations(alice, {})), "bob": (bob, ratchet.Conversations(bob, {DAY: (prekey, seed)}, draw))}
    first = ratchet.begin(alice, record, draw=draw)
    people["alice"][1].sessions.append((bob.id, first))
    thief, before, read = None, [], []
    for turn in range(turns):
        sender, receiver = ("alice", "bob") if turn % 2 == 0 else ("bob", "alice")
        if turn == theft:
            thief = Thief(people[victim][1].sessions[0][1], oracle if has_oracle else None)
            # What was sent before stays closed.
            for sent, envelope, mailbox in before:
                if envelope[7:] and sent != 0:
                    assert not copy.deepcopy(thief).read(envelope, (sent % 2 == 0) == (victim == "alice"), mailbox), (victim, theft, sent)
        person, conversations = people[sender]
        envelope = conversations.sessions[0][1].seal(u(turn, 4), mailboxes[receiver], DAY + 15)
        if thief and thief.read(envelope, sender == victim, mailboxes[receiver]):
            read.append(turn)
        people[receiver][1].open(envelope, mailboxes[receiver])
        before.append((turn, envelope, mailboxes[receiver]))
    return read


checked = 0
for victim, has_oracle in itertools.product(("alice", "bob"), (False, True)):
    for theft in range(2, 8):
        read = run(victim, theft, has_oracle)
        mine = 0 if victim == "alice" else 1
        own_next = theft if theft % 2 == mine else theft + 1
        if not has_oracle:
            # The peer's chain that answers to keys from before the theft is readable, and nothing after the victim's next turn.
            limit = own_next
        elif victim == "alice":
            limit = own_next
        else:
            # Until Alice answers to the first key that Bob draws after the theft.
            limit = own_next + 1
        assert all(turn < limit for turn in read), (victim, has_oracle, theft, read, limit)
        if has_oracle:
            assert read == list(range(theft, limit)), (victim, theft, read, limit)
        checked += 1
print(f"A thief at {checked} steps reads nothing of before, and nothing after at most one and a half round trips.")
