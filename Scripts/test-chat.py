#!/usr/bin/env python3
"""Two people talk by `roost chat`, in two terminals of tmux, with real daemons on loopback.

    test-chat.py            the whole story, less than a minute
    test-chat.py --show     prints each screen that is looked at

They write to each other both ways, thirty messages each without waiting for one another, strangers are accepted, refused and blocked, lines are pasted, a terminal is resized, suspended and continued, a daemon is killed and
started again, and in the end each terminal has to be as it was: its modes, its screen and its cursor. Where there is an OpenSSH server, the
same is tried over SSH on loopback. Exits with 0 only if all of
that held. Needs tmux; without it, it says that it was skipped. KEEP=1 keeps data and logs.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

from daemons import Daemon, Town, program

show = "--show" in sys.argv


class Terminal:
    """A pane of tmux with a shell in it."""

    def __init__(self, town, name, columns=80, rows=24):
        self.name, self.town = name, town
        self.socket = f"roost-chat-{os.getpid()}-{name}"
        home = os.path.join(town.root, "home-" + name)
        os.makedirs(home)
        environment = {**os.environ, "HOME": home, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        for variable in ("TMUX", "NO_COLOR", "ROOST_DATA", "TZ"):
            environment.pop(variable, None)
        command = ["tmux", "-L", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows)]
        subprocess.run([*command, "exec env PS1='$ ' bash --norc --noprofile -i"], check=True, env=environment)
        self.wait(r"^\$$")

    def tmux(self, *arguments, **options):
        return subprocess.run(["tmux", "-L", self.socket, *arguments], check=True, capture_output=True, text=True, **options).stdout

    def ask(self, what):
        return self.tmux("display-message", "-p", "#{" + what + "}").strip()

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def write(self, text):
        """A text and Enter."""
        self.tmux("send-keys", "-l", text, ";", "send-keys", "Enter")

    def paste(self, text):
        """As a terminal pastes: between brackets if the program wants them."""
        self.tmux("load-buffer", "-", input=text)
        self.tmux("paste-buffer", "-p")

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def wait(self, *patterns, absent=(), seconds=20):
        """Waits until all of the patterns are on the screen."""

        def holds():
            text = self.screen()
            return all(re.search(p, text, re.M) for p in patterns) and not any(re.search(p, text, re.M) for p in absent)

        if not Town.until(holds, seconds, pause=0.05)[0]:
            raise SystemExit(f"{self.name}'s screen has not {patterns}, or still {absent}:\n{self.screen()}")
        if show:
            print(f"--- {self.name}: {patterns}\n{self.screen()}")

    def modes(self):
        """The terminal's modes, as the system and as the terminal has them."""
        pane = self.ask("pane_tty")
        with open(pane) as terminal:
            modes = subprocess.run(["stty", "-a"], stdin=terminal, check=True, capture_output=True, text=True).stdout
        screen = [self.ask(what) for what in ("alternate_on", "cursor_flag", "wrap_flag", "keypad_flag", "mouse_any_flag")]
        return re.sub(r"rows \d+; columns \d+; ", "", modes), screen

    def run(self, command):
        """Has the shell run a command."""
        self.type("clear; " + command)
        self.press("Enter")

    def end(self):
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], capture_output=True)


def expect(condition, sentence):
    if not condition:
        raise SystemExit(f"It did not hold: {sentence}")


def restart(town, person, listen):
    """A killed daemon runs again, where it was."""
    person.end(signal.SIGKILL)
    town.daemons.remove(person)
    again = Daemon(program, person.directory, [relay.address for relay in town.relays[:3]], listen=listen)
    town.daemons.append(again)
    return again


def texts(daemon):
    return [message["text"] for message in daemon.inbox]


