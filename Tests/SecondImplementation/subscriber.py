#!/usr/bin/env python3
"""Subscribes to mailboxes of its own at a real node, by docs/protocol.md alone, and holds the node to what the page says of
announcements: what is told, to whom, how fast, and when that ends. Then it asks for what the page refuses.

    subscriber.py HOST:PORT PEER-ID [MALFORMED [SEED]]

PEER-ID is the person of that node: it has asked others for what comes into this person's mailboxes, and not this program. Prints
what it saw. Exits with 0 only if all was as the page says, and the node still answers and announces at the end.
"""
import collections
import os
import random
import sys
import time

import wire
from person import EPOCH_SECONDS, MAILBOX, Person, blinded_key, location, number, peer_id, u
from sodium import blake2b

AN_HOUR, LONGEST = 3_600, 2**32 - 1
NOW = int(time.time())
EPOCH, DAY = NOW // EPOCH_SECONDS, NOW // 86_400


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found} instead of {wanted}")


def opened(address, key, mailboxes=(), static=None):
    """A session, by default of a client that was never there, with these mailboxes open."""
    session = wire.Session(address, key, static=static)
    session.ask(wire.PING, [])
    for mailbox in mailboxes:
        session.authorize(mailbox)
    return session


def envelope():
    return (b"\1" + u(DAY + 1, 4) + u(0, 1) + b"\0").ljust(11, b"\0") + os.urandom(2_048 - 11)


def deposit(session, mailbox, whole=None):
    """The ID of an envelope that the node now keeps."""
    whole = whole or envelope()
    expect("a deposit", session.upload(wire.DEPOSIT, mailbox.location, whole)[0], wire.DONE)
    return blake2b(whole)


def told(session, patience=2.0):
    """The mailbox and the envelopes of the next announcement in this session."""
    wire.listen([session], patience)
    if not session.announced:
        return None
    place, entries = session.announced.pop(0)
    return place, [name for name, size in entries if size == 2_048]


def check_subscribing(address, key):
    """Who may subscribe, and for how long."""
    mailbox = Person(os.urandom(32)).blinded(MAILBOX, EPOCH)
    duration = lambda seconds: [(wire.LOCATION, mailbox.location), (wire.DURATION, seconds)]
    session = wire.Session(address, key)
    for where in ("in an initiation", "without authorization", "for no time"):
        seconds = u(0 if where == "for no time" else wire.SUBSCRIPTION, 4)
        expect(f"a subscription {where}", wire.refusal(session, wire.SUBSCRIBE, duration(seconds)), wire.UNAUTHORIZED)
    session.authorize(mailbox)
    expect("one of a mailbox that another opened", wire.refusal(opened(address, key), wire.SUBSCRIBE, duration(u(1, 4))), wire.UNAUTHORIZED)
    for what, pairs in (
        ("without a location", [(wire.DURATION, u(1, 4))]), ("without a duration", [(wire.LOCATION, mailbox.location)]),
        ("with a short duration", duration(u(1, 3))), ("with a long duration", duration(u(1, 5))),
        ("with a short location", [(wire.LOCATION, mailbox.location[1:]), (wire.DURATION, u(1, 4))]),
    ):
        expect(f"a subscription {what}", wire.refusal(session, wire.SUBSCRIBE, pairs), wire.INVALID)
    for seconds in (0, 1, wire.SUBSCRIPTION, AN_HOUR, AN_HOUR + 1, LONGEST, 0):
        granted = session.subscribe(mailbox.location, seconds)
        if seconds and not granted:
            sys.exit(f"Nothing was granted of {seconds} s.")
        if seconds == LONGEST:
            longest = granted
    session.close()
    return longest


def check_telling(address, key):
    """What is announced, and what isn't."""
    mailbox = Person(os.urandom(32)).blinded(MAILBOX, EPOCH)
    owner, other, sender = opened(address, key, [mailbox]), opened(address, key, [mailbox]), opened(address, key)
    for session in (owner, other):
        session.subscribe(mailbox.location)
    whole, begun = envelope(), time.monotonic()
    name = deposit(sender, mailbox, whole)
    expect("what another brought", told(owner), (mailbox.location, [name]))
    taken = time.monotonic() - begun
    expect("the same at a second subscriber", told(other), (mailbox.location, [name]))
    other.close()
    name = deposit(owner, mailbox)
    expect("what the owner brought", told(owner), (mailbox.location, [name]))
    deposit(sender, mailbox, whole)
    expect("what was there already", told(owner, 0.5), None)
    owner.subscribe(mailbox.location, 1)
    time.sleep(1.2)
    deposit(sender, mailbox)
    expect("what came after the time", told(owner, 0.5), None)
    # Asked again, the time begins anew, whether it becomes longer or shorter.
    owner.subscribe(mailbox.location, 1)
    owner.subscribe(mailbox.location)
    time.sleep(1.2)
    name = deposit(sender, mailbox)
    expect("what came in the time asked for last", told(owner), (mailbox.location, [name]))
    owner.subscribe(mailbox.location, 0)
    owner.subscribed.add(mailbox.location)
    deposit(sender, mailbox)
    expect("what came after the end", told(owner, 0.5), None)
    for session in (owner, sender):
        session.close()
    return taken


