#!/usr/bin/env python3
"""Mail between people behind all kinds of NATs: real daemons, each in a network of its own.

    test-nat.py                                     three rounds: each kind writes to each, 75 messages in all
    test-nat.py --rounds 20 --kinds none,port       more rounds of fewer pairs
    test-nat.py --delay 50 --json FILE              50 ms from each person to everybody else; all that was measured

    ten public nodes, 20.0.1.1 to 20.0.10.1 ── net ──┬── 31.1.0.2 none1
                                                     ├── 31.2.0.2 none2
                                                     ├── 31.3.0.2 NAT ── 10.3.0.2 full1
                                                     └── …

There are two people of each kind, and each has a NAT of their own, or none. All NATs but `symmetric` keep the number of a port,
whoever it writes to. They let in what comes to it: from everybody (`full`), from addresses that it has written to
(`address`), from addresses and ports that it has written to (`port`). `symmetric` takes another port for each that it
writes to, and lets in only what comes from there. The first person of each kind writes to the second one of each kind.
Besides, one NAT of the kind `port` forgets whom its port has written to, and takes another port from then on.

Then all answer, so that everybody accepts everybody's mail, and write once more: now mail goes straight wherever two NATs let
that happen. It can't between `symmetric` and `port` or `symmetric`.

Exits with 0 if every message has come, once, and in time. Needs Linux, root, ip and nft; elsewhere it says that it was
skipped. Nothing leads out of the namespaces. Takes a minute or so. KEEP=1 keeps data and logs; with ROOST_LOG_LEVEL=debug
these say why a message took its time.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from daemons import Connection, Daemon, Town, program, remove
from namespaces import Missing, Namespaces, run
from slow_links import SlowLinks

hidden, open_ones = ("address", "port", "symmetric"), ("none", "full")
# What is measured, of messages to whom, how, and how many seconds it may be.
bounds = [
    ("inbox", hidden, statistics.median, 1.0),
    ("delivered", hidden, statistics.median, 1.4),
    ("inbox", hidden, max, 5.0),
    ("inbox", open_ones, statistics.median, 0.6),
    ("delivered", open_ones, statistics.median, 0.7),
]
# Pairs of NATs through which no way leads: one side writes from a port that the other doesn't know, and the other lets in nothing else.
shut = {("port", "symmetric"), ("symmetric", "port"), ("symmetric", "symmetric")}
# Over an open way, and by announcement to those who are used to it: median seconds until mail is in the inbox.
straight_bound, announced_bound = 0.15, 0.5
# Seconds in which a way is opened, or found not to open.
opening = 6
# Seconds until mail may be there whose recipient's NAT has forgotten what it knew.
rebinding_bound = 35
# Seconds from one message to the next, so that they don't gather; and what all that is waited for may take.
pause, patience = 0.4, 60


class Net(Namespaces):
    """Machines of people, each behind a NAT of its kind."""

    def __init__(self, delay):
        super().__init__("nat")
        self.uplinks = 0
        self.cables = SlowLinks(delay, gateway="20.0.0.0/16") if delay else None

    def uplink(self, name, interface):
        """Connects a namespace with the public network."""
        self.uplinks += 1
        self.link("net", name, f"31.{self.uplinks}.0", name, interface, self.cables)

    def close(self):
        super().close()
        if self.cables:
            self.cables.close()

    def person(self, name, kind):
        """A namespace for somebody, and one for the NAT in front of it."""
        self.space(name)
        if kind == "none":
            self.uplink(name, "eth0")
            return
        self.space(name + "-nat", forwards=True)
        self.uplink(name + "-nat", "wan")
        network = f"10.{self.uplinks}.0"
        self.link(name + "-nat", "lan", network, name, "eth0")
        self.translate(name, kind, f"{network}.2")

    def translate(self, name, kind, address, exception=""):
        """The rules of a NAT. Answers come in with any of them; the set `open` has who else may, and to which port."""
        remote = {"full": "", "address": "ip {} . "}.get(kind)
        opening = "" if remote is None else f"""
                set open {{
                    type {"ipv4_addr . " if remote else ""}inet_service; flags dynamic, timeout; timeout 2m;
                }}
                chain learn {{
                    type filter hook forward priority filter;
                    iifname lan meta l4proto udp update @open {{ {remote.format("daddr")}udp sport }}
                }}
                chain admit {{
                    type nat hook prerouting priority dstnat;
                    iifname wan {remote.format("saddr")}udp dport @open dnat to {address}
                }}"""
        run(*self.inside(name + "-nat"), "nft", "-f", "-", text=f"""
            flush ruleset
            table ip nat {{{opening}
                chain out {{
                    type nat hook postrouting priority srcnat;
                    {exception}
                    oifname wan masquerade {"fully-random" if kind == "symmetric" else ""}
                }}
                chain refuse {{
                    type filter hook input priority filter;
                    iifname wan ct state new drop
                }}
            }}""")

    def rebind(self, name):
        """A NAT of the kind `port` forgets its mappings, as the kernel does when the link goes down, and takes another port."""
        space = name + "-nat"
        gateway = run("ip", "-n", self.prefix + space, "route", "show", "default").split()[2]
        self.ip(space, "link set wan down")
        self.translate(name, "port", "", "oifname wan udp sport 7337 masquerade to :27337")
        self.ip(space, "link set wan up", f"route replace default via {gateway}")


class Person(Daemon):
    """Somebody's daemon, and what it tells of their messages, by ID."""

    def __init__(self, program, directory, bootstrap, kind, inside):
        super().__init__(program, directory, bootstrap, listen="0.0.0.0:7337", inside=inside)
        self.started = time.monotonic()
        self.kind, self.name, self.peer = kind, os.path.basename(directory), self.id
        # When a message was in the inbox, and which way it came; when the sender of one knew that.
        self.received, self.ways, self.delivered = {}, {}, {}
        stream = Connection(self.directory)
        stream.timeout = None
        stream.request("GET", "/v1/events")
        events = stream.getresponse()
        # Where it begins: nothing is missed from now on.
        events.readline()
        threading.Thread(target=self.follow, args=(events,), daemon=True).start()

    def follow(self, events):
        for line in events:
            now = time.monotonic()
            if not line.startswith(b"data: "):
                continue
            message = json.loads(line[len(b"data: "):].decode())
            if "receivedAt" in message:
                self.ways[message["message"]] = message["via"]
                self.received[message["message"]] = now
            elif message.get("state") in ("delivered", "read"):
                self.delivered.setdefault(message["message"], now)

    @property
    def is_settled(self):
        """Whether it knows if others reach it, others know how to write to it, and a buddy announces its mail."""
        return "reachable" in self.status and self.is_known and self.metrics[
            'roost_rpcs_total{kind="subscribe",outcome="answered"}'] > 0


