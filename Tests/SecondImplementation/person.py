"""A person: identifiers, key blinding, and what is signed (docs/protocol.md, "Identifiers"; docs/conversations.md, "Keys")."""
import hashlib

import sodium
from sodium import blake2b

RECORD, MAILBOX = 1, 2
EPOCH_SECONDS = 7 * 86_400
FIELD = 2**255 - 19


def u(value, size):
    return value.to_bytes(size, "big")


def number(data):
    return int.from_bytes(data, "big")


class Person:
    def __init__(self, seed):
        self.seed = seed
        self.id, self.signing = sodium.signing_keys(seed)
        expanded = hashlib.sha512(seed).digest()
        # What signs also agrees; how it is clamped, both standards say alike (RFC 8032 §5.1.5, RFC 7748 §5).
        clamped = bytearray(expanded[:32])
        clamped[0] &= 248
        clamped[31] = clamped[31] & 127 | 64
        self.identity, self.prefix = bytes(clamped), expanded[32:]
        self.delivery_secret = blake2b(b"roost accepted sender", bytes(8), key=seed)

    def blinded(self, purpose, epoch):
        return Blinded(self, purpose, epoch)


def identity_key(peer):
    """IK, by which X25519 agrees with whoever has this ID: u of the same point (RFC 7748 §4.1). A and -A have the same."""
    if not sodium.is_valid_point(peer):
        raise sodium.NotAuthentic("no peer ID")
    y = int.from_bytes(peer, "little") & (1 << 255) - 1
    return ((1 + y) * pow(1 - y, -1, FIELD) % FIELD).to_bytes(32, "little")


def blinding_factor(peer, purpose, epoch):
    return sodium.reduce_scalar(blake2b(b"roost blind", u(purpose, 1), peer, u(epoch, 4), size=64))


def blinded_key(peer, purpose, epoch):
    """A′: anybody who knows the peer ID can compute it."""
    return sodium.multiply(blinding_factor(peer, purpose, epoch), peer)


def location(key):
    return blake2b(key)


class Blinded:
    """The owner's half of a blinded key, which signs."""

    def __init__(self, person, purpose, epoch):
        secret = sodium.reduce_scalar(person.identity + bytes(32))
        self.secret = sodium.scalar("mul", blinding_factor(person.id, purpose, epoch), secret)
        self.key = sodium.multiply_base(self.secret)
        self.location = location(self.key)
        self.nonce = blake2b(b"roost nonce", u(purpose, 1), u(epoch, 4), key=person.prefix)

    def sign(self, message):
        r = sodium.reduce_scalar(blake2b(message, key=self.nonce, size=64))
        point = sodium.multiply_base(r)
        challenge = sodium.reduce_scalar(hashlib.sha512(point + self.key + message).digest())
        return point + sodium.scalar("add", r, sodium.scalar("mul", challenge, self.secret))


# Bech32m (BIP 350)

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def checksum(values):
    state = 1
    for value in values:
        top, state = state >> 25, (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            state ^= generator if top >> bit & 1 else 0
    return state


PREFIX = [ord(c) >> 5 for c in "roost"] + [0] + [ord(c) & 31 for c in "roost"]


def peer_text(peer):
    bits = number(peer) << 4
    values = [bits >> 5 * i & 31 for i in reversed(range(52))]
    check = checksum(PREFIX + values + [0] * 6) ^ 0x2BC830A3
    return "roost1" + "".join(ALPHABET[v] for v in values + [check >> 5 * i & 31 for i in reversed(range(6))])


def peer_id(text):
    if len(text) != 64 or text not in (text.lower(), text.upper()) or not text.lower().startswith("roost1"):
        raise ValueError("not a peer ID")
    values = [ALPHABET.index(c) for c in text.lower()[6:]]
    if checksum(PREFIX + values) != 0x2BC830A3 or values[51] & 15:
        raise ValueError("mistyped")
    bits = 0
    for value in values[:52]:
        bits = bits << 5 | value
    peer = u(bits >> 4, 32)
    if not sodium.is_valid_point(peer):
        raise ValueError("not a key")
    return peer