def check_silence(address, key):
    """Nothing is announced once, after the time that was asked for, unless something was announced before."""
    mailbox = Person(os.urandom(32)).blinded(MAILBOX, EPOCH)
    owner, sender = opened(address, key, [mailbox]), opened(address, key)
    begun = time.monotonic()
    owner.subscribe(mailbox.location, silence=2)
    expect("what comes after a time of silence", told(owner, 4.0), (mailbox.location, []))
    taken = time.monotonic() - begun
    if not 1.9 < taken < 3.5:
        sys.exit(f"The silence took {taken} s.")
    expect("what comes then", told(owner, 2.5), None)
    owner.subscribe(mailbox.location, silence=2)
    name = deposit(sender, mailbox)
    expect("what comes amid it", told(owner), (mailbox.location, [name]))
    expect("what comes then", told(owner, 2.5), None)
    expect("two hours of it", wire.refusal(owner, wire.SUBSCRIBE, [
        (wire.LOCATION, mailbox.location), (wire.DURATION, u(1, 4)), (wire.SILENCE, u(7_200, 4))]), wire.INVALID)
    for session in (owner, sender):
        session.close()


def check_collected(address, key):
    """Who has brought an envelope is told that it was collected, with the owner's tombstone; nobody else is."""
    mailbox = Person(os.urandom(32)).blinded(MAILBOX, EPOCH)
    owner, sender, other = opened(address, key, [mailbox]), opened(address, key), opened(address, key)
    name = deposit(sender, mailbox)
    deposit(other, mailbox)
    stone = name + u(DAY + 1, 4)
    stone += mailbox.sign(b"roost tombstone" + mailbox.location + stone)
    owner.ask(wire.DISCARD, [(wire.LOCATION, mailbox.location), (wire.KEY, mailbox.key), (wire.TOMBSTONES, stone)])
    wire.listen([sender], 1.0)
    wire.listen([other], 0.3)
    expect("what a sender is told", sender.collected[:1], [(mailbox.location, stone)])
    expect("what another is told", other.collected, [])
    for session in (owner, sender, other):
        session.close()


def check_gathering(address, key):
    """Many at once: few announcements, and the list has what found no room in them."""
    mailbox = Person(os.urandom(32)).blinded(MAILBOX, EPOCH)
    owner, sender = opened(address, key, [mailbox]), opened(address, key)
    owner.subscribe(mailbox.location)
    brought, counts, heard = set(), [], set()
    for _ in range(30):
        whole = envelope()
        brought.add(blake2b(whole))
        for index, part in enumerate(wire.chunks(whole)):
            pairs = [(wire.LOCATION, mailbox.location), (wire.OBJECT, blake2b(whole)), (wire.SIZE, u(len(whole), 4)),
                     (wire.INDEX, u(index, 1)), (wire.BYTES, part)]
            content = wire.body(wire.DEPOSIT, number(os.urandom(4)), pairs)
            sender.link.sendto(sender._transport(content), address)
    while announcement := told(owner, 1.0):
        counts.append(len(announcement[1]))
        heard.update(announcement[1])
    if not counts or not heard <= brought:
        sys.exit("What was announced isn't what came.")
    _, found = owner.ask(wire.LIST, [(wire.LOCATION, mailbox.location)])
    listed = {name for name, _ in wire.read_entries(found[wire.ENTRIES])}
    _, found = owner.ask(wire.LIST, [(wire.LOCATION, mailbox.location), (wire.AFTER, max(listed))])
    listed.update(name for name, _ in wire.read_entries(found[wire.ENTRIES]))
    if not heard <= listed or (max(counts) < wire.PAGE and heard != listed):
        sys.exit("An announcement of fewer than 24 left something out.")
    for session in (owner, sender):
        session.close()
    return counts


