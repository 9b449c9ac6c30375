"""The fingerprints by which two nodes compare what they keep, after docs/protocol.md."""
import hashlib

MASK = (1 << 64) - 1


def rotate(word, bits):
    return (word << bits | word >> (64 - bits)) & MASK


def siphash128(key, message):
    """SipHash-2-4 with 16 bytes of output (Aumasson and Bernstein, 2012)."""
    k0, k1 = (int.from_bytes(part, "little") for part in (key[:8], key[8:16]))
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = rotate(v[1], 13) ^ v[0]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = rotate(v[1], 17) ^ v[2]
            v[2] = rotate(v[2], 32)

    whole = len(message) // 8 * 8
    words = [int.from_bytes(message[at:at + 8], "little") for at in range(0, whole, 8)]
    words.append(int.from_bytes(message[whole:], "little") | (len(message) & 255) << 56)
    for word in words:
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    output = b""
    for index, constant in ((2, 0xEE), (1, 0xDD)):
        v[index] ^= constant
        rounds(4)
        output += (v[0] ^ v[1] ^ v[2] ^ v[3]).to_bytes(8, "little")
    return output


def fingerprint_key(asker, responder, nonce):
    return hashlib.blake2b(b"roost reconcile" + asker + responder + nonce, digest_size=32).digest()[:16]


def fingerprint(key, items):
    """Of items as they are hashed: location, ID, kind."""
    total = sum(int.from_bytes(siphash128(key, item), "big") for item in items) % (1 << 128)
    return siphash128(key, total.to_bytes(16, "big") + len(items).to_bytes(8, "big"))
