#!/usr/bin/env python3
"""How long conversations take to read from a real daemon whose store is large. Somebody writes many messages to themselves, which
count as received, and as many to somebody who has never run a node, some at a time; then each question is asked again and again. Test traffic
stays on this machine.

    measure-history.py [--messages 10000] [--sent 2000] [--rounds 20]

At the end `roost chat` opens the conversation on a pseudoterminal, and pages through it: from the key to the last byte that is drawn for it.

`--bin` names the program (default: the release build of this tree, or $ROOST). `command` is the whole run of `roost`, start included.
"""
import argparse
import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import termios
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
import daemons

WRITERS = 16


def fill(daemon, to, count):
    """Writes messages, several at once, as a commit is shared by all that wait for it."""
    def write(first):
        connection = daemons.Connection(daemon.directory)
        for number in range(first, count, WRITERS):
            code = 503
            while code == 503:
                code, answer = connection.ask("POST", "/v1/messages", {"to": to, "text": f"Message number {number}."})
            if code != 201:
                raise SystemExit(f"a message was not accepted: {answer}")

    threads = [threading.Thread(target=write, args=(first,)) for first in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def timed(rounds, body):
    """Median and highest of some runs, in milliseconds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        body()
        times.append((time.perf_counter() - begun) * 1e3)
    return f"{statistics.median(times):8.1f} ms   {max(times):8.1f} ms"


def whole(connection, target, way="after"):
    """Reads a conversation from one end to the other; returns how many messages, in how many pages."""
    found, pages, place = 0, 0, "&after=" if way == "after" else ""
    while place is not None:
        page = connection.ask("GET", target + place)[1]
        found, pages = found + len(page["messages"]), pages + 1
        rest = page.get("later" if way == "after" else "earlier")
        place = f"&{way}={rest}" if rest else None
    return found, pages


def resident(pid):
    """Memory of a process, in MB."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


class Chat:
    """`roost chat` on a pseudoterminal of 80 by 24."""

    def __init__(self, program, directory, peer):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(program, [program, "chat", peer, "--data", directory],
                      {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def until_still(self, text=b"", patience=20.0, silence=0.2):
        """Reads until the text was drawn, and nothing more for a while; when the last of it came."""
        drawn, last = b"", time.perf_counter()
        while True:
            ready = select.select([self.terminal], [], [], silence if text in drawn and drawn else patience)[0]
            if not ready:
                if text in drawn and drawn:
                    return last
                raise SystemExit(f"the chat has not drawn {text!r}")
            drawn += os.read(self.terminal, 65_536)
            last = time.perf_counter()

    def press(self, keys):
        """How long until all that follows a key is drawn, in milliseconds."""
        begun = time.perf_counter()
        os.write(self.terminal, keys)
        return (self.until_still() - begun) * 1e3

    def end(self):
        os.write(self.terminal, b"\x11")
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def measure_chat(program, daemon, peer, last, presses):
    """Opens the conversation, and goes back through it and forward again, page by page."""
    begun = time.perf_counter()
    chat = Chat(program, daemon.directory, peer)
    opened = (chat.until_still(last) - begun) * 1e3
    print(f"{'chat: the conversation is on the screen':44}  {opened:8.1f} ms   {resident(chat.pid):.0f} MB of the chat")
    for name, key in (("back", b"\x1b[5~"), ("forward", b"\x1b[6~")):
        times = [chat.press(key) for _ in range(presses)]
        print(f"{'chat: a page ' + name:44}  {statistics.median(times):8.1f} ms   {max(times):8.1f} ms   "
              f"{presses} pages, then {resident(chat.pid):.0f} MB of the chat, {resident(daemon.process.pid):.0f} MB of the daemon")
    chat.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--sent", type=int, default=2_000, help="to somebody else; 10,000 may be under way")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--bin", default=daemons.program)
    options = parser.parse_args()
    with daemons.Town(options.bin, 1) as town:
        daemon, root = town.relays[0], town.root
        other = subprocess.run(
            [options.bin, "init", "--data", os.path.join(root, "other")], capture_output=True, text=True, check=True
        ).stdout.strip()
        me = daemon.id
        begun = time.time()
        fill(daemon, me, options.messages)
        fill(daemon, other, options.sent)
        print(f"{options.messages} messages received and {options.sent} sent, in {time.time() - begun:.1f} s")
        connection = daemons.Connection(daemon.directory)
        path = f"/v1/conversations/{me}/messages?limit="
        # Messages have their times in whole seconds.
        time.sleep(1.1)
        before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        fill(daemon, me, 50)

        def command(*arguments):
            subprocess.run(
                [options.bin, *arguments, "--data", daemon.directory], stdout=subprocess.DEVNULL, check=True)

        yesterday, tomorrow = (
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * 86_400)) for days in (-1, 1))
        found, pages = whole(connection, f"{path}200&since={before}")
        if found != 50 or pages != 1:
            raise SystemExit(f"of 50 messages that came since, there are {found} in {pages} pages")

        print(f"{'':44}  {'median':>8}      {'highest':>8}")
        for name, body in [
            ("GET /v1/conversations", lambda: connection.ask("GET", "/v1/conversations")),
            ("the last 20 messages", lambda: connection.ask("GET", path + "20")),
            ("the last 200", lambda: connection.ask("GET", path + "200")),
            ("a search that finds nothing, one call", lambda: connection.ask("GET", path + "20&search=nothing")),
            ("the 50 that came since, from the first", lambda: connection.ask("GET", f"{path}200&after=&since={before}")),
            ("since yesterday: a page of all", lambda: connection.ask("GET", f"{path}200&after=&since={yesterday}")),
            ("since tomorrow: nothing", lambda: connection.ask("GET", f"{path}200&after=&since={tomorrow}")),
            ("GET /v1/status", lambda: connection.ask("GET", "/v1/status")),
            ("command: roost history", lambda: command("history")),
            ("command: roost history PEER --last 20", lambda: command("history", me, "--last", "20")),
            ("command: roost status", lambda: command("status")),
        ]:
            print(f"{name:44}  {timed(options.rounds, body)}")
        for name, parameters, way in [
            ("all, from the beginning", "200", "after"), ("all, from the end", "200", "before"),
            ("all, one by one", "1", "after"), ("all that is searched, and nothing found", "200&search=nothing", "after"),
        ]:
            begun = time.perf_counter()
            found, pages = whole(connection, path + parameters, way)
            print(f"{name:44}  {(time.perf_counter() - begun) * 1e3:8.1f} ms   {found} messages in {pages} pages")
        measure_chat(options.bin, daemon, me, b"Message number", 10 * options.rounds)
        # What others wait for while somebody searches without end.
        searching = True

        def search():
            asking = daemons.Connection(daemon.directory)
            while searching:
                whole(asking, path + "200&search=nothing")

        searcher = threading.Thread(target=search)
        searcher.start()
        print(f"{'GET /v1/status, while somebody searches':44}  "
              f"{timed(10 * options.rounds, lambda: connection.ask('GET', '/v1/status'))}")
        searching = False
        searcher.join()


if __name__ == "__main__":
    main()
