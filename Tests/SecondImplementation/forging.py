"""What a thief may try who writes, over terms: each function gives what the reader accepts, and by which thefts it can be made."""
import collections
import copy
import itertools

from claims import Claims
from history import ALICE, BOB, History
from symbolic import Person, Session, answer, answer_again, begin
from terms import (ALWAYS, NEVER, NODES, both, deduce, either, encapsulate, encapsulation_key, hashed, hide, key_of, name, pair, public,
                   seal, twin, within)

# How much was tried.
COUNTS = collections.Counter()
CONTENT = name("the thief's content")
CLEAR, NONCE = public("the thief's clear bytes"), public("the thief's nonce")


def drawn(what, is_again=False):
    return name(f"the thief's {what}")


# The thief knows what he drew.
OWN = {name(f"the thief's {what}"): ALWAYS for what in (
    "content", "e", "secret", "shared", "seed", "initiator's secret", "responder's secret")}


def possible(known, parts):
    return both(*(known.get(part, NEVER) for part in parts))


def in_place_of(side):
    """The other side of a session, of which the thief knows only what follows."""
    thief = Session(not side.is_initiator, side.view, drawn, side.broken)
    thief.root = side.root
    thief.next_receiving = public("nothing")
    return thief


def next_chains(history):
    """(event, session, the reader's side after it, newest chain of theirs, envelope, the reader's next message to the thief): chains begun by the thief."""
    for state in history.states:
        reader = history.people[state["person"]]
        for session, side in state["sides"].items():
            if not side.sending:
                continue
            thief = in_place_of(side)
            thief.next_sending = side.next_receiving
            thief.their_key, thief.their_object = key_of(side.sending["secret"]), side.sending["object"]
            envelope, _ = thief.seal(CONTENT, CLEAR, NONCE, reader.mailbox)
            after = copy.deepcopy(side)
            # Names of one's own, so that no name is drawn twice.
            after.draw = lambda what, is_again=False: name(f"{what} for the thief")
            if after.open(envelope, reader.mailbox) == CONTENT:
                reply, _ = after.seal(name("reply to the thief"), public("c"), public("n"), public("m"))
                yield state["at"], session, after, state["levels"][session], envelope, reply


def present_chains(history):
    """(event, session, reader, chain, envelope): what goes on in the newest chain that the reader has met."""
    for state in history.states:
        person = state["person"]
        for session, side in state["sides"].items():
            line, level = history.lines[session], state["levels"][session]
            chain = level if line.owner(level) != person else level - 1
            if chain < 0:
                continue
            reader = history.people[person]
            thief, held = in_place_of(side), side.receiving[-1]
            thief.sending = {**held, "secret": drawn("secret"), "object": drawn("secret"), "keys": {}}
            if held["header"] is None:
                first = next(one["envelope"] for one in history.messages if (one["session"], one["chain"]) == (session, chain))
                thief.opening = NODES[first["header"]][1]
            # Beyond all that was written: whoever holds any key of the chain has this one.
            while thief.sending["n"] < line.count[chain]:
                thief.advance(thief.sending)
            envelope, _ = thief.seal(CONTENT, CLEAR, NONCE, reader.mailbox)
            after = copy.deepcopy(side)
            opened = answer_again(reader, after, envelope) if thief.opening else after.open(envelope, reader.mailbox)
            if opened == CONTENT:
                yield state["at"], session, person, chain, envelope


def first_messages(history, session):
    """Envelopes that open a session in the name of its initiator, or of who has the negative point for an ID."""
    writer, reader = history.people[session], history.people[1 - session]
    for claimed in (writer.id, twin(writer.id)):
        person = copy.copy(writer)
        person.id = claimed
        envelope, _ = begin(person, reader.record, drawn, history.broken).seal(CONTENT, CLEAR, NONCE, reader.mailbox)
        found = answer(reader, envelope, drawn, history.broken)
        if found and found[1] == CONTENT and found[0].view["A_I"] == claimed:
            yield envelope


def forged_record(history, session):
    """What a record says that names the thief's keys for those of a session's responder."""
    responder = history.people[1 - session]
    return responder.publish(key_of(drawn("secret")), encapsulation_key(drawn("seed")))["bytes"]


def check_forging(history):
    """Where what the model finds differs from what is claimed."""
    nexts, presents = list(next_chains(history)), list(present_chains(history))
    firsts = {session: list(first_messages(history, session)) for session in (ALICE, BOB)}
    records = {session: forged_record(history, session) for session in (ALICE, BOB)}
    envelopes = [one[4] for one in nexts + presents] + sum(firsts.values(), [])
    wanted = [part for envelope in envelopes for part in envelope.values()] + list(records.values())
    # What is replied is on the wire. Those who can't forge gain nothing by it.
    replies = {part: ALWAYS for one in nexts for part in one[5].values()}
    known = deduce({**history.known(), **OWN, **replies}, wanted)
    claims = {session: Claims(history, session) for session in (ALICE, BOB)}
    for at, session, after, chain, envelope, answered in nexts:
        found, claimed = possible(known, envelope.values()), claims[session].forges_next(chain, at)
        if known_until(history, found, at) != claimed:
            yield f"forging after chain {chain}, event {at}", found, claimed
        # Who is deceived opens nothing any more of what the honest other side then writes in that chain.
        for message in history.messages:
            if (message["session"], message["chain"]) == (session, chain + 1) and message["at"] > at:
                if copy.deepcopy(after).open(message["envelope"], history.people[message["to"]].mailbox) is not None:
                    yield f"an honest chain {chain + 1} after the thief's", found, claimed
        # The reader's reply is sealed to keys of the thief's: an active thief isn't shut out.
        key = NODES[answered["content"]][1]
        if not all(any(one & bits == one for one in known.get(key, NEVER)) for bits in claimed):
            yield f"reading the reply to a forged chain {chain + 1}", known.get(key, NEVER), claimed
    for at, session, _, chain, envelope in presents:
        found, claimed = known_until(history, possible(known, envelope.values()), at), claims[session].forges_in(chain, at)
        if found != claimed:
            yield f"forging in chain {chain}, event {at}", found, claimed
    for session, made in firsts.items():
        found = either(NEVER, *(possible(known, envelope.values()) for envelope in made))
        if found != claims[session].forges_first():
            yield "forging a first message", found, claims[session].forges_first()
    for session, record in records.items():
        found = known.get(record, NEVER)
        if found != claims[session].forges_record():
            yield "forging a record", found, claims[session].forges_record()
    COUNTS["forged"] += len(envelopes)


