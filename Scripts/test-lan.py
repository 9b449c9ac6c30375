#!/usr/bin/env python3
"""Whether nodes of one local network find each other by themselves: real daemons in networks of their own, without bootstrap.

    test-lan.py                 all of it: some 20 seconds
    test-lan.py --keep          keeps data and logs

    lan 10.9.0.0/24 and fd00:9::/64 ──┬── a        IPv4
                                      ├── b        both; the cable is plugged in last
                                      ├── c        IPv6 alone
                                      ├── other    of another network of Roost
                                      ├── off      --no-lan
                                      ├── quiet    listens on the loopback alone
                                      └── router ── far 10.8.0.0/24, another local network

a, b and c find each other, and mail goes straight. The others find nobody and are found by nobody; off and quiet send
nothing. All that is sent to the group is heard on the way: it names neither a person, nor a node, nor the network. Of what an
impostor says, only what comes from the network itself counts. Who ends says so. Where avahi is at hand, it runs beside a node
at the same port, and sees it.

And whether nodes join through a list in the DNS, which a server of this script answers with: SRV records, keys in text records,
a list that comes only later, and answers that are garbage.

Exits with 0 if all of that is so. Needs Linux, root and ip; elsewhere it says that it was skipped. Nothing leads out of the
namespaces.
"""
import argparse
import contextlib
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from daemons import Daemon, Town, program, remove
from namespaces import Namespaces, run

group, port = "224.0.0.251", 5353
service = b"\x06_roost\x04_udp\x05local\x00"


class Net(Namespaces):
    """Machines in local networks, each a namespace, until they are closed."""

    def plug(self, switch, name, *addresses, interface="eth0"):
        """A cable from a machine to a switch."""
        cable = f"to-{name}"
        self.ip(
            switch, f"link add {cable} type veth peer name {interface} netns {self.prefix}{name}",
            f"link set {cable} master br0", f"link set {cable} up")
        self.ip(
            name, f"link set {interface} up",
            *(f"addr add {address} dev {interface} {'nodad' if ':' in address else ''}" for address in addresses))

    def switch(self, name):
        self.space(name)
        # Without snooping, which would wait for questions of a router.
        self.ip(name, "link add br0 type bridge mcast_snooping 0", "link set br0 up")

    def socket(self, space):
        """A socket in a machine."""
        made = []

        def make():
            with open(f"/run/netns/{self.prefix}{space}") as place:
                libc.setns(place.fileno(), 0x40000000)
            made.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

        # A thread's namespace ends with it.
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return made[0]


class Ear:
    """Hears all that is sent to the group over IPv4."""

    def __init__(self, net, space):
        self.heard = []
        self.socket = net.socket(space)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((group, port))
        self.socket.setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
            struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton("10.9.0.99")))
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            data, (host, sender_port) = self.socket.recvfrom(9000)
            self.heard.append((host, sender_port, data))

    def of(self, host):
        return [data for source, _, data in self.heard if source == host and service in data]


def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"


def announcement(label, host, node_port, network):
    """What a node says, written down by hand: RFC 1035, RFC 2782."""
    instance, machine = name(label)[:-1] + service, name(f"{label}.local")
    text = b"network=" + network

    def record(owner, kind, data):
        return owner + struct.pack(">HHIH", kind, 1, 120, len(data)) + data

    records = [
        record(service, 12, instance), record(instance, 33, struct.pack(">HHH", 0, 0, node_port) + machine),
        record(instance, 16, bytes([len(text)]) + text), record(machine, 1, socket.inet_aton(host))]
    return struct.pack(">6H", 0, 0x8400, 0, 1, 0, 3) + b"".join(records)


def require(condition, what):
    if not condition:
        raise SystemExit(f"test-lan.py: {what}")
    print("ok:", what)


def until(condition, what, seconds=10):
    fulfilled, taken = Town.until(condition, seconds, pause=0.05)
    require(fulfilled, what + (f", after {taken:.1f} s" if fulfilled else ""))


