#!/usr/bin/env python3
"""Floods of one real node from many blocks of addresses, and what its honest clients have of it meanwhile.

    test-floods.py [--seconds N] [--only KIND …]       each flood lasts N seconds: 4 unless told otherwise
    test-floods.py --keep                              keeps data and logs

    strangers: 60.0.0.0 and on, each in a /24 of its own ──┐
                                                           ├── town: a node at 20.2.0.1
    twenty honest clients: 70.0.0.0 and on, likewise ──────┘

Honest clients want something at a fixed pace (Tests/SecondImplementation/customers.py): what isn't done within a second doesn't count, and
isn't made up for. They must keep four fifths of the pace that they had before, in each flood, and have it back within ten seconds
after. The node's own memory must stay within bounds, and what it didn't serve must be counted, by reason. In the end somebody new joins, and
is written to.

The processor is shared so: the node has one core, and floods and honest clients share another, as floods would else take from the node and
from the clients what no network takes; the clients go first. Whoever floods has as much processor as the node. On a machine with one
core there is nothing to be measured.

Exits with 0 if all of that is so. Needs Linux, root, ip, taskset and two cores; elsewhere it says that it was skipped. Nothing leads out of the
namespaces.
"""
import argparse
import collections
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from daemons import Daemon, Town, program, remove
from namespaces import Missing, Namespaces, run

here = os.path.dirname(os.path.abspath(__file__))
second = os.path.join(here, "../Tests/SecondImplementation")
NODE = "20.2.0.1:7337"
# What a node may take beside what is mapped from its disk, in MiB: all that Limits.swift lets strangers take of memory, and as much again.
MOST_MEMORY = 96
KEPT, RECOVERY = 0.8, 10
# Kind, and from how many blocks. Valid handshakes come from as many as 16 a second for each of them is more than whoever floods can make.
FLOODS = {
    "initiations": 256, "handshakes": 256, "hellos": 256, "garbage": 256, "pings": 64, "questions": 64, "deposits": 64, "chunks": 64,
    "records": 64, "tombstones": 64, "subscriptions": 256,
}


class Clients:
    """The honest ones, and what they wanted and had, by tenths of a second."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.told = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            at, kind, wanted, done = line.split()
            self.told.append((float(at), kind, int(wanted), int(done)))

    def pace(self, begin, end):
        """What was done in a second, by kind, in this time."""
        counts = collections.Counter()
        for at, kind, _, done in list(self.told):
            if begin < at <= end:
                counts[kind] += done
        return {kind: counts[kind] / (end - begin) for kind in ("questions", "newcomers", "mail")}


class Memory:
    """The most memory of its own that a process had, in MiB, and what it had in all."""

    def __init__(self, process):
        self.process, self.most, self.all, self.ends = process, 0, 0, threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def look(self):
        with open(f"/proc/{self.process}/status") as file:
            lines = dict(line.split(":", 1) for line in file if ":" in line)
        kib = lambda name: int(lines[name].split()[0]) / 1024
        return kib("RssAnon"), kib("VmRSS")

    def _watch(self):
        while not self.ends.wait(0.05):
            try:
                own, whole = self.look()
            except (OSError, KeyError):
                return
            self.most, self.all = max(self.most, own), max(self.all, whole)


def changes(before, after, beginnings):
    """What was counted meanwhile."""
    found = {}
    for name, value in after.items():
        if name.startswith(beginnings) and value > before.get(name, 0):
            found[name.replace("roost_", "")] = int(value - before.get(name, 0))
    return found


def told(counts):
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items(), key=lambda pair: -pair[1])) or "nothing"


def overflowed(net):
    """Datagrams that the system dropped before the node's socket, as that was full."""
    lines = run(*net.inside("town"), "cat", "/proc/net/udp").splitlines()[1:]
    return sum(int(line.split()[-1]) for line in lines)


