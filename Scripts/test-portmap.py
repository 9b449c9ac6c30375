#!/usr/bin/env python3
"""Whether a router opens a node's port: real daemons behind real routers (miniupnpd), each in a network of its own.

    test-portmap.py                 all of it: half a minute or so
    test-portmap.py --keep          keeps data and logs

    ten public nodes, 20.0.1.1 to 20.0.10.1 ── net ──┬── 31.1.0.2 router with miniupnpd ── 10.1.0.2 pcp
                                                     ├── 31.2.0.2 router, drops PCP     ── 10.2.0.2 natpmp
                                                     ├── 31.3.0.2 router, UPnP alone    ── 10.3.0.2 upnp
                                                     ├── 31.4.0.2 router ── 100.64.4.2 router with miniupnpd ── 10.4.0.2 double
                                                     ├── 31.5.0.2 router that refuses   ── 10.5.0.2 refused
                                                     ├── 31.6.0.2 router without any    ── 10.6.0.2 silent
                                                     ├── 31.7.0.2 a hostile one         ── 10.7.0.2 endless
                                                     └── 31.8.0.2 a hostile one         ── 10.8.0.2 slow

Every router lets in only what comes from an address and a port that was written to, and what it was asked to pass on. The first
three become servers. The router of the first forgets everything, and is asked anew; then its node is killed, and started
again. Whoever ends has its mapping removed. The last two routers answer by UPnP with bytes without end, and with one every tenth
of a second: neither holds up its node.

Exits with 0 if all of that is so. Needs Linux, root, ip, nft and miniupnpd for nftables; elsewhere it says that it was skipped.
Nothing leads out of the namespaces.
"""
import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from daemons import Daemon, Town, program, remove
from namespaces import Missing, Namespaces, run

# Seconds in which a mapping has to be there and confirmed, and in which one is to be there again.
patience, restart_patience = 40, 20


class Router:
    """A NAT that lets in answers, and what miniupnpd is asked for."""

    def __init__(self, net, name, number, root, drops="", settings=None):
        self.net, self.name, self.root = net, name, root
        self.number, self.drops, self.settings, self.process = number, drops, settings, None
        self.forget()
        self.start()

    def forget(self):
        """The rules as they are when the router has just been switched on."""
        run(*self.net.inside(self.name), "nft", "-f", "-", text=f"""
            flush ruleset
            table inet filter {{
                chain miniupnpd {{ }}
                chain prerouting_miniupnpd {{ }}
                chain postrouting_miniupnpd {{ }}
                chain forward {{
                    type filter hook forward priority filter;
                    iifname wan ct state established,related accept
                    iifname wan jump miniupnpd
                    iifname wan drop
                }}
                chain input {{
                    type filter hook input priority filter;
                    {self.drops}
                    iifname wan ct state new drop
                }}
                chain prerouting {{
                    type nat hook prerouting priority dstnat;
                    iifname wan jump prerouting_miniupnpd
                }}
                chain postrouting {{
                    type nat hook postrouting priority srcnat;
                    oifname wan jump postrouting_miniupnpd
                    oifname wan masquerade
                }}
            }}""")

    def start(self):
        if self.settings is None:
            return
        path = os.path.join(self.root, self.name + ".conf")
        with open(path, "w") as file:
            file.write("\n".join([
                "ext_ifname=wan", "listening_ip=lan", "ipv6_disable=yes", "secure_mode=yes", "system_uptime=no",
                f"uuid=b08b04b9-2bd1-4efc-96b8-0112{self.number:08}", *self.settings, ""]))
        log = open(os.path.join(self.root, self.name + ".log") if arguments.keep else os.devnull, "ab")
        self.process = subprocess.Popen(
            [*self.net.inside(self.name), "miniupnpd", "-d", "-f", path, "-P", path + ".pid"], stdout=log, stderr=log,
            stdin=subprocess.DEVNULL)

    def restart(self):
        """Switches the router off and on: it has forgotten whom it passes what to, and says that it is there."""
        self.process.kill()
        self.process.wait()
        self.forget()
        run(*self.net.inside(self.name), "conntrack", "-F", check=False)
        self.start()

    @property
    def mappings(self):
        rules = run(*self.net.inside(self.name), "nft", "list", "chain", "inet", "filter", "prerouting_miniupnpd")
        return [line.strip() for line in rules.splitlines() if "dnat" in line]


