"""Sessions: how envelopes are sealed and opened (docs/conversations.md, "Sessions" and "Envelope"). Straight from the page: no
bounds, no disk, one step after another."""
import os

import kem
import sodium
from person import identity_key, number, u
from sodium import blake2b, hkdf

SIZE_CLASSES = (2_048, 8_192, 32_768, 69_632)
FIRST_KEY = b"Roost_PQXDH_25519_MLKEM768_XChaChaPoly_BLAKE2b".ljust(64, b"\0")


class NoSession(Exception):
    """Nothing here opens it."""


def masked(data, nonce, key):
    return bytes(a ^ b for a, b in zip(data, sodium.stream(len(data), nonce, key)))


def step(root, agreed, shared=b""):
    root, chain, following = hkdf(root, b"roost step" + agreed + shared, 3)
    return root, chain[:32], following[:32]


class Session:
    """`initiator` and `responder`: peer IDs. `draw` gives so many random bytes."""

    def __init__(self, is_initiator, initiator, responder, day, prekey, key, ephemeral, ciphertext, names, draw):
        self.is_initiator, self.names, self.draw = is_initiator, names, draw
        self.initiator, self.recipient = initiator, responder if is_initiator else initiator
        self.day, self.ephemeral, self.ciphertext = day, ephemeral, ciphertext
        self.binding = blake2b(b"roost session", initiator, responder, u(day, 4), prekey, key, ephemeral, ciphertext)
        self.opening, self.sending, self.previous = None, None, 0
        # Header key, chain key, next number, and the keys of messages that have not come.
        self.receiving = []

    def bound(self, is_sent, clear, mailbox, nonce, sealed_header, hidden):
        direction = 0 if is_sent == self.is_initiator else 1
        return blake2b(
            b"roost conversation", self.binding, u(direction, 1), clear, mailbox, nonce, sealed_header, hidden)

    # Sending

    def begin_chain(self):
        secret = self.draw(32)
        agreed = sodium.agree(secret, self.their_key)
        if self.is_initiator:
            shared, ciphertext = kem.encapsulate(self.their_object, self.draw(32))
            shown, seed = ciphertext + bytes(96), None
        else:
            seed, shared = self.draw(64), b""
            shown = kem.encapsulation_key(seed)
        self.root, chain, following = step(self.root, agreed, shared)
        self.sending = {"secret": secret, "header": self.next_sending, "shown": shown, "seed": seed, "chain": chain, "n": 0}
        self.next_sending = following

    def seal(self, content, mailbox, expiry_day, sign=None):
        if self.sending is None:
            self.begin_chain()
        chain = self.sending
        key, chain["chain"] = blake2b(b"\1", key=chain["chain"]), blake2b(b"\2", key=chain["chain"])
        place = sodium.public_key(chain["secret"]) + u(self.previous, 4) + u(chain["n"], 4)
        chain["n"] += 1
        before = 7 + (64 if sign else 0) + (1_248 if self.opening else 1_269)
        size_class = next(i for i, size in enumerate(SIZE_CLASSES) if size >= before + len(content) + 1 + 16)
        clear = b"\1" + u(expiry_day, 4) + u(size_class, 1) + (b"\1" if sign else b"\0")
        padded = (content + b"\x80").ljust(SIZE_CLASSES[size_class] - before - 16, b"\0")
        nonce = self.draw(24)
        if self.opening:
            beginning = self.ephemeral + u(self.day, 4) + self.ciphertext
            header = self.initiator + place + u(self.names[0], 4) + u(self.names[1], 4) + u(self.names[2], 4)
            sealed = sodium.seal(header, nonce, self.opening, clear + mailbox + beginning)
            hidden = b""
            parts = masked(beginning, nonce, blake2b(b"roost mask", self.recipient)) + sealed
        else:
            sealed = sodium.seal(place + b"\1\0\0\0\0", nonce, chain["header"], clear + mailbox)
            hidden = masked(chain["shown"], nonce, blake2b(b"roost object", key=chain["header"]))
            parts = sealed + hidden
        parts = nonce + parts + sodium.seal(padded, nonce, key, self.bound(True, clear, mailbox, nonce, sealed, hidden))
        return clear + (sign(clear + parts) if sign else b"") + parts

    # Receiving

    def keep_keys(self, chain, count):
        while chain["n"] < count:
            chain["keys"][chain["n"]] = blake2b(b"\1", key=chain["chain"])
            chain["chain"] = blake2b(b"\2", key=chain["chain"])
            chain["n"] += 1

    def key_of(self, chain, n):
        self.keep_keys(chain, n + 1)
        return chain["keys"].pop(n)

    def turn(self, header_key, place, shown):
        agreed, shared = sodium.agree(self.sending["secret"], place[:32]), b""
        if self.is_initiator:
            self.their_object = shown
        else:
            shared = kem.decapsulate(shown[:1_088], self.sending["seed"])
        if self.receiving:
            self.keep_keys(self.receiving[-1], number(place[32:36]))
        self.root, chain, following = step(self.root, agreed, shared)
        self.receiving.append({"header": header_key, "chain": chain, "n": 0, "keys": {}})
        self.next_receiving, self.their_key = following, place[:32]
        self.previous, self.sending, self.opening = self.sending["n"], None, None

    def open(self, clear, sealed, mailbox):
        """The padded content of a message whose header opens with a key of this session."""
        nonce, box, hidden = sealed[:24], sealed[24:85], sealed[85:1_269]
        keys = [(chain["header"], chain) for chain in self.receiving if chain["header"]]
        for header_key, chain in keys + ([(self.next_receiving, None)] if self.sending else []):
            try:
                place = sodium.unseal(box, nonce, header_key, clear + mailbox)
            except sodium.NotAuthentic:
                continue
            if chain is None:
                self.turn(header_key, place, masked(hidden, nonce, blake2b(b"roost object", key=header_key)))
                chain = self.receiving[-1]
            key = self.key_of(chain, number(place[36:40]))
            return sodium.unseal(sealed[1_269:], nonce, key, self.bound(False, clear, mailbox, nonce, box, hidden))
        raise NoSession

    def open_first(self, clear, sealed, mailbox, place):
        key = self.key_of(self.receiving[0], number(place[36:40]))
        nonce, box = sealed[:24], sealed[1_148:1_248]
        return sodium.unseal(sealed[1_248:], nonce, key, self.bound(False, clear, mailbox, nonce, box, b""))


