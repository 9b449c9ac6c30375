#!/usr/bin/env python3
"""Kills without warning, one after the other: real daemons on loopback. Exits with 0 only if no mail is lost or doubled.

    test-sigkills.py town [--seconds 300] [--nodes 40] [--people 20] [--each 3] [--every 1] [--sender gone]
    test-sigkills.py repair [--instants 200] [--relays 14] [--victims 4] [--batch 60] [--size 12000]
    test-sigkills.py talk [--messages 10000] [--kills 200] [--relays 20]

`town`: people go offline, mail is written for them and stored, and its sender leaves for good. Then each second a node is
killed, drawn by chance, and a fresh one comes in its place, which has nothing and knows three others. When that is over,
everybody comes back, and reads each message once.

`repair`: some of the nodes, the victims, are killed in the midst of repair, again and again. While they are away mail is
stored at the others. They start on the same directory, lack that mail, and fetch it; each is killed at another instant, from
the first thing it fetches until shortly after the last. Each must start again, answer, and still have what it had before
this repair. At the end all others are stopped, so that each victim has to serve a recipient all mail, alone.

`talk`: two people write to each other all the time. Both are killed again and again, and go on from what is on their disks;
half of the relays are replaced meanwhile. Each message is read once, after all that its writer wrote before it.
"""
import argparse
import concurrent.futures
import http.client
import random
import signal
import sys
import threading
import time

from daemons import Town, program

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("part", choices=["town", "repair", "talk"])
parser.add_argument("--seconds", type=float, default=300, help="town: for how long nodes are killed")
parser.add_argument("--nodes", type=int, default=40, help="town: nodes at a time")
parser.add_argument("--people", type=int, default=20, help="town: recipients")
parser.add_argument("--each", type=int, default=3, help="town: messages for each recipient")
parser.add_argument("--every", type=float, default=1, help="town: seconds from one kill to the next")
parser.add_argument("--sender", choices=["gone", "stays"], default="gone", help="town: whether the sender leaves for good")
parser.add_argument("--instants", type=int, default=200, help="repair: kills")
parser.add_argument("--messages", type=int, default=10000, help="talk: messages, both ways together")
parser.add_argument("--kills", type=int, default=200, help="talk: kills of both people together")
parser.add_argument("--relays", type=int, default=14, help="repair, talk: nodes, victims included")
parser.add_argument("--victims", type=int, default=4, help="repair: nodes that are killed, and recipients")
parser.add_argument("--batch", type=int, default=60, help="repair: messages stored while the victims are away")
parser.add_argument("--size", type=int, default=12000, help="repair: bytes of a message at most")
parser.add_argument("--patience", type=float, default=90, help="seconds that a recipient who is back waits for mail")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--bin", default=program)
arguments = parser.parse_args()
chance = random.Random(arguments.seed)


def compare(name, node, expected):
    """What is wrong with an inbox: nothing, or a line that says it."""
    found = [message["text"] for message in node.inbox]
    missing, doubled = len(set(expected) - set(found)), len(found) - len(set(found))
    alien = len(set(found) - set(expected))
    if sorted(found) == sorted(expected):
        return []
    return [f"{name}: of {len(expected)} messages {missing} are missing, {doubled} doubled, {alien} nobody's"]


def run_town(town):
    people, names, sender = town.people_who_left(arguments.people)
    texts = [[f"{number}.{index}" for index in range(arguments.each)] for number in range(len(people))]
    sender.store([(names[number], text) for number in range(len(people)) for text in texts[number]])
    if arguments.sender == "gone":
        sender.end()
    relays = list(town.relays)
    first = set(relays)
    total = arguments.people * arguments.each
    print(f"  {total} messages stored, {sum(relay.status['envelopes'] for relay in relays)} copies", flush=True)

    begun, kills = time.time(), 0
    while time.time() < begun + arguments.seconds:
        victim = relays.pop(chance.randrange(len(relays)))
        victim.end(signal.SIGKILL)
        kills += 1
        relays.append(town.start(f"relay-{kills}", [other.address for other in chance.sample(relays, 3)]))
        if kills % 60 == 0:
            kept = sum(relay.status["envelopes"] for relay in relays)
            print(f"  {kills} killed in {time.time() - begun:.0f} s; of the first {len(first)} nodes "
                  f"{len(first & set(relays))} are left; {kept} copies", flush=True)
        time.sleep(max(0, begun + kills * arguments.every - time.time()))
    print(f"  {kills} killed in {time.time() - begun:.0f} s, {len(first & set(relays))} of the first nodes left", flush=True)

    back = []
    for number in range(len(people)):
        back.append(town.start(f"person{number}", [relay.address for relay in chance.sample(relays, 3)]))
    all_there = lambda: all(len(node.inbox) >= arguments.each for node in back)
    seconds = Town.until(all_there, arguments.patience)[1]
    # Whatever comes twice may come late.
    time.sleep(3)
    wrong = [line for number, node in enumerate(back) for line in compare(f"person {number}", node, texts[number])]
    print(f"  {sum(len(set(message['text'] for message in node.inbox)) for node in back)} of {total} messages read, "
          f"{seconds:.0f} s after everybody came back", flush=True)
    return wrong


