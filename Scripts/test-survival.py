#!/usr/bin/env python3
"""Mail waits while every relay that first held it is replaced, one after the other: real daemons on loopback.

    test-survival.py [--how kill,term] [--sender gone,stays] [--relays 30] [--people 5] [--each 5] [--period 10] [--rounds 1]

The recipients go offline, mail is written for them and stored, and (with `gone`) its sender leaves for good. Then one relay
after the other is killed (`kill`) or ended in order (`term`), and a new one, which has nothing and knows three of those that
are there, comes in its place. The recipients return one by one, the last when no relay is left that was there when the
mail was written. Everything must be there, once. Exits with 0 if it is, in every way that was asked for.

What period does repair need? Who comes compares what it keeps 2, 7 and 27 s after it has joined, each time with another
node drawn by chance. So at a period of P seconds some 7/P of the newest relays may have nothing yet, beside one that is
gone. The mail is safe while these are few of the twenty nodes that keep it: at 3 s they are two or three. Replaced within
7 s all together, the twenty would leave nobody to copy from: no repair can help there, and mail would be lost. With fewer
processors than processes starting, each step takes longer: then take a longer period.
"""
import argparse
import random
import signal
import sys
import time

from daemons import Town, program

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--how", default="kill,term")
parser.add_argument("--sender", default="gone,stays")
parser.add_argument("--relays", type=int, default=30)
parser.add_argument("--people", type=int, default=5)
parser.add_argument("--each", type=int, default=5, help="messages for each recipient")
parser.add_argument("--period", type=float, default=10, help="seconds from one replacement to the next")
parser.add_argument("--rounds", type=int, default=1, help="times that all relays are replaced")
parser.add_argument("--patience", type=float, default=60, help="seconds that a recipient who is back waits for mail")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--bin", default=program)
arguments = parser.parse_args()


def copies(relays):
    """Envelopes that all relays keep together."""
    return sum(relay.status["envelopes"] for relay in relays)


class Survival:
    """One run: who is there, and what has arrived."""

    def __init__(self, town, how, sender):
        self.town, self.how, self.stays = town, how, sender == "stays"
        self.chance = random.Random(arguments.seed)
        self.relays = list(town.relays)
        self.arrived, self.wrong = 0, []

    def run(self):
        people, names, sender = self.town.people_who_left(arguments.people)
        sender.store([(name, f"{i}.{j}") for i, name in enumerate(names) for j in range(arguments.each)])
        if not self.stays:
            sender.end()
        print(f"  {arguments.people * arguments.each} messages stored, {copies(self.relays)} copies", flush=True)
        self.replace(people)

    def replace(self, people):
        waiting = list(enumerate(people))
        for turn in range(arguments.rounds):
            leaving = list(self.relays)
            self.chance.shuffle(leaving)
            for number, relay in enumerate(leaving):
                begun = time.time()
                self.relays.remove(relay)
                relay.end(signal.SIGKILL if self.how == "kill" else signal.SIGTERM)
                known = [other.address for other in self.chance.sample(self.relays, 3)]
                self.relays.append(self.town.start(f"relay{turn + 1}.{number}", known))
                time.sleep(max(0, arguments.period - (time.time() - begun)))
                share = (turn * len(leaving) + number + 1) / (arguments.rounds * len(leaving))
                while waiting and share >= 1 - (len(waiting) - 1) / arguments.people:
                    self.bring(*waiting.pop(0), share)

    def bring(self, number, person, share):
        known = [relay.address for relay in self.chance.sample(self.relays, 3)]
        back = self.town.start(f"person{number}", known)
        found, seconds = Town.until(lambda: len(back.inbox) >= arguments.each, arguments.patience)
        texts = sorted(message["text"] for message in back.inbox)
        expected = sorted(f"{number}.{index}" for index in range(arguments.each))
        self.arrived += len(set(texts) & set(expected))
        if texts != expected:
            self.wrong.append(f"person {number} has {texts}")
        print(
            f"  after {share:.0%} of the replacements person {number} has {len(set(texts))} of {arguments.each}, "
            f"{seconds:.0f} s after coming back; {copies(self.relays)} copies", flush=True)
        back.end()


status = 0
for how in arguments.how.split(","):
    for sender in arguments.sender.split(","):
        print(f"{arguments.relays} relays, each ended by {how} and replaced; the sender {sender}", flush=True)
        with Town(arguments.bin, arguments.relays) as town:
            survival = Survival(town, how, sender)
            survival.run()
        total = arguments.people * arguments.each
        print(f"  {survival.arrived} of {total} messages arrived" + "".join(f"; {line}" for line in survival.wrong))
        status = status or (1 if survival.wrong else 0)
sys.exit(status)
