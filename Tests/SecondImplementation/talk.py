#!/usr/bin/env python3
"""Writes to a person of a running network and reads their answer, through its nodes, by docs/protocol.md alone.

    talk.py BOOTSTRAP-HOST:PORT PEER-ID TEXT

Prints `id PEER-ID` (of the person that it plays), `stored N of M`, `subscribed at K`, and then waits a minute for a message to
that person, which some of these must announce: `announced N envelope(s) by K nodes after T s`, counted from the subscription,
`received FROM TEXT`, `discarded N`. In between it holds one node to the page's rules about what is refused.
"""
import os
import random
import sys
import time

import ratchet
import sealed
import sodium
import wire
from person import MAILBOX, RECORD, EPOCH_SECONDS, Person, blinded_key, location, number, peer_id, peer_text, u
from sodium import blake2b

PATIENCE = 60


def distance(key, target):
    return number(blake2b(key)) ^ number(target)


def closest(bootstrap, target, count=20):
    """The nodes closest to a point, by an iterative lookup (Kademlia, §2.3): keys and addresses."""
    key, _, _ = wire.hello(bootstrap)
    known, answered, failed = {key: bootstrap}, set(), set()
    while True:
        shortlist = sorted((k for k in known if k not in failed), key=lambda k: distance(k, target))[:count]
        waiting = [k for k in shortlist if k not in answered]
        if not waiting:
            return [(k, known[k]) for k in shortlist]
        session = wire.Session(known[waiting[0]], waiting[0])
        try:
            _, found = session.ask(wire.FIND_NODE, [(wire.TARGET, target), (wire.COUNT, u(20, 1)), (wire.FAMILIES, u(1, 1))])
            answered.add(waiting[0])
            for contact, address in wire.read_contacts(found[wire.CONTACTS]):
                known.setdefault(contact, address)
        except (wire.Silence, wire.Refused):
            failed.add(waiting[0])
        finally:
            session.close()


def find_record(bootstrap, peer, now):
    """A peer's record: of this epoch, else of those around it."""
    for epoch in (now // EPOCH_SECONDS + step for step in (0, -1, -2, 1)):
        place = location(blinded_key(peer, RECORD, epoch))
        for key, address in closest(bootstrap, place):
            session = wire.Session(address, key)
            try:
                return sealed.open_record(session.download(wire.GET_RECORD, [(wire.LOCATION, place)]), peer, epoch, now)
            except (wire.Refused, wire.Silence, ValueError):
                continue
            finally:
                session.close()
    sys.exit("The peer has published no record.")


def bring(bootstrap, kind, place, whole):
    """Brings something to all of the nodes closest to a place. How many keep it, and how many were asked."""
    nodes, kept = closest(bootstrap, place), 0
    for key, address in nodes:
        session = wire.Session(address, key)
        try:
            kept += session.upload(kind, place, whole)[0] == wire.DONE
        except (wire.Refused, wire.Silence) as refusal:
            print(f"one of them: {refusal}", file=sys.stderr)
        finally:
            session.close()
    return kept, len(nodes)


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found} instead of {wanted}")


