"""Prints the vectors of these tests that no standard gives, computed without libsodium: by hashlib, hmac, the package
cryptography, and Ed25519 in plain integers. Run it with `python3 blinding-reference.py`."""

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

# HMAC-BLAKE2b and the HKDF of Noise


def hkdf(chaining_key, material, count):
    extracted = hmac.new(chaining_key, material, "blake2b").digest()
    outputs, last = [], b""
    for index in range(1, count + 1):
        last = hmac.new(extracted, last + bytes([index]), "blake2b").digest()
        outputs.append(last)
    return outputs


print("hmac", hmac.new(bytes(range(64)), b"Roost", "blake2b").hexdigest())
for output in hkdf(bytes(range(64)), bytes(range(100, 132)), 3):
    print("hkdf", output.hex())
for output in hkdf(bytes(range(64)), b"", 2):
    print("split", output[:32].hex())
print("keyed", hashlib.blake2b(b"Roost", key=bytes(range(32)), digest_size=32).hexdigest())

# The secure generator: ChaCha20 with fast key erasure


def keystream(seed, blocks):
    key, output = seed, b""
    for _ in range(blocks):
        block = Cipher(algorithms.ChaCha20(key, bytes(16)), None).encryptor().update(bytes(512))
        key, output = block[:32], output + block[32:]
    return output


stream = keystream(bytes(range(32)), 3)
print("generator", stream[:32].hex(), stream[472:488].hex(), hashlib.blake2b(stream, digest_size=32).hexdigest())

# Ed25519 (RFC 8032 §5.1) and its blinding

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def recover(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def add(a, b):
    t = D * a[0] * b[0] * a[1] * b[1] % P
    return (
        (a[0] * b[1] + b[0] * a[1]) * pow(1 + t, -1, P) % P,
        (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, P) % P,
    )


def multiply(scalar, point):
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def number(data):
    return int.from_bytes(data, "little")


BASE_Y = 4 * pow(5, -1, P) % P
BASE = (recover(BASE_Y, 0), BASE_Y)

expanded = hashlib.sha512(bytes(range(32))).digest()
secret = number(expanded[:32]) & (1 << 254) - 8 | 1 << 254
public = encode(multiply(secret, BASE))
print("peer", public.hex())

for purpose, epoch in ((1, 2953), (2, 2953), (2, 2954)):
    place = bytes([purpose])
    epoch_bytes = epoch.to_bytes(4, "big")
    factor = number(hashlib.blake2b(b"roost blind" + place + public + epoch_bytes).digest()) % L
    blinded_secret = factor * secret % L
    blinded = encode(multiply(factor, multiply(secret, BASE)))
    assert blinded == encode(multiply(blinded_secret, BASE))
    nonce_key = hashlib.blake2b(b"roost nonce" + place + epoch_bytes, key=expanded[32:], digest_size=32).digest()
    nonce = number(hashlib.blake2b(b"Roost", key=nonce_key).digest()) % L
    r = encode(multiply(nonce, BASE))
    challenge = number(hashlib.sha512(r + blinded + b"Roost").digest()) % L
    s = (nonce + challenge * blinded_secret) % L
    location = hashlib.blake2b(blinded, digest_size=32).hexdigest()
    print("blinded", purpose, epoch, blinded.hex(), location, r.hex() + s.to_bytes(32, "little").hex())

# A point of order 8, and a valid key plus it

for y in range(2, 200):
    x = recover(y, 0)
    torsion = multiply(L, (x, y)) if x is not None else (0, 1)
    if multiply(4, torsion) != (0, 1):
        print("order 8", encode(torsion).hex(), encode(add(multiply(secret, BASE), torsion)).hex())
        break