class Victim:
    """A node that is killed again and again, always started on the same directory."""

    def __init__(self, town, name, known):
        self.town, self.name, self.known = town, name, known
        self.daemon = town.start(name, known)
        self.kept = 0
        self.wrong = []

    def start(self):
        """Starts it again: it must open its store, answer, and have what it had before the repair in which it was killed."""
        self.daemon = self.town.start(self.name, self.known)
        now = self.daemon.status["envelopes"]
        if now < self.kept:
            self.wrong.append(f"{self.name} has {now} envelopes after a start, and had {self.kept} before")
        self.kept = now

    def await_repair(self):
        """Whether it begins to fetch what it lacks within some seconds."""
        return Town.until(lambda: self.daemon.status["envelopes"] > self.kept, 15, pause=0.005)[0]

    def time_repair(self, lacking):
        """The seconds that fetching all that it lacks takes, from the first to the last."""
        if not self.await_repair():
            raise SystemExit(f"{self.name} was not repaired")
        is_over, seconds = Town.until(lambda: self.daemon.status["envelopes"] >= self.kept + lacking, 60, pause=0.005)
        if not is_over:
            raise SystemExit(f"{self.name} did not fetch all that it lacks")
        return seconds

    def kill(self, delay):
        """Kills it so long after it has begun to fetch; how much it had fetched just before."""
        if not self.await_repair():
            self.daemon.end(signal.SIGKILL)
            return None
        end = time.time() + delay
        fetched = 0
        while time.time() < end:
            fetched = self.daemon.status["envelopes"] - self.kept
        self.daemon.end(signal.SIGKILL)
        return fetched


def run_repair(town):
    first = town.relays[0].address
    victims = [Victim(town, f"victim{number}", [first]) for number in range(arguments.victims)]
    people, names, sender = town.people_who_left(arguments.victims)
    texts = [[] for _ in people]

    def write():
        messages = []
        for _ in range(arguments.batch):
            number = len(messages) % len(people)
            text = f"{number}.{len(texts[number])} ".ljust(chance.randrange(20, arguments.size), "z")
            texts[number].append(text)
            messages.append((names[number], text))
        sender.store(messages)

    kills = amid = idle = batches = 0
    longest = 0.0
    with concurrent.futures.ThreadPoolExecutor(len(victims)) as pool:
        while kills < arguments.instants:
            for victim in victims:
                victim.daemon.end(signal.SIGKILL)
            write()
            batches += 1
            for victim in victims:
                victim.start()
            if batches == 1:
                # How long a repair takes here: the instants are drawn from it, and a fifth more.
                times = list(pool.map(lambda victim: victim.time_repair(arguments.batch), victims))
                longest = 1.2 * sorted(times)[len(times) // 2]
                print(f"  {arguments.batch} messages are fetched in {min(times):.2f} to {max(times):.2f} s", flush=True)
                continue
            delays = [chance.uniform(0, longest) for _ in victims]
            for fetched in pool.map(Victim.kill, victims, delays):
                kills += 1
                idle += fetched is None
                amid += fetched is not None and fetched < arguments.batch
            if batches % 10 == 0:
                print(f"  {kills} kills; {amid} amid a repair", flush=True)
    sender.end()
    for victim in victims:
        victim.start()
    total = sum(map(len, texts))
    complete = lambda: all(victim.daemon.status["envelopes"] >= total for victim in victims)
    is_complete, seconds = Town.until(complete, 120)
    wrong = [line for victim in victims for line in victim.wrong]
    if not is_complete:
        wrong += [f"{victim.name} has {victim.daemon.status['envelopes']} of {total} envelopes" for victim in victims]
    print(f"  {kills} kills, {amid} of them amid a repair, {idle} without one; {total} messages; the victims had all of them "
          f"{seconds:.0f} s later", flush=True)

    # Each recipient is served by one victim, alone.
    for node in town.relays:
        node.process.send_signal(signal.SIGSTOP)
    for number, victim in enumerate(victims):
        others = [other.daemon.process for other in victims if other is not victim]
        for process in others:
            process.send_signal(signal.SIGSTOP)
        back = town.start(f"person{number}", [victim.daemon.address])
        Town.until(lambda: len(back.inbox) >= len(texts[number]), arguments.patience, pause=1)
        time.sleep(1)
        wrong += compare(f"person {number}, from {victim.name} alone", back, texts[number])
        back.end(signal.SIGKILL)
        for process in others:
            process.send_signal(signal.SIGCONT)
    return wrong


class Talker:
    """Somebody who writes, and is killed again and again, always started on the same directory."""

    def __init__(self, town, name, known):
        self.town, self.name, self.known = town, name, known
        self.daemon = town.start(name, known)
        self.id, self.written, self.wrong = self.daemon.id, 0, []

    def persist(self, action):
        """What an action returns, which is tried again while the daemon is down."""
        while True:
            try:
                return action(self.daemon)
            except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError):
                time.sleep(0.02)

    def write(self, to, count):
        """Writes so many texts, one after the other. The key makes what is sent again after a kill the same message."""
        def send(daemon):
            code, answer = daemon.ask("POST", "/v1/messages", {"to": to, "text": f"{number}", "key": f"{number}"})
            if code == 503:
                raise OSError("busy")
            if code not in (200, 201):
                self.wrong.append(f"{self.name}: a message was not accepted: {code} {answer}")
        for number in range(count):
            self.persist(send)
            self.written = number + 1

    def kill(self):
        self.daemon.end(signal.SIGKILL)
        self.daemon = self.town.start(self.name, self.known)