class Message:
    """A message that is on its way as soon as there is this."""

    def __init__(self, sender, recipient, text):
        self.sender, self.recipient, self.text = sender, recipient, text
        self.pair = sender.kind, recipient.kind
        self.sent = time.monotonic()
        code, answer = sender.ask("POST", "/v1/messages", {"to": recipient.peer, "text": text})
        if code != 201:
            raise SystemExit(f"{sender.name} could not send: {answer}")
        self.id = answer["message"]

    @property
    def inbox(self):
        """Seconds until it was in the recipient's inbox; None as long as it isn't."""
        return self.recipient.received[self.id] - self.sent if self.id in self.recipient.received else None

    @property
    def delivered(self):
        """Seconds until its sender knew that; None as long as they don't."""
        return self.sender.delivered[self.id] - self.sent if self.id in self.sender.delivered else None

    @property
    def via(self):
        return self.recipient.ways.get(self.id)


class Lab:
    """The network, its daemons, and what they did."""

    def __init__(self):
        self.net, self.daemons = Net(arguments.delay), []
        self.root = tempfile.mkdtemp(prefix="roost-nat-")

    def connect(self):
        try:
            self.net.space("net", forwards=True)
            self.net.ip("net", *(f"addr add 20.0.{number}.1/32 dev lo" for number in range(1, 11)))
            for kind in arguments.kinds:
                for number in (1, 2):
                    self.net.person(f"{kind}{number}", kind)
            self.net.person("moved", "port")
            if self.net.cables:
                self.net.cables.start()
        except subprocess.CalledProcessError as error:
            raise Missing(f"`{' '.join(error.cmd)}` fails here: {error.stderr.strip()}")

    def start(self):
        """Starts all, and waits until they are settled."""
        known = []
        for number in range(1, 11):
            directory, listen = os.path.join(self.root, f"public{number}"), f"20.0.{number}.1:7337"
            self.daemons.append(
                Daemon(arguments.roost, directory, known[:1], listen=listen, inside=self.net.inside("net")))
            known.append(listen)
        begun = time.monotonic()
        self.senders = [self.person(kind, f"{kind}1", known[:2]) for kind in arguments.kinds]
        self.recipients = [self.person(kind, f"{kind}2", known[:2]) for kind in arguments.kinds]
        self.moved = self.person("port", "moved", known[:2])
        people = waiting = [*self.senders, *self.recipients, self.moved]
        while waiting:
            time.sleep(0.5)
            waiting = [person for person in waiting if not person.is_settled]
            if waiting and time.monotonic() > begun + patience:
                raise SystemExit(f"not settled after {patience} s: {', '.join(person.name for person in waiting)}")
        reached = ", ".join(person.name for person in people if person.status["reachable"])
        print(f"settled after {time.monotonic() - begun:.0f} s; found reachable: {reached or 'nobody'}", flush=True)

    def person(self, kind, name, known):
        self.daemons.append(
            Person(arguments.roost, os.path.join(self.root, name), known, kind, self.net.inside(name)))
        return self.daemons[-1]

    def run(self):
        """A message from each kind to each in each round, one after the other; meanwhile a NAT forgets. All messages."""
        pairs = self.pairs()
        begun = time.monotonic()
        # A node behind this NAT asks buddies every 25 s to go on announcing mail. Those that it didn't answer meanwhile don't know it any
        # more, and a moment later it looks into the mailbox.
        rebinding = 1
        steps = [
            (rebinding, self.net.rebind, "moved"),
            (rebinding + 3, Message, self.recipients[0], self.moved, "after rebinding")]
        for number, (sender, recipient) in enumerate(pairs * arguments.rounds):
            text = f"round {number // len(pairs) + 1}, {sender.name} to {recipient.name}"
            steps.append((number * pause, Message, sender, recipient, text))
        results = []
        for due, action, *subjects in sorted(steps, key=lambda step: step[0]):
            time.sleep(max(0, begun + due - time.monotonic()))
            results.append(action(*subjects))
        messages = [result for result in results if result]
        Town.until(lambda: all(message.delivered for message in messages), patience)
        return messages

    def pairs(self):
        return [
            (sender, self.recipients[(number + shift) % len(self.recipients)])
            for shift in range(len(self.senders)) for number, sender in enumerate(self.senders)]

    def befriend(self):
        """All answer. Returns what they wrote."""
        return self.exchange("an answer", [(recipient, sender) for sender, recipient in self.pairs()])

    def write_again(self):
        """All write once more, and once the ways are open again. Returns both."""
        before = self.exchange("to open a way", self.pairs())
        time.sleep(opening)
        return before, self.exchange("over an open way", self.pairs())

    def exchange(self, text, pairs):
        messages = []
        for sender, recipient in pairs:
            messages.append(Message(sender, recipient, f"{text}, {sender.name} to {recipient.name}"))
            time.sleep(pause)
        Town.until(lambda: all(message.delivered for message in messages), patience)
        return messages

    def wrong_inboxes(self, messages):
        """Whose inbox hasn't each message once, and nothing else."""
        for person in [*self.senders, *self.recipients, self.moved]:
            found = sorted(message["text"] for message in person.inbox)
            expected = sorted(message.text for message in messages if message.recipient is person)
            if found != expected:
                yield f"{person.name} has {found} instead of {expected}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        self.net.close()
        remove(self.daemons, self.root)


