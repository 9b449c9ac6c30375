"""Terms for a symbolic model, what can be deduced from them, and by which thefts. Cryptography is perfect here: a key opens what it
sealed, and there is no other way (Dolev and Yao, 1983).

A *condition* says by which thefts something comes about: the smallest sets of thefts that suffice, each as the bits of a number. So
one computation holds for every subset of all thefts. It is sound as thieves only ever gain by another theft.
"""
import functools

NEVER, ALWAYS = frozenset(), frozenset({0})


def smallest(sets):
    kept = []
    for one in sorted(set(sets), key=lambda bits: (bits.bit_count(), bits)):
        if not any(other & one == other for other in kept):
            kept.append(one)
    return frozenset(kept)


@functools.cache
def either(*conditions):
    return smallest(bits for condition in conditions for bits in condition)


@functools.cache
def both(*conditions):
    found = ALWAYS
    for condition in conditions:
        found = smallest(one | other for one in found for other in condition)
    return found


def within(condition, bits):
    """The condition where no other thefts than these are possible."""
    return frozenset(one for one in condition if one & bits == one)


def holds(condition, bits):
    return any(one & bits == one for one in condition)


# Terms are numbers: two that are equal have the same, however deep they are.

NODES, NUMBERS = [], {}


def term(kind, *parts):
    key = (kind, *parts)
    if key not in NUMBERS:
        NUMBERS[key] = len(NODES)
        NODES.append(key)
    return NUMBERS[key]


def name(text):
    """A secret that was drawn at random."""
    return term("name", text)


def public(text):
    return term("public", text)


def hashed(*parts):
    return term("hash", *parts)


def pair(*parts):
    return term("pair", *parts)


def twin(key):
    """Other bytes that agree like the same public key: for X25519 they exist (the top bit is ignored); of a peer ID it is the negative
    point. For ML-KEM they don't, as what it agrees on has the key's hash in it; the model doesn't rely on that."""
    return term("twin", key)


def same(key):
    return NODES[key][1] if NODES[key][0] == "twin" else key


def key_of(secret):
    """The public half: of what agrees and, for a profile key, of what signs as well."""
    return term("key", secret)


def agree(secret, key):
    """X25519. `key`: a public one."""
    return term("agreed", *sorted((secret, NODES[same(key)][1])))


def encapsulation_key(seed):
    return term("object", seed)


def encapsulate(key, secret):
    """The ciphertext. Who encapsulates may choose the secret: weaker than ML-KEM, where both sides have a part in it."""
    return term("ciphertext", same(key), secret)


def decapsulate(ciphertext, seed):
    kind, *parts = NODES[ciphertext]
    if kind == "ciphertext" and parts[0] == encapsulation_key(seed):
        return parts[1]
    return hashed(public("rejected"), seed, ciphertext)


def seal(key, associated, content):
    return term("sealed", key, associated, content)


def unseal(box, key, associated):
    """Nil where the key or what is associated is another."""
    kind, *parts = NODES[box]
    return parts[2] if kind == "sealed" and parts[:2] == [key, associated] else None


def hide(key, nonce, content):
    """A stream: it hides, and authenticates nothing."""
    return term("hidden", key, nonce, content)


def show(hidden, key, nonce):
    kind, *parts = NODES[hidden]
    return parts[2] if kind == "hidden" and parts[:2] == [key, nonce] else None


def sign(secret, content):
    return term("signature", secret, content)


# Deduction

def subterms(roots):
    found, waiting = set(), list(roots)
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        kind, *parts = NODES[one]
        if kind in ("name", "public"):
            continue
        waiting += parts
        if kind == "agreed":
            waiting += map(key_of, parts)
        if kind == "signature":
            waiting.append(key_of(parts[0]))
    return found


# Who has these, breaks all of X25519 (has the secret half of every key, also of those that sign), ML-KEM, Ed25519 (signs by any key, and
# has no secret by that).
X25519, ML_KEM, ED25519 = public("X25519"), public("ML-KEM"), public("Ed25519")


def rules(one):
    """Pairs of what follows, and from what."""
    kind, *parts = NODES[one]
    if kind in ("name", "public"):
        return
    if kind == "agreed":
        yield one, (parts[0], key_of(parts[1]))
        yield one, (parts[1], key_of(parts[0]))
        return
    yield one, tuple(parts)
    if kind == "key":
        yield parts[0], (one, X25519)
    elif kind == "object":
        yield parts[0], (one, ML_KEM)
    elif kind in ("pair", "twin"):
        for part in parts:
            yield part, (one,)
    elif kind == "ciphertext" and NODES[parts[0]][0] == "object":
        yield parts[1], (one, NODES[parts[0]][1])
    elif kind in ("sealed", "hidden"):
        yield parts[2], (one, parts[0])
    elif kind == "signature":
        yield one, (key_of(parts[0]), parts[1], ED25519)
        yield parts[1], (one,)


def deduce(known, wanted=()):
    """The condition of each term that is a part of what is known or wanted. `known`: conditions by term; what isn't told there, of
    public things, is known always. Enough, as what follows from terms follows by way of their parts alone."""
    universe = subterms([*known, *wanted])
    conditions = dict(known)
    for one in universe:
        if NODES[one][0] == "public" and one not in known:
            conditions[one] = ALWAYS if one not in (X25519, ML_KEM, ED25519) else NEVER
    uses = {}
    waiting = dict.fromkeys(conditions)
    for one in universe:
        for head, body in rules(one):
            for part in body:
                uses.setdefault(part, []).append((head, body))
    while waiting:
        one = next(iter(waiting))
        del waiting[one]
        for head, body in uses.get(one, ()):
            before = conditions.get(head, NEVER)
            parts = [conditions.get(part, NEVER) for part in body]
            if before == ALWAYS or not all(parts):
                continue
            after = either(before, both(*parts))
            if after != before:
                conditions[head] = after
                waiting[head] = None
    return conditions
