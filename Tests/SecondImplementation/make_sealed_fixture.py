#!/usr/bin/env python3
"""Prints Tests/Fixtures/sealed.txt: a record and a conversation, sealed by this implementation with chosen keys."""
import itertools

import ratchet
import sealed
import sodium
from person import MAILBOX, RECORD, Person, identity_key, u
from sodium import blake2b

EPOCH, NOW = 2_968, 1_795_222_800
DAY = NOW // 86_400
alice, bob = Person(bytes([1]) * 32), Person(bytes([2]) * 32)
prekey, seed = bytes([3]) * 32, bytes([9]) * 64
contact = sodium.public_key(bytes([8]) * 32) + b"\3" + bytes([203, 0, 113, 7]) + u(7_337, 2) \
    + bytes.fromhex("20010db8000000000000000000000001") + u(7_337, 2)
record = sealed.make_record(bob, EPOCH, DAY, prekey, seed, (5, 2), contact, 7, 1_795_827_600, bytes([5]) * 24)
opened = sealed.open_record(record, bob.id, EPOCH, NOW)
closed = sealed.make_record(bob, EPOCH, DAY, prekey, seed, (5, 2), contact, 8, 1_795_827_600, bytes([6]) * 24, bytes([7]) * 24)
assert sealed.open_record(closed, bob.id, EPOCH, NOW)["contacts"] == b""
assert sealed.open_record(closed, bob.id, EPOCH, NOW, bob.delivery_secret)["contacts"] == contact
mailboxes = {alice: alice.blinded(MAILBOX, EPOCH).location, bob: bob.blinded(MAILBOX, EPOCH).location}

# Alice draws hashes of 0, 1, …; Bob what the program's generator gives for a seed of 32 times 04.
counter = itertools.count()
session = ratchet.begin(alice, opened, 1, 0, lambda size: blake2b(u(next(counter), 4), size=size))
bobs = ratchet.Conversations(bob, {DAY: (prekey, seed)}, sodium.Generator(bytes([4]) * 32))
alices = ratchet.Conversations(alice, {})
alices.sessions.append((bob.id, session))
events, envelopes = [], {}


def say(person, name):
    """Somebody seals the message `name`: a letter and a number."""
    content = sealed.text_content(u(int(name[1:]), 16), name, int(name[1:]), NOW)
    own = session if person is alice else bobs.sessions[0][1]
    other = bob if person is alice else alice
    envelopes[name] = own.seal(content, mailboxes[other], DAY + 15)
    if person is bob:
        events.append((f"bob seals {name}", envelopes[name]))


def hear(person, name):
    conversations = bobs if person is bob else alices
    _, _, padded = conversations.open(envelopes[name], mailboxes[person])
    assert sealed.read_content(padded)[6] == name.encode()
    if person is bob:
        events.append((f"bob opens {name}", envelopes[name]))


for name in ("a1", "a2", "a3"):
    say(alice, name)
hear(bob, "a2")
say(bob, "b1")
hear(bob, "a1")
hear(alice, "b1")
say(alice, "a4")
say(alice, "a5")
hear(bob, "a5")
say(bob, "b2")
say(bob, "b3")
hear(bob, "a3")
hear(alice, "b3")
say(alice, "a6")
hear(bob, "a6")
hear(bob, "a4")
say(bob, "b4")
hear(alice, "b2")
hear(alice, "b4")
say(alice, "a7")
hear(bob, "a7")


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
# Seeds of the profile keys: Alice 32 times 01, Bob 32 times 02. Bob's prekey of day 20778: 32 times 03, and the ML-KEM seed of
# 64 times 09. The record's nonce is 24 times 05. What Bob draws follows from the generator's seed of 32 times 04.""")
show("alice peer ID", alice.id)
show("bob peer ID", bob.id)
show("bob identity key", identity_key(bob.id), "X25519: (1 + y) / (1 - y) of the peer ID's point.")
show("bob prekey", sodium.public_key(prekey))
show("bob encapsulation key hash", blake2b(opened["encapsulation key"]), "BLAKE2b-256 of it.")
show("record key", sealed.record_key(bob.id, EPOCH), 'BLAKE2b-256("roost sealed record" ‖ A ‖ 01 ‖ epoch)')
show("record location", bob.blinded(RECORD, EPOCH).location)
show("record", record, "Sequence 7, valid until 1795827600, 5 starts, generation 2; one contact: the node with the X25519 secret of\n"
     "# 32 times 08, at 203.0.113.7:7337 and [2001:db8::1]:7337.")
show("record for accepted senders", closed, "The same, with sequence 8, and its endpoints sealed. The nonces are 24 times 06, and 24 times 07 for them.")
show("mailbox", mailboxes[bob])
show("alice mailbox", mailboxes[alice])
show("binding", session.binding, "The hash of all that both sides of the session agree on.")
print("\n# The conversation, in the order in which Bob opens and seals. Each message is a text that is its own name; its ID and its\n"
      "# Lamport number are the number in it, and it was sent at 1795222800. Envelopes last until day 20793.")
for name, envelope in events:
    show(name, envelope)
