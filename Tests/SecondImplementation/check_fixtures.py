#!/usr/bin/env python3
"""Holds this second implementation to the known answers in Tests/Fixtures. Exits with 1 at the first that differs."""
import json
import os
import sys

import export
import fingerprint
import person
import ratchet
import safety
import sealed
import sodium
import wire
from noise import Initiator, Responder
from person import MAILBOX, RECORD, Person, u

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures")
checked = 0


def same(name, ours, theirs):
    global checked
    checked += 1
    if ours != theirs:
        show = lambda value: value.hex() if isinstance(value, bytes) else value
        sys.exit(f"{name} differs:\n  computed  {show(ours)}\n  published {show(theirs)}")


def vectors(file):
    """The named byte strings of a file of known answers."""
    found, name = {}, None
    for line in open(os.path.join(FIXTURES, file), encoding="utf-8"):
        text = line.split("#")[0].rstrip()
        if text and not text.startswith(" "):
            name = text
            found[name] = b""
        elif text:
            found[name] += bytes.fromhex(text.strip())
    return found


def check_noise():
    for vector in json.load(open(os.path.join(FIXTURES, "noise.json")))["vectors"]:
        if vector["protocol_name"] != "Noise_IK_25519_ChaChaPoly_BLAKE2b" or "handshake_hash" not in vector:
            continue
        value = {name: bytes.fromhex(text) for name, text in vector.items() if isinstance(text, str) and name != "protocol_name"
                 and name != "name"}
        first = Initiator(value["init_prologue"], value["init_static"], value["init_remote_static"], value["init_ephemeral"])
        second = Responder(value["resp_prologue"], value["resp_static"], value["resp_ephemeral"])
        messages = [(bytes.fromhex(m["payload"]), bytes.fromhex(m["ciphertext"])) for m in vector["messages"]]
        same("Noise message 1", first.write(messages[0][0]), messages[0][1])
        same("Noise payload 1", second.read(messages[0][1]), messages[0][0])
        same("Noise message 2", second.write(messages[1][0]), messages[1][1])
        same("Noise payload 2", first.read(messages[1][1]), messages[1][0])
        same("handshake hash", first.state.hash, value["handshake_hash"])
        keys = first.state.split()
        same("keys of both sides", keys, second.state.split())
        for count, (payload, ciphertext) in enumerate(messages[2:]):
            box = sodium.seal(payload, bytes(4) + (count // 2).to_bytes(8, "little"), keys[count % 2], b"")
            same(f"transport {count}", box, ciphertext)


def check_rpc():
    """Each body decodes, and its fields encode to the same bytes."""
    for name, data in vectors("rpc.txt").items():
        if name.startswith("handshake payload"):
            mode, content, alternate = wire.read_handshake_payload(data)
            same(name, wire.handshake_payload(mode, content, len(data), alternate), data)
            same(f"{name}, the alternate", alternate is not None, "alternate" in name)
        else:
            kind, request, fields = wire.read_body(data)
            same(name, wire.body(kind, request, list(fields.items())), data)
    known = vectors("rpc.txt")
    location, target = bytes(range(0x20, 0x40)), bytes(range(0x60, 0x80))
    find = [(wire.TARGET, target), (wire.COUNT, u(8, 1)), (wire.FAMILIES, u(3, 1))]
    same("request findNode", wire.body(wire.FIND_NODE, 0x01020304, find), known["request findNode"])
    get = [(wire.LOCATION, location), (wire.INDEX, u(1, 1))]
    same("request getRecord", wire.body(wire.GET_RECORD, 0x01020304, get), known["request getRecord"])
    until = (wire.DURATION, u(600, 4))
    subscribe = [(wire.LOCATION, location), until]
    same("request subscribe", wire.body(wire.SUBSCRIBE, 0x01020304, subscribe), known["request subscribe"])
    done = (wire.OUTCOME, u(wire.DONE, 1))
    same("response subscribed", wire.body(wire.SUBSCRIBE | 0x80, 0x01020304, [done, until]), known["response subscribed"])
    envelopes = [(bytes(range(0x10, 0x30)), 2_048), (bytes(range(0x11, 0x31)), 69_632)]
    entries = (wire.ENTRIES, b"".join(name + u(size, 4) for name, size in envelopes))
    announce = wire.body(wire.ANNOUNCE, 0x01020304, [(wire.LOCATION, location), entries])
    same("request announce", announce, known["request announce"])
    stones = wire.read_body(known["request discard"])[2][wire.TOMBSTONES]
    collected = wire.body(wire.ANNOUNCE, 0x01020304, [(wire.LOCATION, location), (wire.TOMBSTONES, stones)])
    same("request announce collected", collected, known["request announce collected"])
    same("its entries", wire.read_entries(wire.read_body(announce)[2][wire.ENTRIES]), envelopes)
    offer, asker = (wire.BYTES, bytes([0xAB, 0xAC, 0xAD])), (wire.ENDPOINT, bytes(10) + bytes.fromhex("ffffcb0071071ca9"))
    punch = [(wire.LOCATION, location), offer]
    same("request punch", wire.body(wire.PUNCH, 0x01020304, punch), known["request punch"])
    same("the same passed on", wire.body(wire.PUNCH, 0x05060708, [*punch, asker]), known["request punch passed on"])
    answer = [done, (wire.BYTES, bytes([0xBA, 0xBB]))]
    same("response passed", wire.body(wire.PUNCH | 0x80, 0x05060708, answer), known["response passed"])
    challenge = (wire.CHALLENGE, bytes(range(8)))
    same("challenge ping", wire.body(wire.PING, 0x01020304, [challenge]), known["challenge ping"])
    same("response noticed", wire.body(wire.ANNOUNCE | 0x80, 0x01020304, [done]), known["response noticed"])


def check_signed():
    known = vectors("signed.txt")
    owner = Person(known["seed"])
    same("peer ID", owner.id, known["peer ID"])
    same("peer ID as text", person.peer_text(owner.id).encode(), known["peer ID text"])
    same("peer ID from text", person.peer_id(known["peer ID text"].decode()), owner.id)
    for purpose, name in ((RECORD, "record"), (MAILBOX, "mailbox")):
        blinded = owner.blinded(purpose, 2_968)
        same(f"{name} factor", person.blinding_factor(owner.id, purpose, 2_968), known[f"{name} factor"])
        same(f"{name} key", blinded.key, known[f"{name} key"])
        same(f"{name} key for others", person.blinded_key(owner.id, purpose, 2_968), blinded.key)
        same(f"{name} location", blinded.location, known[f"{name} location"])
    record = known["record"]
    same("record's signature", owner.blinded(RECORD, 2_968).sign(b"roost record" + record[:-64]), record[-64:])
    mailbox = owner.blinded(MAILBOX, 2_968)
    same("tombstone", mailbox.sign(known["tombstone statement"]), known["tombstone"][-64:])
    same("authorize", mailbox.sign(known["authorize statement"]), known["authorize signature"])
    secret = sodium.blake2b(b"roost accepted sender", bytes(8), key=known["seed"])
    same("delivery secret", secret, known["delivery secret"])
    public, private = sodium.signing_keys(sodium.blake2b(b"roost accepted epoch", u(2_968, 4), key=secret))
    same("delivery key", public, known["delivery key"])
    policy = known["policy"]
    same("policy's signature", mailbox.sign(b"roost record" + policy[:-64]), policy[-64:])
    same("policy's key", policy[56:88], public)
    unsigned = bytes.fromhex("010000512a0001") + bytes(i % 251 for i in range(1_977))
    signature = sodium.sign(b"roost delivery" + mailbox.location + unsigned, private)
    same("delivery signature", signature, known["delivery signature"])


def check_fingerprints():
    known = vectors("fingerprints.txt")
    asker, responder, nonce = bytes(range(0x20, 0x40)), bytes(range(0x60, 0x80)), bytes(range(16))
    place, envelope = bytes(range(0x20, 0x40)), bytes(range(0x40, 0x60))
    key = fingerprint.fingerprint_key(asker, responder, nonce)
    items = [place + envelope + b"\1", place + envelope + b"\2", place + u(7, 8) + bytes(24) + b"\3"]
    same("SipHash", fingerprint.siphash128(bytes(range(16)), b"").hex(), "a3817f04ba25a8e66df67214c7550293")
    same("fingerprint key", key, known["key"])
    same("fingerprint of nothing", fingerprint.fingerprint(key, []), known["empty"])
    same("fingerprint of one", fingerprint.fingerprint(key, items[:1]), known["one item"])
    same("fingerprint of three", fingerprint.fingerprint(key, items), known["three items"])


def is_refused(read, data):
    try:
        read(data)
    except (sodium.NotAuthentic, ValueError):
        return True
    return False


def check_identity_keys():
    """IK is the same point as A, computed from either half; and what is no ID is refused."""
    same("base point", person.identity_key(b"\x58" + b"\x66" * 31), u(9, 1) + bytes(31))
    for number in range(16):
        one = Person(sodium.blake2b(u(number, 1)))
        # The sign of x is in A alone: -A agrees like A, and is another ID.
        negative = one.id[:31] + u(one.id[31] ^ 0x80, 1)
        same("identity key", person.identity_key(one.id), sodium.public_key(one.identity))
        same("identity key by libsodium", sodium.call("crypto_sign_ed25519_pk_to_curve25519", 32, one.id), sodium.public_key(one.identity))
        same("identity key of the negative", person.identity_key(negative), sodium.public_key(one.identity))
    order_4, order_2 = bytes(32), (2**255 - 20).to_bytes(32, "little")
    off_by_order_2 = sodium.call("crypto_core_ed25519_add", 32, one.id, order_2)
    for what, key in (("identity", u(1, 1) + bytes(31)), ("order 2", order_2), ("order 4", order_4), ("beside the subgroup", off_by_order_2),
                      ("not canonical", b"\xee" + b"\xff" * 30 + b"\x7f"), ("no point", u(2, 1) + bytes(31))):
        same(f"refused: {what}", is_refused(person.identity_key, key), True)


def check_content():
    content = sealed.text_content(bytes(range(16)), "text", 2**48 - 1, 5, parent=bytes(16))
    found = sealed.read_content(content + b"\x80" + bytes(9))
    same("content", (found["kind"], found["ID"], found["Lamport number"], found["sent at"], found[3], found[6]),
         (sealed.TEXT, bytes(range(16)), 2**48 - 1, 5, bytes(16), b"text"))
    same("its fixed part", content[:28], b"\1" + bytes(range(16)) + b"\xff" * 6 + u(5, 5))
    for what, padded in (("nothing", b""), ("zeros", bytes(99)), ("another end", content + b"\x81"), ("too short", content[:27] + b"\x80")):
        same(f"refused: {what}", is_refused(sealed.read_content, padded), True)


def check_names():
    """A name and a card in a message, made here byte by byte as the program makes them."""
    known = vectors("content.txt")
    alice, bob, carol = (Person(bytes([n]) * 32) for n in (1, 2, 3))
    message, sent_at = bytes(15) + b"\7", 1_795_222_800
    named = sealed.text_content(message, "hi", 1, sent_at, name=(sent_at, "Åsa"))
    same("content with a name", named, known["name"])
    card = sealed.introduction(alice, bob.id, message, sent_at, carol.id, "carol", "Carol M")
    same("content with a card", sealed.text_content(message, "hi", 1, sent_at, card=card), known["introduction"])
    said = sealed.read_introduction(known["introduction"][-len(card):], alice.id, bob.id, message, sent_at)
    same("card", (said[1], said[2], said[3]), (carol.id, b"carol", b"Carol M"))
    for what, other in (("another recipient", (carol.id, message, sent_at)), ("another message", (bob.id, bytes(16), sent_at)),
                        ("another time", (bob.id, message, sent_at + 1))):
        same(f"refused: {what}", is_refused(lambda _: sealed.read_introduction(card, alice.id, *other), b""), True)


def check_sealed():
    """What make_sealed_fixture.py sealed opens here as in the program, and holds what it says."""
    known = vectors("sealed.txt")
    alice, bob = Person(bytes([1]) * 32), Person(bytes([2]) * 32)
    record = sealed.open_record(known["record"], bob.id, 2_968, 1_795_222_800)
    same("identity key", person.identity_key(bob.id), known["bob identity key"])
    same("record's prekey", record["prekey"], known["bob prekey"])
    same("record's location", bob.blinded(RECORD, 2_968).location, known["record location"])
    draw = sodium.Generator(bytes([4]) * 32)
    bobs = ratchet.Conversations(bob, {20_778: (bytes([3]) * 32, bytes([9]) * 64)}, draw)
    for name, envelope in known.items():
        if name.startswith("bob opens"):
            peer, _, padded = bobs.open(envelope, known["mailbox"])
            same("sender", peer, alice.id)
            same("text", sealed.read_content(padded)[6], name.split()[-1].encode())
        if name.startswith("bob seals"):
            text = name.split()[-1]
            content = sealed.text_content(bytes(15) + bytes([int(text[1:])]), text, int(text[1:]), 1_795_222_800)
            session = bobs.sessions[0][1]
            same(name, session.seal(content, known["alice mailbox"], 20_793), envelope)
    same("binding", bobs.sessions[0][1].binding, known["binding"])


def check_safety():
    known = vectors("safety.txt")
    for one, other in (("alice", "bob"), ("bob", "alice")):
        same("safety number", safety.number(known[one], known[other]).encode(), known["number"])


def check_export():
    known, content = vectors("export.txt")["file"], bytes(i % 251 for i in range(100))
    same("sealed file", export.seal(content, b"correct horse", 1, 8, bytes(range(40))), known)
    same("content of a sealed file", export.unseal(known, b"correct horse"), content)


for check in (check_noise, check_rpc, check_signed, check_fingerprints, check_identity_keys, check_content, check_names,
              check_sealed,
              check_safety, check_export):
    check()
print(f"The second implementation agrees with {checked} known answers.")