def both_ways(alice, bob, a, b, count=30):
    """Each writes so many, as fast as they can be typed and without waiting for the other's. All have to be there once, in one order on
    both screens and in both histories, as read by the other."""
    for number in range(count):
        a.write(f"From Alice {number}.")
        b.write(f"From Bob {number}.")
    written = sorted([f"From Alice {number}." for number in range(count)] + [f"From Bob {number}." for number in range(count)])
    histories = []
    for daemon, other in ((alice, bob), (bob, alice)):
        def all_read(command=(program, "history", other.id, "--search", "From ", "--json", "--data", daemon.directory)):
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")[:-1]
            all_read.found = [json.loads(line) for line in lines]
            return len(lines) == 2 * count and all(message["state"] == "read" for message in all_read.found)

        expect(Town.until(all_read, 30, pause=0.1)[0], f"all are there once and read: {all_read.found}")
        histories.append([(message["message"], message["text"]) for message in all_read.found])
    expect(histories[0] == histories[1], f"both have the same messages in the same order: {histories}")
    order = [text for _, text in histories[0]]
    expect(sorted(order) == written, f"each is there once: {order}")
    turns = sum(one.split()[1] != other.split()[1] for one, other in zip(order, order[1:]))
    expect(turns >= 10, f"they wrote at once, and not one after the other: {order}")
    # On screens that have room for all of them.
    for terminal, own in ((a, "Alice"), (b, "Bob")):
        terminal.resize(80, 2 * count + 40)
        terminal.wait(f"From Alice {count - 1}\\.", f"From Bob {count - 1}\\.", "And hello to you")

        def as_written(terminal=terminal, own=own):
            # Beside the list, which has the last one as well.
            shown = as_written.shown = re.findall(r"│ .*(From \w+ \d+\..*)", terminal.screen())
            # How a message stands is behind it where the writer's next doesn't stand equally: so behind the last one.
            standings = [line.split(".", 1)[1].strip() for line in shown if own in line]
            return [re.match(r"From \w+ \d+\.", line)[0] for line in shown] == order and standings == [""] * (count - 1) + ["read"]

        # A screen follows its daemon: what the daemon has isn't there at once.
        expect(Town.until(as_written, 20, pause=0.1)[0], f"{terminal.name}'s screen has them in that order, and as read: {as_written.shown}")
        terminal.resize(80, 24)
        terminal.wait("^Enter sends · .* · Ctrl-Q ends$")


def requests(town, alice, a):
    """Who writes first waits below all others, and is accepted, refused or blocked by keys."""
    strangers = town.relays[3:6]
    texts = ["May I?", "Buy this!", "Buy that!"]
    for stranger, text in zip(strangers, texts):
        stranger.ask("POST", "/v1/messages", {"to": alice.id, "text": text})
        a.wait(f"^  {re.escape(text)} +1 new")
    a.wait("^Requests +3 new │", absent=["Ctrl-T"])
    # From the conversation with Bob, which stands first: the newest request, and the others.
    a.press("Escape", "Home", "Down")
    a.wait("^› roost1.*\n  Buy that!", "Ctrl-T decides")
    a.press("C-t")
    a.wait("asks to be heard", "A accepts · R refuses · B blocks · Esc doesn't")
    a.press("b")
    # Blocked, it is no request any more.
    a.wait("Buy that! +blocked", "is blocked: .* unseen", "^Requests +2 new")
    a.press("End", "Up")
    a.wait("^› roost1.*\n  Buy this!")
    a.press("C-t", "r")
    a.wait("Delete all that roost1", "Y deletes · Esc doesn't")
    a.press("y")
    a.wait("had written is deleted", "^Requests +1 new", "^› roost1.*\n  May I", absent=["Buy this"])
    a.press("Enter")
    a.wait("a request: an answer accepts", r"\d\d:\d\d they  May I\?", "Ctrl-T decides")
    a.press("C-t", "a")
    a.wait("is accepted", absent=["^Requests", "a request", "May I\\? +1 new"])
    # Whoever is blocked stands below.
    a.press("Escape", "End", "Up", "Enter")
    a.wait("│ bob +roost1", "From Bob 29")
    listed = alice.ask("GET", "/v1/conversations")[1]["conversations"]
    standings = {conversation["peer"]: conversation["standing"] for conversation in listed}
    expected = {strangers[0].id: "accepted", strangers[2].id: "blocked"}
    expect({peer: standings.get(peer) for peer in [stranger.id for stranger in strangers]} == {**expected, strangers[1].id: None}, standings)


