"""What rests at nodes for others: records and envelopes (docs/protocol.md, "What rests"; docs/conversations.md)."""
import os

import sodium
from person import MAILBOX, RECORD, blinded_key, location, number, u
from sodium import blake2b, hkdf

SIZE_CLASSES = (2_048, 8_192, 32_768, 69_632)
TEXT, RECEIPT = 1, 2


# Fields inside what is sealed: tag u8, length u32, value

def fields(pairs):
    return b"".join(u(tag, 1) + u(len(value), 4) + value for tag, value in pairs)


def read_fields(data):
    """The fields by their tags; each at most once, in any order."""
    found, at = {}, 0
    while at < len(data):
        tag, size = data[at], number(data[at + 1:at + 5])
        value = data[at + 5:at + 5 + size]
        if at + 5 > len(data) or len(value) != size or tag in found:
            raise ValueError("malformed fields")
        found[tag] = value
        at += 5 + size
    return found


# Records

def record_key(peer, epoch):
    return blake2b(b"roost sealed record", peer, u(RECORD, 1), u(epoch, 4))


def make_record(person, epoch, prekey, contacts, sequence, valid_until, nonce=None):
    """A signed record of `person` for an epoch. `contacts`: bytes of contacts as in findNode."""
    prekey_public = sodium.public_key(prekey)
    statement = b"roost prekey" + u(epoch, 4) + prekey_public
    content = fields([
        (1, person.identity_public + person.identity_signature),
        (2, u(epoch, 4) + prekey_public + sodium.sign(statement, person.signing)),
        (3, b"\0" + contacts),
    ])
    content += fields([(0, bytes(-(len(content) + 5) % 512))])
    owner, nonce = person.blinded(RECORD, epoch), nonce or os.urandom(24)
    box = nonce + sodium.seal(content, nonce, record_key(person.id, epoch), owner.key)
    body = b"\1" + owner.key + u(sequence, 8) + u(valid_until, 8) + u(len(box), 2) + box
    return body + owner.sign(b"roost record" + body)


def open_record(record, peer, epoch, now):
    """What a peer publishes for an epoch: identity key, prekey, the prekey's epoch, contacts, sequence."""
    key = record[1:33]
    if record[0] != 1 or len(record) > 4_096 or key != blinded_key(peer, RECORD, epoch):
        raise ValueError("not this peer's record of this epoch")
    sequence, valid_until, count = number(record[33:41]), number(record[41:49]), number(record[49:51])
    if len(record) != 51 + count + 64 or not now < valid_until <= now + 22 * 86_400:
        raise ValueError("malformed or out of date")
    sodium.verify(record[-64:], b"roost record" + record[:-64], key)
    box = record[51:-64]
    found = read_fields(sodium.unseal(box[24:], box[:24], record_key(peer, epoch), key))
    identity, prekey, contacts = found[1], found[2], found.get(3, b"\1")
    if len(identity) != 96 or len(prekey) != 100:
        raise ValueError("malformed keys")
    sodium.verify(identity[32:], b"roost identity key" + identity[:32], peer)
    sodium.verify(prekey[36:], b"roost prekey" + prekey[:36], peer)
    return {
        "peer": peer, "identity": identity[:32], "prekey": prekey[4:36], "prekey epoch": number(prekey[:4]),
        "contacts": contacts[1:] if contacts[0] == 0 else b"", "sequence": sequence,
    }


# Envelopes

class KeyChain:
    def __init__(self):
        self.chain = b"Roost_X3DH_25519_XChaChaPoly_BLAKE2b".ljust(64, b"\0")

    def mix(self, secret):
        self.chain, key = hkdf(self.chain, secret)
        return key[:32]


def transcript(header, mailbox, recipient, identity, prekey, beginning):
    return blake2b(b"roost envelope sender", header, mailbox, recipient, identity, prekey, beginning)


def seal_envelope(sender, record, content, mailbox, expiry_day, ephemeral=None, nonces=None):
    """An envelope of `sender` to whoever published `record`."""
    needed = 7 + 36 + 24 + 144 + 24 + 4 + len(content) + 16
    size_class = next(i for i, size in enumerate(SIZE_CLASSES) if size >= needed)
    header = b"\1" + u(expiry_day, 4) + u(size_class, 1) + b"\0"
    ephemeral, nonces = ephemeral or os.urandom(32), nonces or (os.urandom(24), os.urandom(24))
    beginning = sodium.public_key(ephemeral) + u(record["prekey epoch"], 4)
    bound = transcript(header, mailbox, record["peer"], record["identity"], record["prekey"], beginning)
    chain = KeyChain()
    chain.mix(sodium.agree(ephemeral, record["identity"]))
    key = chain.mix(sodium.agree(ephemeral, record["prekey"]))
    certificate = sender.id + sender.identity_public + sender.identity_signature
    certificate = nonces[0] + sodium.seal(certificate, nonces[0], key, bound)
    bound = blake2b(b"roost envelope content", bound, certificate)
    key = chain.mix(sodium.agree(sender.identity, record["prekey"]))
    padded = u(len(content), 4) + content + bytes(SIZE_CLASSES[size_class] - needed)
    return header + beginning + certificate + nonces[1] + sodium.seal(padded, nonces[1], key, bound)


def open_envelope(envelope, person, mailbox, prekeys):
    """Who wrote an envelope, and its content's fields. `prekeys`: secret halves by epoch."""
    header, sealed = envelope[:7], envelope[7:]
    if header[0] != 1 or header[6] > 1 or len(envelope) != SIZE_CLASSES[header[5]]:
        raise ValueError("malformed envelope")
    if header[6] == 1:
        sealed = sealed[64:]
    prekey = prekeys[number(sealed[32:36])]
    bound = transcript(
        header, mailbox, person.id, person.identity_public, sodium.public_key(prekey), sealed[:36])
    chain = KeyChain()
    chain.mix(sodium.agree(person.identity, sealed[:32]))
    certificate = sodium.unseal(sealed[60:204], sealed[36:60], chain.mix(sodium.agree(prekey, sealed[:32])), bound)
    peer, identity = certificate[:32], certificate[32:64]
    sodium.verify(certificate[64:], b"roost identity key" + identity, peer)
    bound = blake2b(b"roost envelope content", bound, sealed[36:204])
    padded = sodium.unseal(sealed[228:], sealed[204:228], chain.mix(sodium.agree(prekey, identity)), bound)
    count = number(padded[:4])
    if count > len(padded) - 4:
        raise ValueError("malformed content")
    return peer, read_fields(padded[4:4 + count])


def text_content(message, text, lamport, sent_at, parent=None):
    pairs = [(1, u(TEXT, 1)), (2, message)] + ([(3, parent)] if parent else [])
    return fields(pairs + [(4, u(lamport, 8)), (5, u(sent_at, 8)), (6, text.encode())])


def mailbox_of(peer, epoch):
    return location(blinded_key(peer, MAILBOX, epoch))
