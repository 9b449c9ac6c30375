"""The primitives that docs/protocol.md names, from libsodium and Python's standard library."""
import ctypes
import ctypes.util
import hashlib
import hmac

library = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
if library.sodium_init() < 0:
    raise SystemExit("libsodium can't be used here.")


class NotAuthentic(Exception):
    """A tag or a signature is wrong, or a key is of low order."""


def call(name, size, *arguments):
    """Calls a function of libsodium whose first argument is `size` bytes of output."""
    output = ctypes.create_string_buffer(size)
    converted = [ctypes.c_ulonglong(a) if isinstance(a, int) else a for a in arguments]
    if getattr(library, name)(output, *converted) != 0:
        raise NotAuthentic(name)
    return output.raw


def blake2b(*parts, size=32, key=b""):
    return hashlib.blake2b(b"".join(parts), digest_size=size, key=key).digest()


def hkdf(chain, secret, count=2):
    """Noise revision 34, §4.3, with HMAC-BLAKE2b: `count` outputs of 64 bytes."""
    extracted, outputs, last = hmac.new(chain, secret, hashlib.blake2b).digest(), [], b""
    for index in range(1, count + 1):
        last = hmac.new(extracted, last + bytes([index]), hashlib.blake2b).digest()
        outputs.append(last)
    return outputs


# X25519 (RFC 7748)

def public_key(secret):
    return call("crypto_scalarmult_base", 32, secret)


def agree(secret, public):
    return call("crypto_scalarmult", 32, secret, public)


# Ed25519 (RFC 8032)

def signing_keys(seed):
    """The public key, and libsodium's 64 bytes of secret key."""
    secret = ctypes.create_string_buffer(64)
    return call("crypto_sign_seed_keypair", 32, secret, seed), secret.raw


def sign(message, secret):
    return call("crypto_sign_detached", 64, None, message, len(message), secret)


def verify(signature, message, public):
    if library.crypto_sign_verify_detached(signature, message, ctypes.c_ulonglong(len(message)), public) != 0:
        raise NotAuthentic("signature")


def reduce_scalar(number):
    """64 little-endian bytes modulo L."""
    output = ctypes.create_string_buffer(32)
    library.crypto_core_ed25519_scalar_reduce(output, number)
    return output.raw


def scalar(name, *arguments):
    output = ctypes.create_string_buffer(32)
    getattr(library, "crypto_core_ed25519_scalar_" + name)(output, *arguments)
    return output.raw


def multiply(number, point):
    return call("crypto_scalarmult_ed25519_noclamp", 32, number, point)


def multiply_base(number):
    return call("crypto_scalarmult_ed25519_base_noclamp", 32, number)


def is_valid_point(point):
    """A canonical point of the subgroup of prime order, and not the identity."""
    return library.crypto_core_ed25519_is_valid_point(point) == 1


# ChaCha20-Poly1305 with a nonce of 12 bytes (RFC 8439), and XChaCha20-Poly1305 with one of 24

def seal(text, nonce, key, data):
    name = {12: "crypto_aead_chacha20poly1305_ietf_encrypt", 24: "crypto_aead_xchacha20poly1305_ietf_encrypt"}
    return call(name[len(nonce)], len(text) + 16, None, text, len(text), data, len(data), None, nonce, key)


def unseal(box, nonce, key, data):
    if len(box) < 16:
        raise NotAuthentic("too short")
    name = {12: "crypto_aead_chacha20poly1305_ietf_decrypt", 24: "crypto_aead_xchacha20poly1305_ietf_decrypt"}
    return call(name[len(nonce)], len(box) - 16, None, None, box, len(box), data, len(data), nonce, key)


def stream(count, nonce, key):
    """XChaCha20's stream, by which bytes are hidden."""
    return call("crypto_stream_xchacha20", count, count, nonce, key)


class Generator:
    """The program's generator of secrets, by which what it draws in a test can be known: ChaCha20 with fast key erasure."""

    def __init__(self, seed):
        self.key, self.block = seed, b""

    def __call__(self, count):
        # It gives whole words of eight bytes. A word is the eight bytes of the stream where random bytes are asked for, but
        # the other way round in a key.
        drawn = b"".join(self.word() for _ in range(-(-count // 8)))
        if count != 24:
            drawn = b"".join(drawn[at:at + 8][::-1] for at in range(0, len(drawn), 8))
        return drawn[:count]

    def word(self):
        if not self.block:
            block = call("crypto_stream_chacha20_ietf", 512, 512, bytes(12), self.key)
            self.key, self.block = block[:32], block[32:]
        word, self.block = self.block[:8], self.block[8:]
        return word