def table(messages, what):
    """Lines with one of the times, and the ways; rows are who sends, columns who receives."""
    yield " " * 9 + "".join(f"{kind:>15}      " for kind in arguments.kinds).rstrip()
    for sender in arguments.kinds:
        line = f"{sender:9}"
        for recipient in arguments.kinds:
            those = [message for message in messages if message.pair == (sender, recipient)]
            seconds = [getattr(message, what) for message in those if getattr(message, what) is not None]
            ways = [message.via for message in those]
            letters = (("direct", "D"), ("mailbox", "M"), (None, "!"))
            text = f"{statistics.median(seconds):.2f} ({max(seconds):.2f})" if seconds else "-"
            line += f"{text:>15} {''.join(f'{letter}{ways.count(way)}' for way, letter in letters if way in ways):5}"
        yield line.rstrip()


def judgements(messages, moved):
    """Pairs of a line about a bound, and whether it is kept."""
    for what, recipients, how, bound in bounds:
        for kind in recipients:
            seconds = [getattr(message, what) for message in messages if message.recipient.kind == kind]
            if seconds:
                found = float("inf") if None in seconds else how(seconds)
                yield f"to {kind}: {what}, {how.__name__} of {len(seconds)}: {found:.2f} s, {bound} at most", found <= bound
    found = float("inf") if moved.inbox is None else moved.inbox
    yield f"a NAT that has forgotten: inbox {found:.1f} s, {rebinding_bound} at most", found <= rebinding_bound


