#!/usr/bin/env python3
"""A bounded proof, by exhaustion, of what docs/conversations.md and docs/proofs.md claim of sessions: in each of many histories, for
every subset of all thefts, who reads, links and forges what. And that the check can fail: protocols broken on purpose don't pass."""
import itertools
import random
import sys
import time

from claims import Claims
from forging import COUNTS, check_agreement, check_changes, check_forging
from history import ALICE, BOB, History
from terms import ALWAYS, NEVER, NODES, deduce, holds

# Several messages in a turn, lost first answers, late mail, both at once, both sessions in use at once.
CHOSEN = [
    "aBbAaBbAaBbAaBbAaBbAaBbA", "aaBbbAaaBbbAaaBbbA", "aBbxbxbAaBbA", "aaaBbbbxbPaaAQBbAaB", "aBbbPaaQbAABaB", "aQaabBAabxBAabBA",
    "adBAabBAabBA", "acdABBAcdBAcdBAcd", "aadBAcAdBdBAcAdBacBdA", "abBaAbaBAbaABab", "aBbPbbaQaaAB", "aBbAaxaxaBbA",
]


def words(length, count, seed):
    """All short histories of one session, and some long ones of two."""
    for letters in itertools.product("abABx", repeat=length - 1):
        word = "a" + "".join(letters)
        # What does nothing, or is said by another word as well.
        if not any(two in word for two in ("AA", "BB", "xx", "BA", "xA", "xB", "Ax", "Bx")) and "b" not in word.split("B")[0]:
            yield word
    generator = random.Random(seed)
    for _ in range(count):
        yield "a" + "".join(generator.choices("abcdABPQx", (5, 5, 2, 2, 4, 4, 2, 2, 1), k=22))


def check_reading(history):
    """Where what the model finds differs from what is claimed (claims.py)."""
    known = deduce(history.known())
    for message in history.messages:
        claims = Claims(history, message["session"])
        where = f"{message['chain']}.{message['number']}"
        for what, one, claimed in (("reading", message["content"], claims.reads(message["chain"], message["number"])),
                                   ("linking", NODES[message["envelope"]["header"]][1], claims.links(message["chain"]))):
            found = known.get(one, NEVER)
            if found != claimed:
                yield f"{what} {where}", found, claimed
    yield from check_healing(history, known)


def check_healing(history, known):
    """The words of docs/conversations.md on one theft: exactly what was under way or missing, and what comes until the session is closed
    again: by the next chain of who was robbed; where R was, and X25519 is broken, by I's answer to the first key that R draws after it."""
    for state, message in itertools.product(history.states, history.messages):
        at, victim, line = state["at"], state["person"], history.lines[message["session"]]
        if message["session"] not in state["sides"]:
            continue
        begun = min((chain for chain, when in line.begun.items() if line.owner(chain) == victim and when > at), default=10**6)
        for is_broken in (False, True):
            is_late = is_broken and victim != line.initiator
            limit = begun + 1 if is_late else begun
            is_past = (message["at"] <= at if message["from"] == victim
                       else line.opened.get((message["chain"], message["number"]), 10**6) <= at)
            claimed = not is_past and message["chain"] < limit
            bits = 1 << at | (next(iter(history.bit("X25519"))) if is_broken else 0)
            if holds(known.get(message["content"], NEVER), bits) != claimed:
                yield f"healing: {message['chain']}.{message['number']}", known.get(message["content"], NEVER), frozenset({bits})
        COUNTS["healing"] += 2


def check_engine(history, generator):
    """The conditions say the same as deduction with one subset of thefts and nothing else."""
    known = history.known()
    conditions = deduce(known)
    for _ in range(8):
        bits = sum(1 << at for at in range(len(history.thefts())) if generator.random() < 0.2)
        plain = deduce({one: ALWAYS if holds(condition, bits) else NEVER for one, condition in known.items()})
        assert all(holds(conditions.get(one, NEVER), bits) == (plain.get(one, NEVER) == ALWAYS) for one in {*conditions, *plain}), bits


def check(word, broken=frozenset()):
    history = History(word, broken)
    for checked in (check_reading(history), check_forging(history)):
        for what, found, claimed in checked:
            yield f"{word}, {what}: more by {history.told(found - claimed) or 'nothing'}; less by {history.told(claimed - found) or 'nothing'}"
    yield from (f"{word}: {one}" for one in check_changes(history))


BROKEN = [
    {"no ss in steps"}, {"no ss at first"}, {"no DH in steps"}, {"no DH(e, IKr)"}, {"no DH(IKi, SPKr)"}, {"responder's key again"},
    {"same keys again"}, {"seed again"}, {"draws early"}, {"root key stays"}, {"chain key stays"}, {"message keys stay"},
    {"old secrets stay"}, {"header keys follow from each other"}, {"transcript lacks object"}, {"transcript lacks header"},
    {"binding lacks SPKr"}, {"binding lacks ekr"}, {"binding lacks A_R", "mailbox isn't bound"},
    {"binding lacks A_I", "transcript lacks header"}, {"binding lacks e", "transcript lacks header"},
    # What was found in PQXDH: a secret that was encapsulated to another key is encapsulated again.
    {"binding lacks ekr", "binding lacks ct", "header lacks beginning"},
]
# What is said twice: without one of these, all holds as before.
TWICE = [{"binding lacks A_I"}, {"binding lacks A_R"}, {"binding lacks e"}, {"binding lacks ct"},
         {"transcript lacks direction"}, {"header lacks beginning"}]
SHORT = ["aaBbAaBbbAaBbA", "aBbxbPaBbAaB"]


def everything(broken, words=SHORT):
    for word in words:
        yield from check(word, frozenset(broken))
    yield from check_agreement(frozenset(broken))


def main(length, count):
    started, generator = time.monotonic(), random.Random(1)
    seen, messages, most = set(), 0, 0
    for word in [*CHOSEN, *words(length, count, 20_778)]:
        history = History(word)
        happened = tuple(history.events) + tuple(state["person"] for state in history.states)
        if happened in seen:
            continue
        seen.add(happened)
        for wrong in check(word):
            sys.exit(f"WRONG: {wrong}")
        if len(seen) % 16 == 1:
            check_engine(history, generator)
        messages += len(history.messages)
        most = max(most, len(history.thefts()))
    for wrong in check_agreement(frozenset()):
        sys.exit(f"WRONG: {wrong}")
    print(f"{len(seen)} histories with {messages} messages, each with every subset of up to {most} thefts: who reads and who links is as "
          f"claimed; so are {COUNTS['healing']} pairs of one theft and one message, {COUNTS['forged']} forged envelopes, "
          f"{COUNTS['changed']} changed and {COUNTS['twisted']} twisted ones.")
    for broken in BROKEN:
        # Who mean the same is another question than who may change a header.
        is_agreement = any(one.startswith("binding") for one in broken)
        wrong = next(everything(broken, [] if is_agreement else SHORT), None)
        if wrong is None:
            sys.exit(f"NOT NOTICED: {', '.join(sorted(broken))}")
        if "-v" in sys.argv:
            print(f"    {', '.join(sorted(broken))}: {wrong[:300]}")
    for broken in TWICE:
        for wrong in everything(broken):
            sys.exit(f"NOT SAID TWICE: {', '.join(sorted(broken))}: {wrong}")
    print(f"{len(BROKEN)} broken protocols don't pass; {len(TWICE)} that say a thing once where ours says it twice do. "
          f"{time.monotonic() - started:.0f} s.")


if __name__ == "__main__":
    main(*((8, 200) if "--long" in sys.argv else (6, 24)))