def main():
    if os.geteuid() != 0 or not all(shutil.which(tool) for tool in ("ip", "taskset")):
        raise Missing("it needs root, ip and taskset")
    if subprocess.run(["nice", "-n", "-20", "true"], check=False, capture_output=True).stderr:
        raise Missing("it needs the system's leave to run before others (nice)")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise Missing("it needs two cores")
    net, root, daemons, clients = Namespaces("floods"), tempfile.mkdtemp(prefix="roost-floods-"), [], None
    failures = []

    def check(holds, what):
        print(("ok      " if holds else "FAILED  ") + what, flush=True)
        if not holds:
            failures.append(what)

    try:
        net.space("town")
        for name, network, space in (("far", "20.1.0", "strangers"), ("near", "20.2.0", "honest")):
            net.space(space)
            net.link("town", name, network, space, "eth0")
        net.ip("town", "route add 60.0.0.0/8 via 20.1.0.2", "route add 70.0.0.0/8 via 20.2.0.2")
        # All addresses of these networks are this machine's own.
        net.ip("strangers", "route add local 60.0.0.0/8 dev lo")
        net.ip("honest", "route add local 70.0.0.0/8 dev lo")

        # Before all else that runs on the machine, whoever floods after the others. Not in real time: the system's own threads, by which
        # writes reach the disk, would have no time at all.
        first, later = ["nice", "-n", "-20"], ["nice", "-n", "-19"]
        node = Daemon(program, os.path.join(root, "node"), [], ["--metrics", "0"], listen=NODE,
                      inside=[*net.inside("town"), "taskset", "-c", str(cores[0]), *first])
        daemons.append(node)
        # Its threads begin as all others do.
        for thread in os.listdir(f"/proc/{node.process.pid}/task"):
            os.setpriority(os.PRIO_PROCESS, int(thread), -20)
        outside = ["taskset", "-c", str(cores[1])]
        clients = Clients([*net.inside("honest"), *outside, *first, sys.executable, os.path.join(second, "customers.py"), NODE, "70.0.0.1"])
        time.sleep(2)
        begun = time.monotonic()
        time.sleep(3)
        before = clients.pace(begun, time.monotonic())
        print("Before: " + ", ".join(f"{pace:.0f} {kind} a second" for kind, pace in before.items()), flush=True)
        if not all(before.values()):
            raise SystemExit("The honest clients are not served even before.")

        for kind in arguments.only or FLOODS:
            flood = subprocess.Popen(
                [*net.inside("strangers"), *outside, *later, sys.executable, os.path.join(second, "flooder.py"), NODE, kind,
                 str(arguments.seconds), str(FLOODS[kind]), "60.0.0.1"], stdout=subprocess.PIPE, text=True)
            said = []
            for line in flood.stdout:
                if line == "begins\n":
                    break
                said.append(line.strip())
            counted, lost, used = node.metrics, overflowed(net), node.processor
            begun, memory = time.monotonic(), Memory(node.process.pid)
            rest = flood.communicate()[0].split("\n")
            ended = time.monotonic()
            memory.ends.set()
            used = (node.processor - used) / (ended - begun)
            told_after = node.metrics
            if flood.returncode:
                raise SystemExit(f"The flood of {kind} failed.")
            said = ", ".join(said + [line for line in rest if line])
            lost = overflowed(net) - lost
            # The first half second is left out, in which what was wanted before is still counted.
            during = clients.pace(begun + 0.5, ended)
            recovered, wait = Town.until(
                lambda: all(clients.pace(time.monotonic() - 1, time.monotonic())[kind] >= 0.6 * before[kind] for kind in before),
                RECOVERY, pause=0.1)
            print(f"{kind} from {FLOODS[kind]} blocks: {said} in {ended - begun:.1f} s; the node used {100 * used:.0f} % of its core, "
                  f"and {memory.most:.0f} MiB ({memory.all:.0f} with its disk); {lost} overflowed", flush=True)
            print("        dropped: " + told(changes(counted, told_after, ("roost_datagrams_dropped_total",))))
            print("        refused: " + told(changes(counted, told_after, ("roost_requests_refused_total", "roost_deposits_refused"))))
            series = 'roost_datagrams_dropped_total{reason="overflowed"}'
            check(told_after[series] - counted[series] == lost, f"{kind}: what the system dropped is counted")
            kept = {kind: during[kind] / before[kind] for kind in before}
            check(all(part >= KEPT for part in kept.values()),
                  f"{kind}: honest clients keep " + ", ".join(f"{100 * part:.0f} % of {kind}" for kind, part in kept.items()))
            check(recovered, f"{kind}: all is as before {wait:.1f} s after")
            check(memory.most <= MOST_MEMORY, f"{kind}: memory within {MOST_MEMORY} MiB")

        begun = time.monotonic()
        friend = Daemon(program, os.path.join(root, "friend"), [NODE], listen="20.2.0.2:7337", inside=net.inside("honest"))
        daemons.append(friend)
        joined, _ = Town.until(lambda: friend.is_known, RECOVERY)
        check(joined, f"somebody new has joined {time.monotonic() - begun:.1f} s after the start")
        begun = time.monotonic()
        subprocess.run([program, "send", friend.id, "Welcome.", "--until", "delivered", "--timeout", str(RECOVERY), "--data", node.directory],
                       check=False, capture_output=True)
        arrived, _ = Town.until(lambda: any(message.get("text") == "Welcome." for message in friend.inbox), RECOVERY)
        check(arrived, f"and is written to, in {time.monotonic() - begun:.1f} s")
        check(node.process.poll() is None, "the node runs")
    finally:
        if clients:
            clients.process.kill()
        net.close()
        if arguments.keep:
            print("kept in", root)
            for daemon in daemons:
                daemon.end()
        else:
            remove(daemons, root)
    sys.exit(1 if failures else 0)


parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=int, default=4)
parser.add_argument("--only", nargs="*", choices=list(FLOODS))
parser.add_argument("--keep", action="store_true")
arguments = parser.parse_args()
try:
    main()
except (Missing, subprocess.CalledProcessError) as problem:
    if isinstance(problem, subprocess.CalledProcessError) and "netns" not in problem.cmd:
        raise
    print(f"SKIPPED test-floods.py: {problem}")