def known_until(history, condition, at):
    """By what was stolen up to an event."""
    return within(condition, Claims(history, ALICE).until(at))


# Agreement: what the reader accepts of honest content is what its writer meant.

def variants(history):
    """What Alice may take for a record: of Bob's, of somebody's who is no friend, or of who has Bob's negative point for an ID, which
    only Bob's key can sign. All that is said there is a key of Bob's or a twin of one or the thief's."""
    bob, mallory, negative = history.people[BOB], Person("Mallory"), Person("Bob")
    negative.id = twin(bob.id)
    negative.mailbox = hashed(public("mailbox"), negative.id)
    if "mailbox isn't bound" in history.broken:
        mallory.mailbox = negative.mailbox = bob.mailbox
    for owner, prekey, key in itertools.product(
            (bob, mallory, negative), (key_of(bob.prekey), twin(key_of(bob.prekey))),
            (encapsulation_key(bob.prekey_seed), twin(encapsulation_key(bob.prekey_seed)), encapsulation_key(drawn("seed")))):
        yield mallory, owner, owner.publish(prekey, key)


def check_agreement(broken):
    """What Bob accepts of content that Alice has sealed, where both don't mean the same."""
    history = History("", broken)
    alice, bob = history.people
    for mallory, owner, record in variants(history):
        session = begin(alice, record, history.draw, broken)
        envelope, _ = session.seal(name("content"), CLEAR, NONCE, owner.mailbox)
        ephemeral, day, ciphertext = NODES[envelope["beginning"]][1:]
        opened = NODES[envelope["header"]][3]
        shared, header_key = NODES[ciphertext][2], session.opening
        tried = []
        for e, ct in itertools.product((ephemeral, twin(ephemeral)), (ciphertext, encapsulate(bob.record["key"], shared))):
            beginning = pair(e, day, ct)
            associated = [CLEAR, bob.mailbox, NONCE] + ([] if "header lacks beginning" in broken else [beginning])
            for header in (envelope["header"], seal(header_key, pair(*associated), opened),
                           seal(header_key, pair(*associated), pair(mallory.id, NODES[opened][2])),
                           seal(header_key, pair(*associated), pair(twin(alice.id), NODES[opened][2]))):
                tried.append({**envelope, "beginning": beginning, "header": header})
        known = {**history.known(), **OWN, mallory.seed: ALWAYS}
        for one in [*envelope.values(), record["key"], record["prekey"], record["peer"]]:
            known[one] = ALWAYS
        # Alice's session is stolen when she has sealed: the header's key is there, the content's isn't any more.
        for one in session.state():
            known[one] = either(known.get(one, NEVER), frozenset({1 << 20}))
        known = deduce(known, [part for one in tried for part in one.values()] + [record["bytes"]])
        for one in tried:
            found = answer(bob, one, history.draw, broken)
            COUNTS["twisted"] += 1
            if found and found[0].view != session.view and possible(known, [*one.values(), record["bytes"]]):
                differs = [part for part in session.view if session.view[part] != found[0].view[part]]
                yield f"both don't mean the same {', '.join(differs)}"


def check_changes(history):
    """Later messages whose header or object was changed by who has the header key: nobody accepts one."""
    for message in history.messages:
        envelope, reader = message["envelope"], message["to"]
        opened = history.lines[message["session"]].opened.get((message["chain"], message["number"]))
        if "object" not in envelope or opened is None:
            continue
        before = [state for state in history.states if state["person"] == reader and state["at"] < opened]
        side = before[-1]["sides"][message["session"]]
        _, key, associated, place = NODES[envelope["header"]]
        theirs, previous, number = NODES[place][1:]
        for changed in (
                {"object": hide(hashed(public("object"), key), envelope["nonce"], encapsulation_key(drawn("seed")))},
                {"header": seal(key, associated, pair(twin(theirs), previous, number))},
                {"header": seal(key, associated, pair(theirs, public("0" if NODES[previous][1] != "0" else "1"), number))}):
            COUNTS["changed"] += 1
            if copy.deepcopy(side).open({**envelope, **changed}, history.people[reader].mailbox) is not None:
                yield f"a message of chain {message['chain']} whose {' '.join(changed)} was changed is accepted"