def find(net, root):
    net.switch("lan")
    net.switch("wan")
    for space in ["a", "b", "c", "other", "off", "quiet", "ear", "router", "far"]:
        net.space(space)
    net.plug("lan", "a", "10.9.0.1/24")
    net.plug("lan", "c", "fd00:9::3/64")
    net.plug("lan", "other", "10.9.0.4/24")
    net.plug("lan", "off", "10.9.0.5/24")
    net.plug("lan", "quiet", "10.9.0.6/24")
    net.plug("lan", "ear", "10.9.0.99/24", "10.9.0.98/24")
    net.plug("lan", "router", "10.9.0.254/24")
    net.plug("wan", "router", "10.8.0.254/24", interface="eth1")
    net.plug("wan", "far", "10.8.0.1/24")
    for space, gateway in [("a", "10.9.0.254"), ("far", "10.8.0.254"), ("ear", "10.9.0.254")]:
        net.ip(space, f"route add default via {gateway}")
    run(*net.inside("router"), "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
    ear = Ear(net, "ear")

    def start(space, *arguments, listen="0.0.0.0:7337"):
        # Seeks no router here.
        daemon = Daemon(
            program, os.path.join(root, space), [], ["--port-mapping", "off", *arguments], listen=listen,
            inside=net.inside(space))
        daemons.append(daemon)
        return daemon

    def contacts(daemon):
        return daemon.status["contacts"]

    a = start("a", "--listen", "[::]:7337")
    outsiders = [
        start("other", "--network", "another"), start("off", "--no-lan"), start("quiet", listen="127.0.0.1:7337"),
        start("far")]
    b = start("b", "--listen", "[::]:7337")
    net.plug("lan", "b", "10.9.0.2/24", "fd00:9::2/64")
    until(lambda: contacts(a) == 1 and contacts(b) == 1, "two machines find each other when the cable is plugged in")
    c = start("c", listen="[::]:7337")
    until(lambda: contacts(b) == 2, "one that has IPv6 alone finds the one that has both")
    code, _ = a.ask("POST", "/v1/messages", {"to": b.id, "text": "Good morning"})
    require(code == 201, "mail to a neighbour is accepted")
    until(lambda: [message["text"] for message in b.inbox] == ["Good morning"], "mail comes")
    code, _ = b.ask("POST", "/v1/messages", {"to": a.id, "text": "Good morning to you"})
    require(code == 201, "an answer is accepted")
    until(lambda: [message["text"] for message in a.inbox] == ["Good morning to you"], "the answer comes")
    require(a.inbox[0]["via"] == "direct", "and straight, as its reader has written to its sender")

    network = next(data.split(b"network=")[1][:16] for data in ear.of("10.9.0.1") if b"network=" in data)
    words = [b.id.encode(), b.status["node"].encode(), bytes.fromhex(b.status["node"]), b"main", b"roost1"]
    said = [data for host in ["10.9.0.1", "10.9.0.2"] for data in ear.of(host)]
    require(said and all(len(data) < 1000 for data in said), "what is said is short")
    require(not any(word in data for word in words for data in said), "it names neither person, nor node, nor network")
    require(all(sender_port == port for _, sender_port, _ in ear.heard), "it comes from the port of mDNS")
    require(ear.of("10.9.0.4"), "a node of another network of Roost says so")
    require(not ear.of("10.9.0.5") and not ear.of("10.9.0.6"), "who is told to be quiet, or is for this machine alone, is")

    # An impostor, and where it says that nodes are.
    traps = {}
    for number in range(4):
        traps[number] = net.socket("ear")
        traps[number].bind(("10.9.0.99", 9001 + number))
        traps[number].settimeout(0.05)

    def lie(number, hops, of=network, from_port=port):
        with net.socket("ear") as impostor:
            impostor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            impostor.bind(("10.9.0.98", from_port))
            impostor.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.9.0.98"))
            impostor.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, hops)
            impostor.sendto(announcement(f"trap{number}", "10.9.0.99", 9001 + number, of), (group, port))

    def is_asked(number):
        with contextlib.suppress(TimeoutError):
            return len(traps[number].recv(2000)) == 64
        return False

    lie(0, 255, from_port=4000)
    lie(1, 64)
    lie(2, 255, of=b"0" * 16)
    lie(3, 255)
    # The last is heard after the others.
    until(lambda: is_asked(3), "an address that a machine of the network names is asked who is there")
    require(not is_asked(0), "none that comes from another port than that of mDNS")
    require(not is_asked(1), "none that a router could have passed on")
    require(not is_asked(2), "and none of another network of Roost")

    beside_avahi(net, root, start, contacts, a)
    through_lists(net, root, a)

    b.end()
    until(
        lambda: any(struct.pack(">HHI", 12, 1, 0) in data for data in ear.of("10.9.0.2")), "who ends says so", seconds=3)
    for outsider in outsiders:
        require(contacts(outsider) == 0, f"{os.path.basename(outsider.directory)} has found nobody")


