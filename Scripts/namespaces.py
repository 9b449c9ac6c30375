"""Machines of their own within this one, by network namespaces: what the scripts that need a network have in common."""
import contextlib
import os
import signal
import subprocess


class Missing(Exception):
    """What a script needs, and can't have here."""


def run(*command, text=None, check=True):
    return subprocess.run(command, input=text, check=check, capture_output=True, text=True).stdout


class Namespaces:
    """Namespaces and links between them, until they are closed; then what runs there ends too."""

    def __init__(self, name):
        self.prefix = f"roost-{name}{os.getpid()}-"
        self.spaces = []

    def inside(self, space):
        return ["ip", "netns", "exec", self.prefix + space]

    def ip(self, space, *lines):
        run("ip", "-n", self.prefix + space, "-batch", "-", text="\n".join(lines))

    def space(self, name, forwards=False):
        self.spaces.append(name)
        run("ip", "netns", "add", self.prefix + name)
        self.ip(name, "link set lo up")
        if forwards:
            run(*self.inside(name), "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")

    def link(self, gateway, its_interface, network, other, interface, cables=None):
        """A cable, one of the `cables` if there are some. One end is a gateway, with the address 1; the other has the address 2."""
        if cables:
            cables.link(self.prefix + gateway, its_interface, self.prefix + other, interface)
        else:
            self.ip(gateway, f"link add {its_interface} type veth peer name {interface} netns {self.prefix}{other}")
        self.ip(
            gateway, f"addr add {network}.1/24 dev {its_interface}", f"link set {its_interface} up")
        self.ip(
            other, f"addr add {network}.2/24 dev {interface}", f"link set {interface} up",
            f"route add default via {network}.1")

    def close(self):
        for space in self.spaces:
            for process in run("ip", "netns", "pids", self.prefix + space, check=False).split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)
            run("ip", "netns", "del", self.prefix + space, check=False)
