"""ML-KEM-768, straight from FIPS 203: slow, and not hardened against anybody who measures time."""
import hashlib

Q, K, ETA1, ETA2, DU, DV = 3_329, 3, 2, 2, 10, 4


def sha3_256(data):
    return hashlib.sha3_256(data).digest()


def sha3_512(data):
    digest = hashlib.sha3_512(data).digest()
    return digest[:32], digest[32:]


def shake256(data, size):
    return hashlib.shake_256(data).digest(size)


def reversed_bits(number):
    return int(f"{number:07b}"[::-1], 2)


ZETAS = [pow(17, reversed_bits(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * reversed_bits(i) + 1, Q) for i in range(128)]


def ntt(f):
    f, i, size = list(f), 1, 128
    while size >= 2:
        for start in range(0, 256, 2 * size):
            zeta, i = ZETAS[i], i + 1
            for j in range(start, start + size):
                t = zeta * f[j + size] % Q
                f[j + size], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
        size //= 2
    return f


def inverse_ntt(f):
    f, i, size = list(f), 127, 2
    while size <= 128:
        for start in range(0, 256, 2 * size):
            zeta, i = ZETAS[i], i - 1
            for j in range(start, start + size):
                t = f[j]
                f[j], f[j + size] = (t + f[j + size]) % Q, zeta * (f[j + size] - t) % Q
        size *= 2
    return [x * 3_303 % Q for x in f]


def multiply(f, g):
    h = [0] * 256
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h[2 * i] = (a0 * b0 + a1 * b1 * GAMMAS[i]) % Q
        h[2 * i + 1] = (a0 * b1 + a1 * b0) % Q
    return h


def add(*polynomials):
    return [sum(values) % Q for values in zip(*polynomials)]


def encode(values, bits):
    number = sum(value << bits * i for i, value in enumerate(values))
    return number.to_bytes(32 * bits, "little")


def decode(data, bits):
    number = int.from_bytes(data, "little")
    return [number >> bits * i & (1 << bits) - 1 for i in range(256)]


def compress(values, bits):
    return [((value << bits + 1) + Q) // (2 * Q) & (1 << bits) - 1 for value in values]


def decompress(values, bits):
    return [(value * Q * 2 + (1 << bits)) >> bits + 1 for value in values]


def sample_uniform(seed):
    """Algorithm 7, SampleNTT."""
    stream, values = hashlib.shake_128(seed).digest(3 * 672), []
    for at in range(0, len(stream), 3):
        a, b, c = stream[at:at + 3]
        values += [d for d in (a + 256 * (b % 16), b // 16 + 16 * c) if d < Q]
    return values[:256]


def sample_small(seed, number):
    """Algorithm 8, SamplePolyCBD with η = 2."""
    bits = int.from_bytes(shake256(seed + bytes([number]), 128), "little")
    return [((bits >> 4 * i & 1) + (bits >> 4 * i + 1 & 1) - (bits >> 4 * i + 2 & 1) - (bits >> 4 * i + 3 & 1)) % Q
            for i in range(256)]


def matrix(rho):
    return [[sample_uniform(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def keys(seed):
    """The encapsulation key and the rest of what follows from d ‖ z (algorithms 13 and 16)."""
    d, z = seed[:32], seed[32:]
    rho, sigma = sha3_512(d + bytes([K]))
    a = matrix(rho)
    s = [ntt(sample_small(sigma, i)) for i in range(K)]
    e = [ntt(sample_small(sigma, K + i)) for i in range(K)]
    t = [add(e[i], *(multiply(a[i][j], s[j]) for j in range(K))) for i in range(K)]
    return b"".join(encode(x, 12) for x in t) + rho, s, z


def encrypt(key, message, randomness):
    """K-PKE.Encrypt, algorithm 14."""
    t = [decode(key[384 * i:384 * i + 384], 12) for i in range(K)]
    a = matrix(key[384 * K:])
    y = [ntt(sample_small(randomness, i)) for i in range(K)]
    e1 = [sample_small(randomness, K + i) for i in range(K)]
    e2 = sample_small(randomness, 2 * K)
    u = [add(inverse_ntt(add(*(multiply(a[j][i], y[j]) for j in range(K)))), e1[i]) for i in range(K)]
    v = add(inverse_ntt(add(*(multiply(t[i], y[i]) for i in range(K)))), e2, decompress(decode(message, 1), 1))
    return b"".join(encode(compress(x, DU), DU) for x in u) + encode(compress(v, DV), DV)


def encapsulation_key(seed):
    return keys(seed)[0]


def encapsulate(key, message):
    """Secret and ciphertext, with 32 random bytes (algorithm 17)."""
    if len(key) != 1_184 or any(x >= Q for i in range(K) for x in decode(key[384 * i:384 * i + 384], 12)):
        raise ValueError("no encapsulation key")
    secret, randomness = sha3_512(message + sha3_256(key))
    return secret, encrypt(key, message, randomness)


def decapsulate(ciphertext, seed):
    """Algorithm 18."""
    key, s, z = keys(seed)
    u = [decompress(decode(ciphertext[320 * i:320 * i + 320], DU), DU) for i in range(K)]
    v = decompress(decode(ciphertext[320 * K:], DV), DV)
    product = inverse_ntt(add(*(multiply(s[i], ntt(u[i])) for i in range(K))))
    message = encode(compress([(x - y) % Q for x, y in zip(v, product)], 1), 1)
    secret, randomness = sha3_512(message + sha3_256(key))
    if encrypt(key, message, randomness) != ciphertext:
        return shake256(z + ciphertext, 32)
    return secret