def begin(person, record, number_of_session=1, generation=0, draw=os.urandom):
    """A session that `person` opens with whoever published `record`."""
    ephemeral, secret = draw(32), draw(32)
    shared, ciphertext = kem.encapsulate(record["encapsulation key"], draw(32))
    first = hkdf(FIRST_KEY, sodium.agree(ephemeral, identity_key(record["peer"])))[0]
    second, header = hkdf(first, sodium.agree(ephemeral, record["prekey"]) + shared)
    root, _, answer = hkdf(second, sodium.agree(person.identity, record["prekey"]), 3)
    session = Session(
        True, person.id, record["peer"], record["prekey day"], record["prekey"], record["encapsulation key"],
        sodium.public_key(ephemeral), ciphertext, (generation, number_of_session, record["generation"]), draw)
    session.root, chain, session.next_sending = step(root, sodium.agree(secret, record["prekey"]))
    session.next_receiving, session.opening, session.their_key = answer[:32], header[:32], record["prekey"]
    session.sending = {"secret": secret, "header": None, "shown": b"", "seed": None, "chain": chain, "n": 0}
    return session


class Conversations:
    """All sessions of a person. `prekeys`: (X25519 secret, ML-KEM seed) by day."""

    def __init__(self, person, prekeys, draw=os.urandom):
        self.person, self.prekeys, self.draw, self.sessions = person, prekeys, draw, []

    def open(self, envelope, mailbox):
        """The peer, the session and the padded content."""
        clear, sealed = envelope[:7], envelope[7:]
        if clear[0] != 1 or clear[6] > 1 or len(envelope) != SIZE_CLASSES[clear[5]]:
            raise ValueError("malformed envelope")
        sealed = sealed[64:] if clear[6] else sealed
        found = self.first(clear, sealed, mailbox)
        if found:
            return found
        for peer, session in self.sessions:
            try:
                return peer, session, session.open(clear, sealed, mailbox)
            except NoSession:
                continue
        raise NoSession

    def first(self, clear, sealed, mailbox):
        me, nonce = self.person, sealed[:24]
        beginning = masked(sealed[24:1_148], nonce, blake2b(b"roost mask", me.id))
        ephemeral, day, ciphertext = beginning[:32], number(beginning[32:36]), beginning[36:]
        if day not in self.prekeys:
            return None
        prekey, seed = self.prekeys[day]
        first = hkdf(FIRST_KEY, sodium.agree(me.identity, ephemeral))[0]
        second, header = hkdf(first, sodium.agree(prekey, ephemeral) + kem.decapsulate(ciphertext, seed))
        try:
            opened = sodium.unseal(sealed[1_148:1_248], nonce, header[:32], clear + mailbox + beginning)
        except sodium.NotAuthentic:
            return None
        peer, place = opened[:32], opened[32:72]
        identity = identity_key(peer)
        for known, session in self.sessions:
            if known == peer and session.ephemeral == ephemeral:
                return peer, session, session.open_first(clear, sealed, mailbox, place)
        names = tuple(number(opened[at:at + 4]) for at in (72, 76, 80))
        session = Session(
            False, peer, me.id, day, sodium.public_key(prekey), kem.encapsulation_key(seed), ephemeral, ciphertext, names,
            self.draw)
        root, _, answer = hkdf(second, sodium.agree(prekey, identity), 3)
        session.root, chain, session.next_receiving = step(root, sodium.agree(prekey, place[:32]))
        session.next_sending, session.their_key = answer[:32], place[:32]
        session.receiving = [{"header": None, "chain": chain, "n": 0, "keys": {}}]
        content = session.open_first(clear, sealed, mailbox, place)
        self.sessions.append((peer, session))
        return peer, session, content
