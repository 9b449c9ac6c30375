#!/usr/bin/env python3
"""What the end of a turn costs a real node that serves one request at a time: on loopback, asked over a session by the second
implementation, which waits for each answer before it asks again, so that each request is a turn of its own. `perf` says where the relay's
processor time goes. Test traffic stays on this machine.

    measure-turn.py [ping|findNode] [--requests 20000]

`--bin` names the program (default: the release build of this tree, or $ROOST). Shares are of the relay's processor time; what a function
calls is counted with it.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "../Tests/SecondImplementation"))
import wire

# What is shown: a name, and how it begins in perf's report.
ROWS = [
    ("reading datagrams and serving them", "RoostNode.receive("),
    ("the end of the turn", "RoostNode.finishTurn()"),
    ("  sending what is queued, with the system call", "RoostNode.sendDatagrams()"),
    ("    the system call", "__sendmmsg|sendmmsg"),
    ("  what the cores have to say to each other", "Station.exchange("),
    ("  what is to be written", "Station.takeWrites()"),
    ("  counting, and noticing silence and floods", "RoostNode.watchTraffic()"),
    ("  whether the node has joined", "RoostNode.watchJoining()"),
    ("  the timer", "RoostNode.setTimer()"),
]


def start(program, directory, bootstrap=()):
    command = [program, "up", "--data", directory, "--listen", "127.0.0.1:0"]
    for other in bootstrap:
        command += ["--bootstrap", other]
    node = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    line = node.stdout.readline().decode()
    return node, re.search(r"udp=([^, ]+)", line).group(1)


def processor(node):
    "Seconds of processor time so far."
    fields = open(f"/proc/{node.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(recorded):
    "Share of each function with what it calls, by name."
    command = ["perf", "report", "-i", recorded, "--children", "--stdio", "-g", "none", "--percent-limit", "0.05",
               "-F", "overhead_children,sym"]
    text = subprocess.run(command, capture_output=True, text=True).stdout
    found = {}
    names = subprocess.run(["swift", "demangle", "--simplified"], input=text, capture_output=True, text=True).stdout
    for line in names.splitlines():
        row = re.match(r"\s*([\d.]+)%\s+\[.\]\s+(.*)", line)
        if row:
            found.setdefault(row[2].strip(), float(row[1]))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("request", nargs="?", choices=["ping", "findNode"], default="ping")
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--bin", default=os.environ.get("ROOST") or os.path.join(here, "../.build/release/roost"))
    parser.add_argument("--raw", action="store_true", help="print all that perf found")
    options = parser.parse_args()
    kind, pairs = {
        "ping": (wire.PING, []),
        "findNode": (wire.FIND_NODE, [(wire.TARGET, bytes(32)), (wire.COUNT, b"\x14"), (wire.FAMILIES, b"\1")]),
    }[options.request]
    root = tempfile.mkdtemp(prefix="roost-turn-")
    node, place = start(options.bin, os.path.join(root, "relay"))
    # A second one, so that the first has joined a network.
    other, _ = start(options.bin, os.path.join(root, "other"), [place])
    try:
        time.sleep(3)
        host, port = place.rsplit(":", 1)
        address = (host, int(port))
        session = wire.Session(address, wire.hello(address)[0])
        for _ in range(500):
            session.ask(kind, pairs)
        recorded = os.path.join(root, "perf.data")
        perf = subprocess.Popen(
            ["perf", "record", "-o", recorded, "-F", "4000", "-e", "cpu-clock", "--call-graph", "dwarf,4096", "-p", str(node.pid)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        spent, begun, refused = processor(node), time.monotonic(), 0
        for _ in range(options.requests):
            try:
                session.ask(kind, pairs)
            except wire.Refused:
                refused += 1
        spent, elapsed = processor(node) - spent, time.monotonic() - begun
        perf.send_signal(signal.SIGINT)
        perf.wait()
        print(f"{options.requests} requests, {options.requests / elapsed:.0f} a second, {refused} refused; "
              f"{spent / options.requests * 1e6:.0f} µs of processor time each in the relay, perf's own share included")
        found = report(recorded)
        if options.raw:
            for name, share in found.items():
                print(f"{share:6.2f} %  {name}")
        for title, beginnings in ROWS:
            share = max((found[name] for name in found for beginning in beginnings.split("|") if name.startswith(beginning)),
                        default=0)
            print(f"{share:6.1f} %  {title}")
    finally:
        for process in [node, other]:
            process.kill()
            process.wait()
        shutil.rmtree(root, ignore_errors=True)


main()
