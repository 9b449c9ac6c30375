#!/usr/bin/env python3
"""Prints Tests/Fixtures/sealed.txt: a record and an envelope, sealed by this implementation with chosen keys and nonces."""
import person
import sealed
import sodium
from person import MAILBOX, RECORD, Person, u
from sodium import blake2b

EPOCH, DAY = 2_968, 20_778
alice, bob = Person(bytes([1]) * 32), Person(bytes([2]) * 32)
prekey, ephemeral = bytes([3]) * 32, bytes([4]) * 32
nonces = [bytes([n]) * 24 for n in (5, 6, 7)]
contact = sodium.public_key(bytes([8]) * 32) + b"\3" + bytes([203, 0, 113, 7]) + u(7_337, 2) \
    + bytes.fromhex("20010db8000000000000000000000001") + u(7_337, 2)
record = sealed.make_record(bob, EPOCH, prekey, contact, 7, 1_795_827_600, nonces[0])
opened = sealed.open_record(record, bob.id, EPOCH, 1_795_222_800)
mailbox = bob.blinded(MAILBOX, EPOCH).location
content = sealed.text_content(bytes(range(16)), "Bist du da?", 1, 1_795_222_800)
envelope = sealed.seal_envelope(alice, opened, content, mailbox, DAY, ephemeral, nonces[1:])


def show(name, data, comment=None):
    print(f"\n# {comment}" if comment else "")
    print(name)
    text = data.hex()
    for at in range(0, len(text), 96):
        print("    " + text[at:at + 96])


print("""# Known answers of what is sealed end to end, made by Tests/SecondImplementation/make_sealed_fixture.py, which shares nothing
# with the program but docs/protocol.md and docs/conversations.md. Alice writes to Bob in epoch 2968. An unindented line
# names a vector, the indented lines below it are its bytes.
#
# Seeds of the profile keys: Alice 32 times 01, Bob 32 times 02. Secret keys: Bob's prekey 32 times 03, the envelope's
# ephemeral key 32 times 04. Nonces: the record's 24 times 05, the certificate's 24 times 06, the content's 24 times 07.""")
show("alice peer ID", alice.id)
show("bob peer ID", bob.id)
show("bob identity key", bob.identity_public, 'X25519: the public half of keyed BLAKE2b-256(seed, "roost identity key" ‖ 0 u64)')
show("bob prekey", sodium.public_key(prekey))
show("record key", sealed.record_key(bob.id, EPOCH), 'BLAKE2b-256("roost sealed record" ‖ A ‖ 01 ‖ epoch)')
show("record location", bob.blinded(RECORD, EPOCH).location)
show("record", record, "Sequence 7, valid until 1795827600; one contact: the node with the X25519 secret of 32 times 08, at\n"
     "# 203.0.113.7:7337 and [2001:db8::1]:7337.")
show("mailbox", mailbox)
show("content", content, 'Text "Bist du da?", message ID 00 … 0f, no parent, Lamport number 1, sent at 1795222800.')
show("envelope", envelope, "Day 20778, the smallest size class.")
show("envelope ID", blake2b(envelope))