def story(town, terminals):
    alice, bob = town.person("alice"), town.person("bob")
    expect(Town.until(lambda: alice.is_known and bob.is_known, 60)[0], "the network has formed")
    for owner, name, other in ((alice, "bob", bob), (bob, "Alice-爱", alice)):
        subprocess.run([program, "peers", "add", name, other.id, "--data", owner.directory], check=True, capture_output=True)
    for name in ("alice", "bob"):
        terminals[name] = Terminal(town, name)
    a, b = terminals["alice"], terminals["bob"]
    before = {name: terminal.modes() for name, terminal in terminals.items()}

    # Both ways, at once on the other's screen, and read there.
    a.run(f"{program} chat bob --data {alice.directory}; echo status $?")
    a.wait("^Conversations +│ bob +roost1", "nothing yet", "^Enter sends · .* · Ctrl-Q ends$")
    b.run(f"{program} chat --data {bob.directory}")
    b.wait("No conversations yet", "^Up/Down choose · Enter opens · Ctrl-Q ends$")
    a.type("Hello Bob, wörld 家 👩‍👩‍👧")
    a.wait("> Hello Bob")
    a.press("Enter")
    a.wait(r"\d\d:\d\d you  Hello Bob, wörld 家 .*  (queued|stored \d+ of \d+|delivered)", absent=["> Hello"])
    b.wait("› Alice-爱 +\\d\\d:\\d\\d", "1 new")
    a.wait("Hello Bob.*  delivered")
    expect(not any(message["read"] for message in bob.inbox), "what is only listed is not read")
    b.press("Enter")
    b.wait("│ Alice-爱 +roost1", r"\d\d:\d\d Alice-爱  Hello Bob, wörld 家", absent=["1 new"])
    a.wait("Hello Bob.*  read")
    b.type("And hello to you")
    b.press("Enter")
    a.wait(r"\d\d:\d\d bob  And hello to you")
    b.wait("And hello to you  read")

    # A paste of three lines is one text, until Enter.
    a.paste("one\ntwo\nthree")
    a.wait("> one$", "^ +│   two$", "^ +│   three$")
    a.press("M-Enter")
    a.type("four")
    a.press("Enter")
    b.wait(r"\d\d:\d\d Alice-爱  one$", r"│ +two$", r"│ +three$", r"│ +four$")
    expect(texts(bob)[1:] == ["one\ntwo\nthree\nfour"], "the lines came as one message, and nothing before it")

    # What would act on a terminal doesn't.
    subprocess.run([program, "send", "bob", "--data", alice.directory, "--until", "queued", "-"], check=True, capture_output=True,
                   input=b"\x1b[2J\x1b[31mevil\x07 \xe2\x80\xaereversed \xcc\x81" + b"\xcc\x81" * 20_000)
    b.wait("␛\\[2J␛\\[31mevil␇ .*reversed", "│ Alice-爱 +roost1")

    # Forty columns: one of both.
    b.resize(40, 16)
    b.wait("^Alice-爱  roost1", r"^\d\d:\d\d you +And hello to you", "^Enter sends · Esc list · Ctrl-Q ends$", absent=["│"])
    expect(all(len(line) <= 40 for line in b.screen().split("\n")), "no line is wider than the terminal")
    b.press("Escape")
    b.wait("^Conversations$", "^› Alice-爱", "^Enter opens · Ctrl-Q ends$")
    b.press("Enter")
    b.wait("^Alice-爱  roost1")
    b.resize(80, 24)
    b.wait("^Conversations +│ Alice-爱")

    # Suspended, the terminal is the shell's; continued, all is there again.
    b.type("half a sen")
    b.wait("> half a sen")
    b.press("C-z")
    b.wait("Stopped")
    expect(b.ask("alternate_on") == "0", "a suspended chat leaves the screen")
    b.run("fg; echo status $?")
    b.wait("> half a sen", "And hello to you")
    b.type("tence")
    b.press("Enter")
    a.wait("bob  half a sentence")

    both_ways(alice, bob, a, b)

    requests(town, alice, a)

    # A daemon that is killed takes nothing with it.
    address = alice.address
    alice.end(signal.SIGKILL)
    a.wait("Roost is not running")
    a.type("While it was away")
    a.press("Enter")
    a.wait("While it was away  waits for Roost")
    a.type("still typing")
    a.wait("> still typing")
    alice = restart(town, alice, address)
    a.wait("While it was away  (queued|stored|delivered|read)", "> still typing", absent=["not running"])
    b.wait(r"│ \d\d:\d\d .*  While it was away$")
    expect(texts(bob).count("While it was away") == 1, "it was sent once")

    # The wheel of a mouse scrolls; and a mouse that is clicked types nothing.
    for number in range(30):
        subprocess.run([program, "send", "bob", f"Line {number}", "--data", alice.directory, "--until", "queued"], check=True, capture_output=True)
    a.wait("Line 29", absent=["Line 5 "])
    expect(a.ask("mouse_any_flag") == "1" and a.ask("mouse_sgr_flag") == "1", "the wheel is told")
    a.type("\x1b[<64;60;5M" * 8)
    a.wait("Line 5 ?", "> still typing$", "more below: PgDn", absent=["│.*Line 29"])
    a.type("\x1b[<0;60;5M\x1b[<0;60;5m" + "\x1b[<65;60;5M" * 9)
    a.wait("Line 29", "> still typing$", absent=["more below"])

    # A terminal at its end is as it was, and what was typed is there next time; also after a signal, and over SSH.
    a.press("C-q")
    b.press("C-c")
    for name, terminal in terminals.items():
        terminal.wait("^status 0$", r"^\$$")
        expect(terminal.modes() == before[name], f"{name}'s terminal is as it was: {terminal.modes()}, {before[name]}")
    begun = "still typing"
    for number, name in ((signal.SIGTERM, "TERM"), (signal.SIGHUP, "HUP"), (signal.SIGINT, "INT")):
        a.run(f"{program} chat bob --no-mouse --data {alice.directory}; echo status $?")
        a.wait("Line 29", f"> {begun}$")
        expect(a.ask("mouse_any_flag") == "0", "the mouse is the terminal's")
        a.type(".")
        begun += "."
        a.wait(re.escape(f"> {begun}") + "$")
        found = subprocess.run(["pgrep", "-P", a.ask("pane_pid"), "roost"], check=True, capture_output=True, text=True).stdout
        os.kill(int(found), number)
        a.wait(f"^status {128 + number}$", r"^\$$", absent=["Conversations"])
        expect(a.modes() == before["alice"], f"the terminal is as it was after {name}")

    ssh = SecureShell.start(town)
    if ssh:
        try:
            over_ssh(ssh, alice, a, begun, before["alice"])
        finally:
            ssh.end()

    # Without a terminal, it says what to use.
    for options in ({"stdin": subprocess.DEVNULL}, {}):
        run = subprocess.run([program, "chat", "--data", alice.directory], capture_output=True, text=True, **options)
        expect(run.returncode == 64 and "roost history" in run.stderr and "roost send" in run.stderr, run)


