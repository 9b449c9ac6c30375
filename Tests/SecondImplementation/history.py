"""Histories of two people's conversation, over terms (symbolic.py): what was on the wire, and what each of them held after each event.

A history is a word: a, b: Alice, Bob writes in the session that Alice opened; c, d: the same in the one that Bob opened. A, B: all that is
under way comes to Alice, Bob; P, Q: only what was sent last comes, and the rest stays under way; x: what is under way is lost.
"""
import copy
import itertools

from symbolic import Person, answer, answer_again, begin
from terms import ED25519, ML_KEM, NEVER, X25519, either, name, public

ALICE, BOB = 0, 1
NEVER_HAPPENS = 10**6


class Timeline:
    """When what happened in one session, counted without any cryptography: from the rule alone that a side begins a chain when it writes
    for the first time since it opened a message of the other's newest. Chains 0, 2, … are the initiator's, 1, 3, … the responder's."""

    def __init__(self, initiator):
        self.initiator = initiator
        # The newest chain that each knows of.
        self.level = {initiator: -1, 1 - initiator: -1}
        self.begun, self.met, self.sent, self.opened, self.count = {}, {}, {}, {}, {}

    def owner(self, chain):
        return self.initiator if chain % 2 == 0 else 1 - self.initiator

    def can_write(self, person):
        return person == self.initiator or self.level[person] >= 0

    def write(self, person, at):
        if self.level[person] < 0 or self.owner(self.level[person]) != person:
            self.level[person] += 1
            self.begun[self.level[person]], self.count[self.level[person]] = at, 0
        chain = self.level[person]
        number = self.count[chain]
        self.count[chain] += 1
        self.sent[chain, number] = at
        return chain, number

    def open(self, person, chain, number, at):
        if chain > self.level[person]:
            self.level[person] = chain
            self.met[chain] = at
        self.opened[chain, number] = at

    def when(self, table, key):
        return table.get(key, NEVER_HAPPENS)

    def gone(self, chain):
        """When the reader has forgotten a chain: when it knows the next, and nothing of this one is missing."""
        last = max(self.when(self.opened, (chain, number)) for number in range(self.count[chain]))
        return max(last, self.when(self.met, chain + 2))


class History:
    def __init__(self, word, broken=frozenset()):
        self.word, self.broken = word, broken
        self.people = [Person("Alice"), Person("Bob")]
        if "mailbox isn't bound" in broken:
            for person in self.people:
                person.mailbox = public("some mailbox")
        # By (session, person); a session is named by who opened it.
        self.sides, self.lines = {}, {ALICE: Timeline(ALICE), BOB: Timeline(BOB)}
        self.draws = itertools.count()
        self.events, self.messages, self.under_way, self.states = [], [], [], []
        for letter in word:
            self.happen(letter)

    def draw(self, what, is_again=False):
        return name(f"{what} again" if is_again else f"{what} {next(self.draws)}")

    def happen(self, letter):
        if letter == "x":
            self.under_way = []
        elif letter in "abcd":
            self.write(ALICE if letter in "ab" else BOB, ALICE if letter in "ac" else BOB)
        else:
            person = ALICE if letter in "AP" else BOB
            waiting = [one for one in self.under_way if self.messages[one]["to"] == person]
            for one in waiting if letter in "AB" else waiting[-1:]:
                self.under_way.remove(one)
                self.deliver(one)

    def note(self, person, event):
        """What a thief finds at that person after an event."""
        found = [side.state() for (_, whose), side in self.sides.items() if whose == person]
        sides = {session: copy.deepcopy(side) for (session, whose), side in self.sides.items() if whose == person}
        levels = {session: self.lines[session].level[person] for session in sides}
        self.states.append({"person": person, "at": len(self.events), "found": sum(found, []), "sides": sides, "levels": levels})
        self.events.append(event)

    def write(self, session, person):
        line = self.lines[session]
        if not line.can_write(person):
            return
        writer, reader = self.people[person], self.people[1 - person]
        if (session, person) not in self.sides:
            self.sides[session, person] = begin(writer, reader.record, self.draw, self.broken)
        content = name(f"content {len(self.messages)}")
        # Nothing secret is in these.
        clear, nonce = public(f"clear {len(self.messages)}"), public(f"nonce {len(self.messages)}")
        envelope, key = self.sides[session, person].seal(content, clear, nonce, reader.mailbox)
        chain, number = line.write(person, len(self.events))
        self.messages.append({"session": session, "from": person, "to": 1 - person, "chain": chain, "number": number, "content": content,
                              "envelope": envelope, "key": key, "at": len(self.events)})
        self.under_way.append(len(self.messages) - 1)
        self.note(person, f"writing {chain}.{number}")

    def deliver(self, index):
        message = self.messages[index]
        session, person = message["session"], message["to"]
        reader = self.people[person]
        if (session, person) not in self.sides:
            found = answer(reader, message["envelope"], self.draw, self.broken)
            self.sides[session, person], content = found
        elif "beginning" in message["envelope"]:
            content = answer_again(reader, self.sides[session, person], message["envelope"])
        else:
            content = self.sides[session, person].open(message["envelope"], reader.mailbox)
        assert content == message["content"], (self.word, self.broken, index)
        self.lines[session].open(person, message["chain"], message["number"], len(self.events))
        self.note(person, f"opening {message['chain']}.{message['number']}")

    # What can be stolen

    def thefts(self):
        """Names of all that can be stolen or broken; each is a bit, in this order."""
        people = ("Alice", "Bob")
        return [*(f"{people[state['person']]}'s sessions after event {at}, {event}"
                  for at, (state, event) in enumerate(zip(self.states, self.events))),
                *(f"{person}'s {what}" for person in people for what in ("prekey", "profile key")),
                "X25519", "ML-KEM", "Ed25519"]

    def told(self, condition):
        names = self.thefts()
        return " or ".join("{" + ", ".join(one for at, one in enumerate(names) if bits >> at & 1) + "}" for bits in sorted(condition))

    def bit(self, *theft):
        if isinstance(theft[0], str):
            return frozenset({1 << len(self.states) + 4 + ("X25519", "ML-KEM", "Ed25519").index(theft[0])})
        person, what = theft
        return frozenset({1 << len(self.states) + 2 * person + ("prekey", "profile").index(what)})

    def during(self, person, since, until):
        """That person's sessions are stolen from `since` on and before `until`: numbers of events."""
        return frozenset(1 << state["at"] for state in self.states if state["person"] == person and since <= state["at"] < until)

    def known(self):
        """What thieves know, by which thefts: the wire and all records always."""
        found = {}

        def add(one, condition):
            found[one] = either(found.get(one, NEVER), condition)

        for message in self.messages:
            for part in message["envelope"].values():
                add(part, frozenset({0}))
        for state in self.states:
            for one in state["found"]:
                add(one, frozenset({1 << state["at"]}))
        for at, person in enumerate(self.people):
            for one in (person.record["bytes"], person.id, person.mailbox):
                add(one, frozenset({0}))
            add(person.prekey, self.bit(at, "prekey"))
            add(person.prekey_seed, self.bit(at, "prekey"))
            add(person.seed, self.bit(at, "profile"))
        for one, text in ((X25519, "X25519"), (ML_KEM, "ML-KEM"), (ED25519, "Ed25519")):
            found[one] = self.bit(text)
        return found