class NameServer:
    """Answers questions for the records that it is given, and says of all others that there are none: RFC 1035."""

    def __init__(self, net, space, address):
        self.records, self.garbage, self.asked = {}, set(), []
        self.socket = net.socket(space)
        self.socket.bind((address, 53))
        threading.Thread(target=self.answer, daemon=True).start()

    def answer(self):
        while True:
            data, sender = self.socket.recvfrom(4096)
            end = data.index(b"\0", 12) + 1
            asked, kind = data[12:end].lower(), struct.unpack(">H", data[end:end + 2])[0]
            self.asked.append((asked, kind))
            question, found = data[12:end + 4], self.records.get((asked, kind), [])
            if (asked, kind) in self.garbage:
                self.socket.sendto(data[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question + b"\xc0\xff" * 9, sender)
                continue
            flags = 0x8180 if found or any(name == asked for name, _ in self.records) else 0x8183
            head = data[:2] + struct.pack(">5H", flags, 1, len(found), 0, 1)
            records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(record)) + record for record in found)
            # What resolvers put at the end since RFC 6891; its name is the root.
            self.socket.sendto(head + question + records + b"\0\0\x29\4\xd0\0\0\0\0\0\0", sender)


def through_lists(net, root, a):
    server, resolver = NameServer(net, "ear", "10.9.0.99"), os.path.join(root, "resolv.conf")
    with open(resolver, "w") as file:
        file.write("nameserver 10.9.0.99\noptions timeout:1 attempts:1 edns0\n")

    def listed(*hosts):
        return [struct.pack(">HHH", 0, 1, of) + name(host) for host, of in hosts]

    def start(space, domain):
        net.space(space)
        net.plug("lan", space, f"10.9.0.{20 + len(daemons)}/24")
        inside = net.inside(space) + ["unshare", "-m", "sh", "-c", f'mount --bind {resolver} /etc/resolv.conf; exec "$@"', "sh"]
        daemon = Daemon(
            program, os.path.join(root, space), [f"dns:{domain}"], ["--no-lan", "--port-mapping", "off"],
            listen="0.0.0.0:7337", inside=inside)
        daemons.append(daemon)
        return daemon

    def warnings(daemon):
        return {warning["code"]: warning["message"] for warning in daemon.status["warnings"]}

    def text(string):
        return [bytes([len(string)]) + string.encode()]

    key = json.loads(subprocess.run([program, "id", "--json", "--data", a.directory], capture_output=True).stdout)["key"]
    server.records[name("a.test"), 1] = [socket.inet_aton("10.9.0.1")]
    for domain, keys in [("plain.test", None), ("pinned.test", key), ("wrong.test", "00" * 31 + "01")]:
        server.records[name("_roost._udp." + domain), 33] = listed(("gone.test", 7337), ("a.test", 7337))
        if keys:
            server.records[name("_roost._udp." + domain), 16] = text("v=1") + text(f"key={keys}@a.test:7337")
    garbled = (name("_roost._udp.garbled.test"), 33)
    server.garbage.add(garbled)
    plain, pinned, wrong = start("plain", "plain.test"), start("pinned", "pinned.test"), start("wrong", "wrong.test")
    garbled_node, later = start("garbled", "garbled.test"), start("later", "later.test")
    until(lambda: plain.status["contacts"] >= 1, "a list in the DNS leads to the network")
    until(lambda: pinned.status["contacts"] >= 1, "so does one with the node's key")
    until(lambda: "bootstrap-key" in warnings(wrong), "where the key is another, that is said")
    require(wrong.status["contacts"] == 0, "and nothing is joined")
    for daemon, domain in [(later, "later.test"), (garbled_node, "garbled.test")]:
        until(
            lambda: f"dns:{domain}" in warnings(daemon).get("bootstrap-unresolved", ""),
            f"{domain} is said to name no node")
    server.records[name("_roost._udp.later.test"), 33] = listed(("a.test", 7337))
    until(lambda: later.status["contacts"] >= 1, "a list is read again until it leads somewhere", seconds=15)