def over_ssh(ssh, alice, a, begun, before):
    """The same over SSH: keys, the wheel, a change of size, and a connection that is lost."""
    a.run(ssh.command(f"TERM=xterm-256color LC_ALL=C.UTF-8 {program} chat bob --data {alice.directory}") + "; echo status $?")
    a.wait("Line 29", re.escape(f"> {begun}") + "$")
    a.press("C-u")
    a.type("Over SSH, wörld 家")
    a.press("Enter")
    a.wait(r"Over SSH, wörld 家  (queued|stored \d+ of \d+|delivered|read)")
    a.type("\x1b[<64;60;5M" * 8)
    a.wait("more below: PgDn", absent=["│.*Over SSH"])
    a.resize(40, 16)
    a.wait("^bob +roost1", absent=["│"])
    a.resize(80, 24)
    a.wait("^Conversations +│ bob")
    a.type("half over SSH")
    a.wait("> half over SSH")
    a.press("C-q")
    a.wait("^status 0$", r"^\$$")
    expect(a.modes() == before, f"the terminal is as it was after SSH: {a.modes()}, {before}")
    # The connection is lost: the program there hears it, and what was typed is kept.
    a.run(ssh.command(f"TERM=xterm-256color LC_ALL=C.UTF-8 {program} chat bob --data {alice.directory}") + "; stty sane; clear; echo ended")
    a.wait("> half over SSH")
    a.type(" and more")
    a.wait("> half over SSH and more")
    ssh.cut()
    a.wait("^ended$")
    person = json.loads(subprocess.run([program, "peers", "--json", "--data", alice.directory], check=True, capture_output=True, text=True).stdout.split("\n")[0])
    path = f"/v1/conversations/{person['id']}/draft"
    expect(Town.until(lambda: alice.ask("GET", path)[1]["text"] == "half over SSH and more", 10)[0], "what was typed over SSH is kept")
    print("`roost chat` was used over SSH.")