def straight_judgements(messages):
    """The same about messages between people who accept each other's mail."""
    for is_straight, bound in (True, straight_bound), (False, announced_bound):
        those = [message for message in messages if (message.pair not in shut) == is_straight]
        if those:
            way, seconds = "direct" if is_straight else "mailbox", [message.inbox for message in those]
            found = float("inf") if None in seconds else statistics.median(seconds)
            others = [" to ".join(message.pair) for message in those if message.via != way]
            yield f"{way}: inbox, median of {len(those)}: {found:.2f} s, {bound:.2f} at most", found <= bound
            yield f"{way}: {len(those) - len(others)} of {len(those)} pairs; not {', '.join(others) or 'others'}", not others


def main():
    lack = [] if sys.platform.startswith("linux") and os.geteuid() == 0 else ["root on Linux"]
    lack += [tool for tool in ("ip", "nft") if not shutil.which(tool)]
    if lack:
        raise Missing(", ".join(lack))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Lab() as lab:
        lab.connect()
        lab.start()
        everything = lab.run()
        messages = [message for message in everything if message.recipient is not lab.moved]
        moved = next(message for message in everything if message.recipient is lab.moved)
        for what, title in (("inbox", "in the recipient's inbox"), ("delivered", "delivered, as the sender knows")):
            print(f"\n{title}: median s (worst), D direct, M mailbox, ! not in time; rows send, columns receive")
            print("\n".join(table(messages, what)))
        pairs = {message.pair for message in messages}
        others = {message.pair for message in messages if message.via != "direct"}
        print(f"\n{len(pairs - others)} of {len(pairs)} pairs went direct each time")
        answers = lab.befriend()
        before, again = lab.write_again()
        everything += answers + before + again
        print("\nAll have answered, and write again: in the recipient's inbox")
        print("\n".join(table(again, "inbox")))
        straight = {message.pair for message in again if message.via == "direct"}
        print(f"{len(straight)} of {len(again)} pairs went direct")
        wrong = list(lab.wrong_inboxes(everything))
        print(f"{len(everything)} messages, each there once" if not wrong else "messages are missing, or there twice")
        for line, is_kept in [*judgements(messages, moved), *straight_judgements(again)]:
            print(line)
            if not is_kept:
                wrong.append(line)
        if arguments.json:
            with open(arguments.json, "w") as file:
                measured = ("text", "inbox", "delivered", "via")
                records = [{name: getattr(message, name) for name in measured} for message in everything]
                json.dump({"delay": arguments.delay, "messages": records, "wrong": wrong}, file, indent=1)
    for line in wrong:
        print("FAILED:", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roost", metavar="PATH", default=program, help="the program; otherwise the release build's")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", default="none,full,address,port,symmetric")
    parser.add_argument("--delay", type=int, default=0, metavar="MS", help="from each person to everybody else")
    parser.add_argument("--json", metavar="FILE", help="where to write all that was measured")
    arguments = parser.parse_args()
    arguments.kinds = list(dict.fromkeys(arguments.kinds.split(",")))
    if not set(arguments.kinds) <= {*open_ones, *hidden}:
        parser.error(f"kinds are {', '.join([*open_ones, *hidden])}")
    if not os.access(arguments.roost, os.X_OK):
        parser.error(f"there is no program {arguments.roost}")
    try:
        sys.exit(main())
    except Missing as lack:
        print(f"SKIPPED test-nat.py: {lack}")