def check_ends(address, key):
    """Who doesn't answer, or answers with nonsense, is told no more; who asks again is told of all that came meanwhile."""
    mailbox = Person(os.urandom(32)).blinded(MAILBOX, EPOCH)
    owner, sender, heed = opened(address, key, [mailbox]), opened(address, key), wire.Session._heed
    heard = []
    silent = lambda session, content: heard.append(content[1:5])

    def with_nonsense(session, content):
        heard.append(content[1:5])
        session.link.sendto(session._transport(u(wire.ANNOUNCE | 0x80, 1) + content[1:5] + os.urandom(30)), address)

    for answer in (silent, with_nonsense):
        owner.subscribe(mailbox.location)
        owner._heed = answer.__get__(owner)
        heard.clear()
        missed = [deposit(sender, mailbox)]
        # The node repeats what isn't answered for some seconds.
        wire.listen([owner], 5.0 if answer == silent else 0.5)
        if not heard:
            sys.exit("Nothing was announced to a client that doesn't answer.")
        expect("the announcements so far", len(set(heard)), 1)
        missed.append(deposit(sender, mailbox))
        wire.listen([owner], 1.0)
        if answer == silent:
            repeated = len(heard)
            expect("the announcements to a client that doesn't answer", len(set(heard)), 1)
        owner._heed = heed.__get__(owner)
        owner.subscribe(mailbox.location)
        expect("what is told after asking again", told(owner), (mailbox.location, sorted(missed)))
        name = deposit(sender, mailbox)
        expect("what came after that", told(owner), (mailbox.location, [name]))
    for session in (owner, sender):
        session.close()
    return repeated


def check_mailboxes_of_a_client(address, key):
    """No client is told of more than two mailboxes, whatever becomes of the third."""
    owner = Person(os.urandom(32))
    mailboxes = [owner.blinded(MAILBOX, EPOCH - i) for i in range(3)]
    session, sender = opened(address, key, mailboxes), opened(address, key)
    for mailbox in mailboxes[:2]:
        session.subscribe(mailbox.location)
    reason = wire.refusal(session, wire.SUBSCRIBE, [(wire.LOCATION, mailboxes[2].location), (wire.DURATION, u(wire.SUBSCRIPTION, 4))])
    session.subscribed.add(mailboxes[2].location)
    heard = []
    for index, mailbox in enumerate(mailboxes):
        name = deposit(sender, mailbox)
        announcement = told(session, 0.7)
        if announcement:
            expect("what a client of two mailboxes is told", announcement, (mailbox.location, [name]))
            heard.append(index)
    expect("how a third mailbox is answered, and of which is told", (reason, heard) in ((wire.BUSY, [0, 1]), (None, [1, 2])), True)
    for link in (session, sender):
        link.close()
    return "refused as busy" if reason else "granted, and the first gave way"


def entries(names, size=2_048):
    return b"".join(name + u(size, 4) for name in names)


def check_announcing(address, key, peer):
    """Announcements that the node has asked nobody for, or not this one; and malformed ones, which are refused as others are."""
    names = sorted(os.urandom(32) for _ in range(wire.PAGE + 1))
    theirs, place = location(blinded_key(peer, MAILBOX, EPOCH)), location(os.urandom(32))
    own = Person(os.urandom(32)).blinded(MAILBOX, EPOCH)
    announce = lambda *pairs: wire.refusal(session, wire.ANNOUNCE, pairs)
    session = wire.Session(address, key)
    expect("an announcement in an initiation", announce((wire.LOCATION, place), (wire.ENTRIES, entries(names[:1]))), wire.UNAUTHORIZED)
    session.authorize(own)
    session.subscribe(own.location)
    for what, where in (("a mailbox that nobody has", place), ("a mailbox of the node's person", theirs), ("a mailbox of one's own", own.location)):
        for count in (1, wire.PAGE):
            found = announce((wire.LOCATION, where), (wire.ENTRIES, entries(names[:count])))
            expect(f"an announcement of {count} in {what}", found, wire.UNAUTHORIZED)
            time.sleep(wire.TELLING)
    for what, malformed in (
        ("nothing", b""), ("25", entries(names)), ("two that descend", entries(names[1::-1])), ("the same twice", entries(names[:1] * 2)),
        ("a size that no envelope has", entries(names[:1], 2_047)), ("too little", entries(names[:1])[:-1]),
        ("too much", entries(names[:1]) + b"\0"),
    ):
        for where in (place, theirs):
            found = announce((wire.LOCATION, where), (wire.ENTRIES, malformed))
            expect(f"an announcement of {what}", found, wire.INVALID)
    expect("one without a location", announce((wire.ENTRIES, entries(names[:1]))), wire.INVALID)
    expect("one of nothing", announce((wire.LOCATION, place)), wire.UNAUTHORIZED)
    stones = (wire.TOMBSTONES, os.urandom(100))
    expect("one of what was not brought", announce((wire.LOCATION, place), stones), wire.UNAUTHORIZED)
    for what, malformed in (("both", [stones, (wire.ENTRIES, entries(names[:1]))]), ("half a tombstone", [(wire.TOMBSTONES, os.urandom(50))]),
                            ("nine tombstones", [(wire.TOMBSTONES, os.urandom(900))])):
        expect(f"one of {what}", announce((wire.LOCATION, place), *malformed), wire.INVALID)
    expect("one with a short location", announce((wire.LOCATION, place[1:]), (wire.ENTRIES, entries(names[:1]))), wire.INVALID)
    session.close()


