"""Noise IK (revision 34) with 25519, ChaChaPoly and BLAKE2b: docs/protocol.md, "Handshake"."""
import sodium
from sodium import blake2b, hkdf


class Symmetric:
    """Noise §5.2: SymmetricState, with the cipher's key and nonce in it."""

    def __init__(self, prologue, protocol=b"Noise_IK_25519_ChaChaPoly_BLAKE2b"):
        self.hash = self.chain = protocol.ljust(64, b"\0")
        self.key, self.nonce = None, 0
        self.mix_hash(prologue)

    def mix_hash(self, data):
        self.hash = blake2b(self.hash, data, size=64)

    def mix_key(self, secret):
        self.chain, key = hkdf(self.chain, secret)
        self.key, self.nonce = key[:32], 0

    def encrypt(self, text):
        box = sodium.seal(text, nonce(self.nonce), self.key, self.hash)
        self.nonce += 1
        self.mix_hash(box)
        return box

    def decrypt(self, box):
        text = sodium.unseal(box, nonce(self.nonce), self.key, self.hash)
        self.nonce += 1
        self.mix_hash(box)
        return text

    def split(self):
        """The keys of the initiator's and of the responder's direction."""
        first, second = hkdf(self.chain, b"")
        return first[:32], second[:32]


def nonce(counter):
    """Noise §12.3: four zero bytes and the counter, little-endian."""
    return bytes(4) + counter.to_bytes(8, "little")


class Initiator:
    def __init__(self, prologue, static, remote, ephemeral):
        self.state = Symmetric(prologue)
        self.static, self.remote, self.ephemeral = static, remote, ephemeral
        self.state.mix_hash(remote)

    def write(self, payload):
        """Message 1: e, es, s, ss."""
        state, e = self.state, sodium.public_key(self.ephemeral)
        state.mix_hash(e)
        state.mix_key(sodium.agree(self.ephemeral, self.remote))
        sealed = state.encrypt(sodium.public_key(self.static))
        state.mix_key(sodium.agree(self.static, self.remote))
        return e + sealed + state.encrypt(payload)

    def read(self, message):
        """The payload of message 2: e, ee, se."""
        state, e = self.state, message[:32]
        state.mix_hash(e)
        state.mix_key(sodium.agree(self.ephemeral, e))
        state.mix_key(sodium.agree(self.static, e))
        return state.decrypt(message[32:])


class Responder:
    def __init__(self, prologue, static, ephemeral):
        self.state = Symmetric(prologue)
        self.static, self.ephemeral = static, ephemeral
        self.state.mix_hash(sodium.public_key(static))

    def read(self, message):
        state, self.remote_ephemeral = self.state, message[:32]
        state.mix_hash(self.remote_ephemeral)
        state.mix_key(sodium.agree(self.static, self.remote_ephemeral))
        self.remote = state.decrypt(message[32:80])
        state.mix_key(sodium.agree(self.static, self.remote))
        return state.decrypt(message[80:])

    def write(self, payload):
        state, e = self.state, sodium.public_key(self.ephemeral)
        state.mix_hash(e)
        state.mix_key(sodium.agree(self.ephemeral, self.remote_ephemeral))
        state.mix_key(sodium.agree(self.ephemeral, self.remote))
        return e + state.encrypt(payload)
