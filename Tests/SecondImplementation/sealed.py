"""What rests at nodes for others: records and envelopes (docs/protocol.md, "What rests"; docs/conversations.md)."""
import os

import kem
import sodium
from person import MAILBOX, RECORD, blinded_key, location, number, u
from sodium import blake2b

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


def endpoints_key(secret, epoch):
    return blake2b(b"roost sealed endpoints", u(epoch, 4), key=secret)


def make_record(person, epoch, day, prekey, seed, continuity, contacts, sequence, valid_until, nonce=None, inner=None):
    """A signed record of `person` for an epoch, with the prekey of a day. `continuity`: starts and generation; `contacts`: bytes of
    contacts as in findNode; with a nonce `inner` for those only whom the person accepts."""
    owner = person.blinded(RECORD, epoch)
    section = b"\0" + contacts
    if inner:
        padded = contacts + b"\x80" + bytes(-(len(contacts) + 1) % 64)
        section = b"\1" + inner + sodium.seal(padded, inner, endpoints_key(person.delivery_secret, epoch), owner.key)
    keys = u(day, 4) + sodium.public_key(prekey) + kem.encapsulation_key(seed)
    content = fields([
        (2, keys + sodium.sign(b"roost prekey" + keys, person.signing)),
        (4, u(continuity[0], 4) + u(continuity[1], 4)),
        (3, section),
    ])
    content += fields([(0, bytes(-(len(content) + 5) % 512))])
    nonce = nonce or os.urandom(24)
    box = nonce + sodium.seal(content, nonce, record_key(person.id, epoch), owner.key)
    body = b"\1" + owner.key + u(sequence, 8) + u(valid_until, 8) + u(len(box), 2) + box
    return body + owner.sign(b"roost record" + body)


def open_record(record, peer, epoch, now, secret=None):
    """What a peer publishes for an epoch: its keys, contacts, sequence. `secret`: the peer's delivery secret, where it is known."""
    key = record[1:33]
    if record[0] != 1 or len(record) > 4_096 or key != blinded_key(peer, RECORD, epoch):
        raise ValueError("not this peer's record of this epoch")
    sequence, valid_until, count = number(record[33:41]), number(record[41:49]), number(record[49:51])
    if len(record) != 51 + count + 64 or not now < valid_until <= now + 22 * 86_400:
        raise ValueError("malformed or out of date")
    sodium.verify(record[-64:], b"roost record" + record[:-64], key)
    box = record[51:-64]
    found = read_fields(sodium.unseal(box[24:], box[:24], record_key(peer, epoch), key))
    prekey, contacts, continuity = found[2], found.get(3, b"\1"), found[4]
    if len(prekey) != 1_284 or len(continuity) != 8:
        raise ValueError("malformed keys")
    sodium.verify(prekey[1_220:], b"roost prekey" + prekey[:1_220], peer)
    if contacts[0] == 1 and secret:
        padded = sodium.unseal(contacts[25:], contacts[1:25], endpoints_key(secret, epoch), key)
        contacts = b"\0" + padded.rstrip(b"\0")[:-1]
    return {
        "peer": peer, "prekey day": number(prekey[:4]), "prekey": prekey[4:36],
        "encapsulation key": prekey[36:1_220], "starts": number(continuity[:4]), "generation": number(continuity[4:]),
        "contacts": contacts[1:] if contacts[0] == 0 else b"", "sequence": sequence,
    }


# Content

def read_content(padded):
    """What every message has, by its name, and the fields by their tags."""
    content = padded.rstrip(b"\0")
    if len(content) < 29 or content[-1] != 0x80:
        raise ValueError("malformed content")
    return {"kind": content[0], "ID": content[1:17], "Lamport number": number(content[17:23]), "sent at": number(content[23:28]),
            **read_fields(content[28:-1])}


def text_content(message, text, lamport, sent_at, parent=None, name=None, card=None):
    """`name`: what the sender calls themselves, after its number; `card`: whom they introduce."""
    fixed = u(TEXT, 1) + message + u(lamport, 6) + u(sent_at, 5)
    more = [(10, u(name[0], 8) + name[1].encode())] if name else []
    return fixed + fields(([(3, parent)] if parent else []) + [(6, text.encode())] + more + ([(11, card)] if card else []))


def introduction(person, recipient, message, sent_at, peer, name, claimed=None):
    """A card by which `person` introduces `peer` to a recipient, in one message."""
    said = fields([(1, peer), (2, name.encode())] + ([(3, claimed.encode())] if claimed else []))
    return sodium.sign(b"roost introduction" + person.id + recipient + message + u(sent_at, 5) + said, person.signing) + said


def read_introduction(card, sender, recipient, message, sent_at):
    """The fields of a card that `sender` has signed for this recipient and message."""
    sodium.verify(card[:64], b"roost introduction" + sender + recipient + message + u(sent_at, 5) + card[64:], sender)
    return read_fields(card[64:])


def mailbox_of(peer, epoch):
    return location(blinded_key(peer, MAILBOX, epoch))