def beside_avahi(net, root, start, contacts, a):
    """avahi in a machine of its own, with a bus of its own, and a node beside it at the same port."""
    if not all(map(shutil.which, ["avahi-daemon", "avahi-browse", "dbus-daemon"])):
        print("SKIPPED the look from avahi: it is not here")
        return
    net.space("avahi")
    net.plug("lan", "avahi", "10.9.0.7/24")
    bus, settings = os.path.join(root, "bus"), os.path.join(root, "avahi.conf")
    with open(settings, "w") as file:
        file.write("[server]\nuse-ipv6=no\nallow-interfaces=eth0\ndisallow-other-stacks=no\n[publish]\ndisable-publishing=yes\n")
    with open(bus + ".conf", "w") as file:
        file.write(f'''<busconfig><type>system</type><listen>unix:path={bus}</listen><auth>EXTERNAL</auth><policy context="default">
            <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
            <allow send_requested_reply="true" send_type="method_return"/><allow send_requested_reply="true" send_type="error"/>
            <allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/>
            <allow receive_type="signal"/></policy></busconfig>''')
    environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={bus}")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    # Its own file of its process ID, beside one of the system's.
    inside = net.inside("avahi") + ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /run/avahi-daemon 2>/dev/null || '
             'mount -t tmpfs none /run; mkdir -p /run/avahi-daemon; exec "$@"', "sh"]
    processes = [subprocess.Popen(["dbus-daemon", f"--config-file={bus}.conf", "--nofork"], **quiet)]
    try:
        until(lambda: os.path.exists(bus), "a bus for avahi is there")
        command = ["avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits", "-f", settings]
        processes.append(subprocess.Popen(inside + command, env=environment, **quiet))
        beside = start("avahi")
        until(lambda: contacts(beside) >= 1, "a node beside avahi finds others")

        def browse():
            command = ["avahi-browse", "--resolve", "--parsable", "--terminate", "_roost._udp"]
            seen = subprocess.run(
                net.inside("avahi") + ["timeout", "3", *command], env=environment, capture_output=True, text=True).stdout
            return {line.split(";")[7] for line in seen.splitlines() if line.startswith("=")}

        until(lambda: {"10.9.0.1", "10.9.0.2", "10.9.0.7"} <= browse(), "avahi sees the nodes, that beside it too")
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--keep", action="store_true")
arguments = parser.parse_args()
if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("ip"):
    print("SKIPPED test-lan.py: it needs Linux, root and ip")
    raise SystemExit(0)
import ctypes  # noqa: E402

libc = ctypes.CDLL(None)
if arguments.keep:
    os.environ["KEEP"] = "1"
root = tempfile.mkdtemp(prefix="roost-lan-")
net, daemons, begun = Net("lan"), [], time.time()
try:
    try:
        net.space("probe")
    except subprocess.CalledProcessError:
        print("SKIPPED test-lan.py: no network namespace can be made here")
        raise SystemExit(0)
    find(net, root)
    print(f"All held, in {time.time() - begun:.0f} s.")
finally:
    remove(daemons, root)
    net.close()