class SecureShell:
    """A server of OpenSSH on loopback, for one throw-away key."""

    @staticmethod
    def start(town):
        """None where there is no server."""
        server = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
        if not server or not shutil.which("ssh"):
            print("SKIPPED test-chat.py over SSH: there is no OpenSSH server")
            return None
        return SecureShell(town, server)

    def __init__(self, town, server):
        self.home = os.path.join(town.root, "ssh")
        os.makedirs(self.home, mode=0o700)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(self.home, name)], check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        settings = [
            f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {self.home}/host", f"AuthorizedKeysFile {self.home}/user.pub",
            "PidFile none", "StrictModes no", "UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PrintMotd no",
            "PermitRootLogin prohibit-password",
        ]
        with open(os.path.join(self.home, "config"), "w") as file:
            file.write("\n".join(settings) + "\n")
        # Where its packages put it at the start of the machine.
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.log = open(os.path.join(self.home, "log"), "w")
        self.process = subprocess.Popen([server, "-D", "-e", "-f", os.path.join(self.home, "config")], stderr=self.log, start_new_session=True)

        def answers():
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return True
            except OSError:
                return False

        expect(Town.until(answers, 10)[0], f"the server of OpenSSH runs: {open(self.log.name).read()}")

    def command(self, command):
        """What to type to have a command run over it, on a terminal."""
        return (f"ssh -tt -p {self.port} -i {self.home}/user -o IdentitiesOnly=yes -o StrictHostKeyChecking=no"
                f" -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR 127.0.0.1 '{command}'")

    def cut(self):
        """Ends the server and all of its connections, as a cable that is pulled would in the end."""
        connections = children(self.process.pid)
        self.process.terminate()
        for pid in connections:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.log.close()


def children(pid):
    """Processes that another has begun, but for those of the programs that these run."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return [int(child) for child in found]


def main():
    if not shutil.which("tmux"):
        print("SKIPPED test-chat.py: there is no tmux")
        return
    terminals = {}
    with Town(program, 6) as town:
        try:
            story(town, terminals)
        finally:
            for terminal in terminals.values():
                terminal.end()
    print("Two people talked by `roost chat`, and their terminals are as they were.")


main()