def run_talk(town):
    relays = list(town.relays)
    people = [Talker(town, name, [relay.address for relay in relays[:3]]) for name in ("alice", "bob")]
    if not Town.until(lambda: all(person.daemon.is_known for person in people), 60)[0]:
        raise SystemExit("the network did not form")
    count = arguments.messages // 2
    writers = [threading.Thread(target=person.write, args=(other.id, count), daemon=True)
               for person, other in (people, people[::-1])]
    begun, kills, replaced = time.time(), 0, 0
    for writer in writers:
        writer.start()
    while kills < arguments.kills or any(writer.is_alive() for writer in writers):
        # Half of the kills while they write, half while what they wrote is under way.
        share = kills / arguments.kills
        if 2 * share > min(person.written for person in people) / count and any(writer.is_alive() for writer in writers):
            time.sleep(0.05)
            continue
        time.sleep(chance.uniform(0, 1))
        people[chance.randrange(2)].kill()
        kills += 1
        if replaced < share * len(town.relays) / 2:
            relays.pop(chance.randrange(3, len(relays))).end(signal.SIGKILL)
            replaced += 1
            relays.append(town.start(f"newcomer{replaced}", [relay.address for relay in chance.sample(relays, 3)]))
    print(f"  {2 * count} messages written in {time.time() - begun:.0f} s, amid {kills} kills; {replaced} of {len(relays)} relays "
          "replaced", flush=True)
    inboxes = [[], []]

    def all_read():
        inboxes[:] = [person.daemon.inbox for person in people]
        return all(len(inbox) >= count for inbox in inboxes)

    seconds = Town.until(all_read, arguments.patience, pause=1)[1]
    time.sleep(3)
    all_read()
    wrong = [line for person in people for line in person.wrong]
    for reader, inbox, writer in zip(people, inboxes, people[::-1]):
        numbers = [int(message["text"]) for message in inbox]
        missing, doubled = count - len(set(numbers)), len(numbers) - len(set(numbers))
        if missing or doubled:
            wrong.append(f"{reader.name}: of {count} messages {missing} are missing, {doubled} doubled")
        if numbers != sorted(numbers):
            wrong.append(f"{reader.name} sees {writer.name}'s messages in another order than they were written in")
    print(f"  {sum(map(len, inboxes))} of {2 * count} messages read, {seconds:.0f} s later", flush=True)
    return wrong


relays = {"town": arguments.nodes, "repair": arguments.relays - arguments.victims, "talk": arguments.relays}[arguments.part]
with Town(arguments.bin, relays) as town:
    wrong = {"town": run_town, "repair": run_repair, "talk": run_talk}[arguments.part](town)
for line in wrong:
    print(f"  {line}")
print("  Nothing is lost or doubled." if not wrong else f"  {len(wrong)} things are wrong.")
sys.exit(1 if wrong else 0)