def check_rules(bootstrap, person, now):
    """What the page says is refused, and how."""
    key, mode, _ = wire.hello(bootstrap)
    expect("the mode that a server states", mode, 1)
    session = wire.Session(bootstrap, key)
    expect("a malformed request in an initiation", wire.refusal(session, wire.FIND_NODE, []), 4)
    expect("an unknown RPC", wire.refusal(session, 99, []), 10)
    for reserved in (15, 16, 17):
        expect(f"reserved RPC {reserved}", wire.refusal(session, reserved, []), 10)
    expect("an offer that isn't there", wire.refusal(session, wire.PUNCH, []), 4)
    asked = time.monotonic()
    offer = [(wire.LOCATION, location(os.urandom(32))), (wire.BYTES, b"an offer")]
    expect("an offer to nobody", wire.refusal(session, wire.PUNCH, offer), 9)
    expect("that it takes a second", time.monotonic() - asked >= 1, True)
    unknown_field = [(200, b"from a later version")]
    expect("an unknown field", session.ask(wire.PING, unknown_field)[0], wire.DONE)
    place = location(os.urandom(32))
    expect("a record nobody has", wire.refusal(session, wire.GET_RECORD, [(wire.LOCATION, place), (wire.INDEX, u(0, 1))]), 9)
    expect("a chunk no record has", wire.refusal(session, wire.GET_RECORD, [(wire.LOCATION, place), (wire.INDEX, u(5, 1))]), 4)
    epoch = now // EPOCH_SECONDS
    mailboxes = [person.blinded(MAILBOX, epoch - i) for i in range(5)]
    listing = lambda mailbox: wire.refusal(session, wire.LIST, [(wire.LOCATION, mailbox.location)])
    expect("a list without authorization", listing(mailboxes[0]), 6)
    for mailbox in mailboxes:
        session.authorize(mailbox)
    expect("a list of the fifth authorized mailbox", listing(mailboxes[4]), None)
    expect("a list of the first, which gave way", listing(mailboxes[0]), 6)
    fetch = lambda index: wire.refusal(session, wire.FETCH, [
        (wire.LOCATION, mailboxes[4].location), (wire.OBJECT, bytes(32)), (wire.INDEX, u(index, 1))])
    expect("an envelope that isn't there", fetch(0), 9)
    expect("a chunk that no envelope has", fetch(78), 4)
    check_life_of_an_envelope(session, mailboxes[0], now // 86_400)
    check_paths(session, mailboxes[4])
    session.close()


def check_paths(session, mailbox):
    """
    The session goes on from another port: the node answers there, challenges it there, and follows. The mailbox is still open. To a third
    port it isn't followed so soon, and kind 4 says so.
    """
    session.move()
    end = time.monotonic() + 1.2
    expect("a ping from another port", session.ask(wire.PING, [])[0], wire.DONE)
    while time.monotonic() < end:
        try:
            session.hear()
        except TimeoutError:
            pass
    expect("that the new path was challenged", session.challenged > 0, True)
    expect("a list over it", wire.refusal(session, wire.LIST, [(wire.LOCATION, mailbox.location)]), None)
    found = session.ask(wire.FIND_NODE, [(wire.TARGET, os.urandom(32)), (wire.COUNT, u(20, 1)), (wire.FAMILIES, u(1, 1))])[1]
    expect("that a long answer comes as well", len(found[wire.CONTACTS]) >= 3 * 39, True)
    session.move()
    expect("a hint at a third port", session.is_unknown(), True)
    print("followed to another port, and not to a third", flush=True)


def check_life_of_an_envelope(session, mailbox, today):
    """One with the reserved signature, which nodes don't look at: kept, listed, discarded, and then collected."""
    bring_it = lambda envelope: session.upload(wire.DEPOSIT, mailbox.location, envelope)
    def envelope(day):
        return (b"\1" + u(day, 4) + u(0, 1) + b"\1").ljust(2_048, b"\x5a")
    for day in (today - 1, today + 17):
        try:
            bring_it(envelope(day))
        except wire.Refused as refused:
            expect("an envelope of a day too early or late", refused.reason, 3)
            continue
        sys.exit("An envelope of a day too early or late was kept.")
    kept = envelope(today + 1)
    expect("a signed envelope", bring_it(kept)[0], wire.DONE)
    expect("the same again", bring_it(kept)[0], wire.DONE)
    session.authorize(mailbox)
    _, found = session.ask(wire.LIST, [(wire.LOCATION, mailbox.location)])
    expect("the list", found[wire.ENTRIES], blake2b(kept) + u(2_048, 4))
    discard([session], mailbox, blake2b(kept), u(today + 1, 4))
    outcome, found = bring_it(kept)
    expect("an envelope that is done", outcome, wire.COLLECTED)
    tombstone = found[wire.TOMBSTONES]
    expect("its tombstone", tombstone[:36], blake2b(kept) + u(today + 1, 4))
    sodium.verify(tombstone[36:], b"roost tombstone" + mailbox.location + tombstone[:36], mailbox.key)


def subscribe(bootstrap, mailbox):
    """Sessions with all buddies of a mailbox, and those among them of the three that announce what comes: the two closest, and one
    drawn from the others."""
    sessions = [wire.Session(address, key) for key, address in closest(bootstrap, mailbox.location)]
    for session in sessions:
        session.ask(wire.PING, [])
        session.authorize(mailbox)
    agreed, others = [], sessions[2:]
    random.shuffle(others)
    for session in sessions[:2] + others:
        try:
            if len(agreed) < 3 and session.subscribe(mailbox.location):
                agreed.append(session)
        except wire.Refused as refusal:
            print(f"a subscription: {refusal}", file=sys.stderr)
    return sessions, agreed


def wait_for_mail(bootstrap, person, conversations):
    """The first message that comes into this person's mailbox of this epoch: announced, fetched, opened, and discarded."""
    mailbox = person.blinded(MAILBOX, int(time.time()) // EPOCH_SECONDS)
    sessions, subscribed = subscribe(bootstrap, mailbox)
    begun, done = time.monotonic(), set()
    # What came before is listed, once. A message is asked for only when this was said.
    for session in sessions:
        _, found = session.ask(wire.LIST, [(wire.LOCATION, mailbox.location)])
        for envelope_id, _ in wire.read_entries(found[wire.ENTRIES]):
            if envelope_id not in done and open_mail(session, sessions, mailbox, envelope_id, conversations):
                sys.exit("The message was there before it could be announced.")
            done.add(envelope_id)
    print("subscribed at", len(subscribed), flush=True)

    names, tellers = set(), set()
    while (left := begun + PATIENCE - time.monotonic()) > 0:
        wire.listen(subscribed, left)
        taken, told = time.monotonic() - begun, {}
        # Others tell of the same soon after.
        end = time.monotonic() + 0.5
        while (left := end - time.monotonic()) > 0 and (silent := [session for session in subscribed if not session.announced]):
            wire.listen(silent, left)
        for session in subscribed:
            for _, entries in session.announced:
                tellers.add(session.responder)
                told |= {envelope_id: session for envelope_id, _ in entries}
            session.announced.clear()
        names |= set(told)
        for envelope_id, session in told.items():
            if envelope_id in done:
                continue
            done.add(envelope_id)
            # Receipts come here as well.
            text = open_mail(session, sessions, mailbox, envelope_id, conversations)
            if text:
                print(f"announced {len(names)} envelope(s) by {len(tellers)} nodes after {taken:.1f} s", flush=True)
                print("received", *text, flush=True)
                return
    sys.exit("No message was announced within a minute.")


def open_mail(session, sessions, mailbox, envelope_id, conversations):
    """Fetches an envelope and discards it. The sender and the text, if it is one."""
    place = [(wire.LOCATION, mailbox.location), (wire.OBJECT, envelope_id)]
    envelope = session.download(wire.FETCH, place)
    expect("the hash of a fetched envelope", blake2b(envelope), envelope_id)
    expect("a chunk beyond its end", wire.refusal(session, wire.FETCH, place + [(wire.INDEX, u(3, 1))]), wire.NOT_FOUND)
    sender, _, padded = conversations.open(envelope, mailbox.location)
    content = sealed.read_content(padded)
    discard(sessions, mailbox, envelope_id, envelope[1:5])
    return (peer_text(sender), content[6].decode()) if content["kind"] == sealed.TEXT else None


def discard(sessions, mailbox, envelope_id, expiry):
    statement = b"roost tombstone" + mailbox.location + envelope_id + expiry
    tombstone = envelope_id + expiry + mailbox.sign(statement)
    done = 0
    for session in sessions:
        _, found = session.ask(wire.DISCARD, [
            (wire.LOCATION, mailbox.location), (wire.KEY, mailbox.key), (wire.TOMBSTONES, tombstone)])
        done += number(found[wire.COUNT])
    print("discarded", done, "of", len(sessions), flush=True)


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    bootstrap, peer, text = (host, int(port)), peer_id(sys.argv[2]), sys.argv[3]
    now = int(time.time())
    person, epoch, day = Person(os.urandom(32)), now // EPOCH_SECONDS, now // 86_400
    prekey, seed = os.urandom(32), os.urandom(64)
    print("id", peer_text(person.id), flush=True)
    check_rules(bootstrap, person, now)

    record = sealed.make_record(person, epoch, day, prekey, seed, (1, 0), b"", now, now + 21 * 86_400)
    kept, asked = bring(bootstrap, wire.PUT_RECORD, person.blinded(RECORD, epoch).location, record)
    print("published", kept, "of", asked, flush=True)

    theirs = find_record(bootstrap, peer, now)
    place = sealed.mailbox_of(peer, epoch)
    content = sealed.text_content(os.urandom(16), text, 1, now)
    conversations = ratchet.Conversations(person, {day: (prekey, seed)})
    session = ratchet.begin(person, theirs)
    conversations.sessions.append((peer, session))
    envelope = session.seal(content, place, day + 15)
    kept, asked = bring(bootstrap, wire.DEPOSIT, place, envelope)
    print("stored", kept, "of", asked, flush=True)

    wait_for_mail(bootstrap, person, conversations)


main()