def malformed(chance, places):
    """A request that is wrong in some way, or only looks odd."""
    names = sorted(chance.randbytes(32) for _ in range(chance.choice([0, 1, 2, 23, 24, 25, 26])))
    good = entries(names, chance.choice([0, 1, 2_048, 8_192, LONGEST]))
    kind = chance.choice([wire.SUBSCRIBE, wire.ANNOUNCE])
    fields = {wire.LOCATION: chance.choice(places)}
    if kind == wire.SUBSCRIBE or chance.random() < 0.1:
        fields[wire.DURATION] = u(chance.choice([0, 1, AN_HOUR, LONGEST, chance.randrange(2**32)]), 4)
    if kind == wire.ANNOUNCE or chance.random() < 0.1:
        fields[wire.ENTRIES] = chance.choice([good, chance.randbytes(chance.randrange(900)), bytes(900), b"\xff" * 900])
    for _ in range(chance.randrange(3)):
        tag = chance.choice(list(fields))
        value = fields[tag] or b"\0"
        fields[tag] = chance.choice([
            b"", b"\0", b"\xff" * len(value), value[:-1], chance.randbytes(min(880, len(value) + 1)),
            value[:-1] + chance.randbytes(1)])
        if chance.random() < 0.2 and len(fields) > 1:
            del fields[tag]
    if chance.random() < 0.2:
        fields[chance.choice([3, 12, 23, 26, 200, 255])] = chance.randbytes(chance.randrange(9))
    return kind, list(fields.items())


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    address, peer = (host, int(port)), peer_id(sys.argv[2])
    count, seed = map(int, (sys.argv[3:] + ["1000", "1"][len(sys.argv) - 3:])[:2])
    key, chance = wire.hello(address)[0], random.Random(seed)
    longest = check_subscribing(address, key)
    taken = check_telling(address, key)
    check_silence(address, key)
    check_collected(address, key)
    counts = check_gathering(address, key)
    repeated = check_ends(address, key)
    third = check_mailboxes_of_a_client(address, key)
    print(f"announced {taken * 1_000:.0f} ms after a deposit began, for at most {longest} s; 30 at once as {counts}; "
          f"said {repeated} times to a client that is silent; a third mailbox: {third}", flush=True)
    check_announcing(address, key, peer)

    owner = Person(os.urandom(32)).blinded(MAILBOX, EPOCH)
    session, outcomes = opened(address, key, [owner]), collections.Counter()
    places = [owner.location, location(os.urandom(32)), location(blinded_key(peer, MAILBOX, EPOCH))]
    for _ in range(count):
        kind, fields = malformed(chance, places)
        try:
            if session.ask(kind, fields, patience=0.3)[0] != wire.DONE or kind == wire.ANNOUNCE:
                sys.exit("An announcement that nobody asked for was noticed, or one of both was answered as a transfer.")
            outcomes["granted"] += 1
        except wire.Refused as refused:
            outcomes[f"refused {refused.reason}"] += 1
        except wire.Silence:
            outcomes["silence"] += 1
    print("malformed:", ", ".join(f"{number} {name}" for name, number in sorted(outcomes.items())), flush=True)
    session.subscribe(owner.location)
    name = deposit(opened(address, key), owner)
    expect("an announcement at the end", told(session), (owner.location, [name]))
    print("the node answers, and announces")


main()
