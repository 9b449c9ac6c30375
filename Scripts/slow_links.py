"""Cables between network namespaces on which each packet takes its time: TUN devices at both ends, and a process between them.

Kernels have `tc qdisc … netem` for this, but not all of them.
"""
import contextlib
import ctypes
import fcntl
import heapq
import ipaddress
import os
import select
import signal
import struct
import time

tunsetiff, tun_without_header = 0x400454CA, 0x1001
network_namespace = 0x40000000
# Packets under way on all cables: more are lost, as on real ones.
most_packets = 100_000


def open_tun(space, interface):
    """A TUN device in a namespace: what is read was sent there, and what is written arrives there."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(descriptor):
        if libc.setns(descriptor, network_namespace):
            raise OSError(ctypes.get_errno(), "setns")

    with open("/proc/self/ns/net") as home, open(f"/run/netns/{space}") as there:
        enter(there.fileno())
        try:
            device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(device, tunsetiff, struct.pack("16sH22x", interface.encode(), tun_without_header))
        finally:
            enter(home.fileno())
    return device


class SlowLinks:
    """Cables between a gateway and others. From each host to each it takes the same time, however many cables are between them: a
    packet waits where it arrives for good, and passes the gateway at once on its way to somebody else."""

    def __init__(self, milliseconds, gateway):
        """`gateway`: the network with the gateway's own addresses, in which packets arrive for good."""
        self.delay, self.gateway, self.ends, self.process = milliseconds / 1000, ipaddress.ip_network(gateway), {}, None

    def link(self, gateway, its_interface, other, interface):
        """Lays a cable between two namespaces."""
        near, far = open_tun(gateway, its_interface), open_tun(other, interface)
        self.ends[near], self.ends[far] = (far, False), (near, True)

    def start(self):
        self.process = os.fork()
        if self.process == 0:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            try:
                self.carry()
            finally:
                os._exit(1)
        for end in self.ends:
            os.close(end)

    def carry(self):
        waiting, count = [], 0
        poll = select.poll()
        for end in self.ends:
            poll.register(end, select.POLLIN)
        while True:
            pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
            for end, _ in poll.poll(None if pause is None else pause * 1000):
                other, is_for_gateway = self.ends[end]
                # A device that is down can't be read; poll tells of it again and again.
                with contextlib.suppress(OSError):
                    while len(waiting) < most_packets:
                        packet, count = os.read(end, 65536), count + 1
                        passes = is_for_gateway and not self.is_gateway(packet)
                        due = time.monotonic() + (0 if passes else self.delay)
                        heapq.heappush(waiting, (due, count, other, packet))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, other, packet = heapq.heappop(waiting)
                with contextlib.suppress(OSError):
                    os.write(other, packet)

    def is_gateway(self, packet):
        return packet[0] >> 4 == 4 and ipaddress.ip_address(packet[16:20]) in self.gateway

    def close(self):
        if self.process:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