def be_hostile(kind, address):
    """A router that says that it speaks UPnP, and never comes to an end."""
    searches = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    searches.bind(("", 1900))
    searches.setsockopt(
        socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.255.255.250") + socket.inet_aton(address))
    server = socket.create_server((address, 5000))
    threading.Thread(target=answer_searches, args=(searches, address), daemon=True).start()
    while True:
        connection, _ = server.accept()
        with contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n<root>")
            while True:
                connection.sendall(b"<a>" * 4096 if kind == "endless" else b"x")
                if kind == "slow":
                    time.sleep(0.1)


def answer_searches(searches, address):
    while True:
        _, asker = searches.recvfrom(2048)
        searches.sendto(f"HTTP/1.1 200 OK\r\nLOCATION: http://{address}:5000/\r\n\r\n".encode(), asker)


class Lab:
    def __init__(self):
        self.net, self.daemons, self.people, self.routers = Namespaces("map"), [], {}, {}
        self.root = tempfile.mkdtemp(prefix="roost-map-")

    def connect(self):
        both, upnp = ["enable_natpmp=yes", "enable_upnp=yes"], ["enable_natpmp=no", "enable_upnp=yes"]
        # By PCP, miniupnpd would look for an allowed port among all of them for minutes.
        refusing = [*upnp, "deny 0-65535 0.0.0.0/0 0-65535"]
        no_pcp = "iifname lan udp dport 5351 @th,64,8 2 drop"
        kinds = {
            "pcp": ("", both), "natpmp": (no_pcp, both), "upnp": ("", upnp), "double": ("", both),
            "refused": ("", refusing), "silent": ("", None), "endless": ("", None), "slow": ("", None)}
        try:
            self.net.space("net", forwards=True)
            self.net.ip("net", *(f"addr add 20.0.{number}.1/32 dev lo" for number in range(1, 11)))
            for number, (name, (drops, settings)) in enumerate(kinds.items(), 1):
                router = name + "-router"
                self.net.space(name)
                self.net.space(router, forwards=True)
                if name == "double":
                    self.net.space("carrier", forwards=True)
                    self.net.link("net", name, f"31.{number}.0", "carrier", "wan")
                    self.net.link("carrier", "lan", f"100.64.{number}", router, "wan")
                    Router(self.net, "carrier", 0, self.root)
                else:
                    self.net.link("net", name, f"31.{number}.0", router, "wan")
                self.net.link(router, "lan", f"10.{number}.0", name, "eth0")
                self.routers[name] = Router(self.net, router, number, self.root, drops, settings)
        except subprocess.CalledProcessError as error:
            raise Missing(f"`{' '.join(error.cmd)}` fails here: {error.stderr.strip()}")

    def start(self):
        self.known = [f"20.0.{number}.1:7337" for number in range(1, 11)]
        # Public nodes that had dialled it before its router opened the port would remember for two minutes that nobody answers.
        self.person("upnp")
        if not self.expect("upnp", patience, "its router is asked", lambda status: status["portMapping"]["state"] == "open"):
            raise SystemExit(1)
        for number, listen in enumerate(self.known, 1):
            directory = os.path.join(self.root, f"public{number}")
            known = self.known[:1] if number > 1 else []
            self.daemons.append(
                Daemon(arguments.roost, directory, known, listen=listen, inside=self.net.inside("net")))
        for name in ("endless", "slow"):
            number = self.routers[name].number
            subprocess.Popen(
                [*self.net.inside(name + "-router"), sys.executable, __file__, "--hostile", name, f"10.{number}.0.1"])
        for name in self.routers:
            if name != "upnp":
                self.person(name)

    def person(self, name):
        self.people[name] = Daemon(
            arguments.roost, os.path.join(self.root, name), self.known[:2], listen="0.0.0.0:7337",
            inside=self.net.inside(name))
        self.daemons.append(self.people[name])

    def mapping(self, name):
        return self.people[name].status["portMapping"]

    def expect(self, name, seconds, what, holds):
        """Waits until something holds of somebody's status; says how long that took."""
        is_so, taken = Town.until(lambda: holds(self.people[name].status), seconds)
        status = self.people[name].status
        print(f"{'ok' if is_so else 'FAILED'} {name}, {taken:.1f} s: {what}: {status['portMapping']['message']}", flush=True)
        if not is_so:
            print(f"   {status['portMapping']}, reachable: {status.get('reachable')}, external: {status['external']}")
        return is_so

    def run(self):
        wrong = 0
        for number, (name, via) in enumerate([("pcp", "PCP"), ("natpmp", "NAT-PMP"), ("upnp", "UPnP")], 1):
            endpoint = f"31.{number}.0.2:7337"

            def is_open(status, via=via, endpoint=endpoint):
                mapping = status["portMapping"]
                return (mapping["state"], mapping.get("via"), mapping.get("endpoint")) == ("open", via, endpoint) and \
                    mapping.get("confirmed") is True and status.get("reachable") is True and endpoint in status["external"]

            wrong += not self.expect(name, patience, f"a server by {via}", is_open)
            wrong += not self.check(name, "the router has a mapping", bool(self.routers[name].mappings))
        for name, what, state in (
                ("double", "another router before", "refused"), ("refused", "the router refuses", "refused"),
                ("silent", "no router answers", "silent"), ("endless", "an endless answer", "faulty"),
                ("slow", "an answer in drops", "faulty")):
            wrong += not self.expect(
                name, patience, what, lambda status: status["portMapping"]["state"] == state and status.get("reachable") is False)
        wrong += not self.check("double", "says so", "another router" in self.mapping("double")["message"])
        self.routers["pcp"].restart()
        wrong += not self.check("pcp", "the restarted router has forgotten", not self.routers["pcp"].mappings)
        is_back, taken = Town.until(lambda: self.routers["pcp"].mappings, restart_patience)
        wrong += not self.check("pcp", f"mapped again after {taken:.1f} s", is_back)
        wrong += not self.expect(
            "pcp", patience, "reached again", lambda status: status["portMapping"].get("confirmed") is True)
        self.people["pcp"].end(signal.SIGKILL)
        wrong += not self.check("pcp", "a killed node leaves its mapping", bool(self.routers["pcp"].mappings))
        self.person("pcp")
        wrong += not self.expect(
            "pcp", patience, "its successor is reached", lambda status: status["portMapping"].get("confirmed") is True)
        for name in ("pcp", "natpmp", "upnp"):
            self.people[name].end()
            is_gone, taken = Town.until(lambda: not self.routers[name].mappings, 5)
            wrong += not self.check(name, f"the mapping is removed when the node ends, {taken:.1f} s", is_gone)
        return wrong

    def check(self, name, what, is_so):
        print(f"{'ok' if is_so else 'FAILED'} {name}: {what}", flush=True)
        return is_so

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        self.net.close()
        remove(self.daemons, self.root)


def main():
    lack = [] if sys.platform.startswith("linux") and os.geteuid() == 0 else ["root on Linux"]
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    lack += [tool for tool in ("ip", "nft", "miniupnpd") if not shutil.which(tool)]
    if not lack and "nftables" not in run("miniupnpd", "--version", check=False):
        lack.append("miniupnpd for nftables")
    if lack:
        raise Missing(", ".join(lack))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Lab() as lab:
        lab.connect()
        lab.start()
        return 1 if lab.run() else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--hostile"]:
        be_hostile(*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roost", metavar="PATH", default=program, help="the program; otherwise the release build's")
    parser.add_argument("--keep", action="store_true", help="keep data and logs")
    arguments = parser.parse_args()
    if arguments.keep:
        os.environ["KEEP"] = "1"
    if not os.access(arguments.roost, os.X_OK):
        parser.error(f"there is no program {arguments.roost}")
    try:
        sys.exit(main())
    except Missing as lack:
        print(f"SKIPPED test-portmap.py: {lack}")
