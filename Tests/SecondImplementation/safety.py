"""The safety number of two people, as docs/conversations.md has it."""
import sodium


def side(peer):
    digest = bytes(64)
    for _ in range(5_200):
        digest = sodium.blake2b(b"roost safety number", digest, peer, size=64)
    parts = [int.from_bytes(digest[5 * i:5 * i + 5], "big") % 100_000 for i in range(6)]
    return "".join(f"{part:05}" for part in parts)


def number(one, other):
    return "".join(sorted([side(one), side(other)]))
