#!/usr/bin/env python3
"""Opens what the program has sealed in a long conversation, and seals the answers again, byte by byte the same.

    open_recording.py FILE      as Tests/ConversationsTests/RecordingTests writes it

The keys are those of Tests/Fixtures/sealed.txt: this is Bob."""
import sys

import ratchet
import sealed
import sodium
from person import MAILBOX, Person, u

EPOCH, NOW = 2_968, 1_795_222_800
DAY = NOW // 86_400
alice, bob = Person(bytes([1]) * 32), Person(bytes([2]) * 32)
mailboxes = {alice: alice.blinded(MAILBOX, EPOCH).location, bob: bob.blinded(MAILBOX, EPOCH).location}
conversations = ratchet.Conversations(
    bob, {DAY: (bytes([3]) * 32, bytes([9]) * 64)}, sodium.Generator(bytes([4]) * 32))
opened = resealed = 0
for line in open(sys.argv[1], encoding="ascii"):
    what, number, data = line.split()
    envelope, number = bytes.fromhex(data), int(number)
    if what == "opens":
        peer, _, padded = conversations.open(envelope, mailboxes[bob])
        if peer != alice.id or sealed.read_content(padded)[6] != b"%d" % number:
            sys.exit(f"message {number} opens as something else")
        opened += 1
    else:
        content = sealed.text_content(u(number, 16), f"{number}", number, NOW)
        session = max((session for _, session in conversations.sessions), key=lambda session: session.names[1])
        if session.seal(content, mailboxes[alice], DAY + 15) != envelope:
            sys.exit(f"answer {number} is sealed as something else")
        resealed += 1
print(f"{opened} recorded envelopes opened, {resealed} answers sealed to the same bytes.")
