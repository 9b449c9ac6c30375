#!/usr/bin/env python3
"""Draws docs/images/demo.svg, the moving picture of the README, from the real program.

    make-demo.py [FILE]        plays the story with real daemons on loopback, and writes the picture
    make-demo.py --frames DIR  also renders moments of it by Chromium, to look at

Alice and Bob type in two terminals of tmux, and twenty other nodes run. What is on the screens is recorded many times a second,
with which of the nodes run. The picture is what was recorded: waits are shortened, nothing else is changed. It moves by CSS
alone. It begins with its last screen, so that it makes sense where nothing moves.

Needs tmux, and the release build.
"""
import argparse
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from daemons import Daemon, Town, program, remove

columns, rows, relays = 96, 7, 20
# Pixels: a character, a line, and what is around.
wide, high, pad, gap, head = 8.4, 19, 18, 16, 26
people = ["alice", "bob"]
# Seconds: the poster at the beginning, the longest wait that is shown, the end, and between two characters.
poster, longest, end, keystroke = 2.5, 1.1, 3.0, 0.06


class Terminal:
    """A person's terminal: a shell in tmux, in which `roost` is that person's."""

    def __init__(self, root, person):
        self.socket, self.home = f"roost-film-{os.getpid()}-{person}", os.path.join(root, person)
        os.makedirs(self.home + "/bin")
        os.symlink(os.path.abspath(program), self.home + "/bin/roost")
        environment = {
            "HOME": self.home, "PATH": f"{self.home}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "TZ": "UTC"}
        command = ["tmux", "-L", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows)]
        subprocess.run([*command, "exec env PS1='$ ' bash --norc --noprofile -i"], check=True, env=environment)
        self.tmux("set", "status", "off")
        self.wait(r"\$$")

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-L", self.socket, *arguments], check=True, capture_output=True, text=True).stdout

    @property
    def screen(self):
        return [line.rstrip() for line in self.tmux("capture-pane", "-p").split("\n")][:rows]

    def wait(self, pattern, seconds=60):
        def is_there():
            lines = [line for line in self.screen if line]
            return bool(lines) and re.search(pattern, "\n".join(lines)) is not None

        if not Town.until(is_there, seconds, pause=0.05)[0]:
            raise SystemExit(f"{pattern} did not come:\n" + "\n".join(self.screen))

    def run(self, command, pattern=r"\$$"):
        """Types a command as a person does, and waits until it has ended."""
        for character in command:
            self.tmux("send-keys", "-l", character)
            time.sleep(0.03)
        time.sleep(0.25)
        self.tmux("send-keys", "Enter")
        time.sleep(0.2)
        self.wait(pattern)

    def close(self):
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], capture_output=True)


class Film:
    """What is seen, and when: the lines of both screens, which nodes run, and the words below."""

    def __init__(self, terminals, daemons):
        self.terminals, self.daemons, self.caption, self.frames = terminals, daemons, "", []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.record)

    def record(self):
        while not self.is_over.is_set():
            screens = [terminal.screen for terminal in self.terminals]
            running = [daemon.process.poll() is None for daemon in self.daemons]
            frame = (screens, running, self.caption)
            if not self.frames or self.frames[-1][1] != frame:
                self.frames.append((time.time(), frame))
            time.sleep(0.05)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def cut(self):
        """The frames with shorter waits, each with the second at which it begins, and how long all of it is."""
        now, cut = poster, []
        for index, (at, frame) in enumerate(self.frames):
            cut.append((now, frame))
            if index + 1 < len(self.frames):
                after, following = self.frames[index + 1]
                now += keystroke if is_typing(frame, following) else min(after - at, longest)
        return cut, now + end


def is_typing(frame, following):
    """Whether a command has only grown: a busy machine is no slow typist."""
    changes = [
        (old, new) for before, after in zip(frame[0], following[0]) for old, new in zip(before, after) if old != new]
    return frame[1:] == following[1:] and all(new.startswith("$ ") and new.startswith(old) and old for old, new in changes)


def play(root):
    """The story: Bob is there, and then he isn't; half of the nodes are killed, and Alice leaves; Bob comes back."""
    daemons = []
    terminals = [Terminal(root, person) for person in people]
    alice, bob = terminals
    try:
        for number in range(relays):
            known = [daemon.address for daemon in daemons[:3]]
            daemons.append(Daemon(program, os.path.join(root, f"relay{number}"), known))
        addresses = [daemon.address for daemon in daemons]
        directories = []
        for terminal in terminals:
            directory = terminal.home + "/.local/share/roost"
            os.makedirs(directory, mode=0o700)
            with open(directory + "/config.json", "w") as file:
                # Of those that will go and those that stay.
                json.dump({"listen": ["127.0.0.1:0"], "bootstrap": addresses[:2] + addresses[-2:]}, file)
            directories.append(directory)
        running = [Daemon(program, directory, []) for directory in directories]
        if not Town.until(lambda: all(person.is_known for person in running), 60)[0]:
            raise SystemExit("the network did not form")
        for terminal, other, friend in [(alice, running[1], "bob"), (bob, running[0], "alice")]:
            subprocess.run(
                [program, "peers", "add", friend, other.id, "--data", terminal.home + "/.local/share/roost"], check=True,
                capture_output=True)
        for terminal in terminals:
            terminal.run("clear")
        with Film(terminals, daemons) as film:
            film.caption = "Bob's node runs: he has Alice's message at once."
            time.sleep(0.8)
            alice.run("roost send bob 'Are you there?' --until delivered")
            time.sleep(0.6)
            bob.run("roost inbox")
            film.caption = "Bob leaves. What Alice writes now waits, sealed, with the twenty nodes."
            bob.run("roost down")
            alice.run("roost send bob 'Read this when you are back.'")
            time.sleep(0.8)
            film.caption = "Alice leaves as well, and half of the nodes are killed."
            alice.run("roost down")
            for daemon in daemons[::2]:
                daemon.end(signal.SIGKILL)
                time.sleep(0.1)
            time.sleep(0.8)
            film.caption = "Bob comes back: ten nodes are left, and his message is there."
            bob.run("roost up >up.log 2>&1 &")
            bob.run("roost status --wait ready | head -n 1")
            # What is in the mailbox comes within a second or so.
            Town.until(lambda: "Read this" in subprocess.run(
                [program, "inbox", "--peek", "--unread", "--data", directories[1]], capture_output=True, text=True).stdout, 60)
            bob.run("roost inbox")
            time.sleep(1)
        if not any("Read this when you are back." in line for line in bob.screen):
            raise SystemExit("the message did not come:\n" + "\n".join(bob.screen))
        return film
    finally:
        for directory in [terminal.home + "/.local/share/roost" for terminal in terminals]:
            subprocess.run([program, "down", "--data", directory], capture_output=True)
        for terminal in terminals:
            terminal.close()
        remove(daemons, root)


def spans(cut, duration, look):
    """When each thing is seen that a function finds in a frame: {thing: [(from, to)]}, in seconds."""
    seen = {}
    for index, (at, frame) in enumerate(cut):
        until = cut[index + 1][0] if index + 1 < len(cut) else duration
        for thing in look(frame):
            times = seen.setdefault(thing, [])
            if times and times[-1][1] == at:
                times[-1] = (times[-1][0], until)
            else:
                times.append((at, until))
    return seen


def draw(film):
    cut, duration = film.cut()
    last = cut[-1][1]
    width = round(2 * pad + columns * wide)
    pane = head + rows * high + 12
    height = round(2 * (pane + gap) + 74)
    styles, parts = {}, []

    def style(times, is_last):
        """A class that shows something at its times, and in the poster if it is of the last frame."""
        times = ([(0, poster)] if is_last else []) + times
        steps, on = [], False
        for begin, until in times:
            if steps and steps[-1][0] == begin:
                steps.pop()
            else:
                steps.append((begin, True))
            steps.append((until, False))
        if not steps or steps[0][0] > 0:
            steps.insert(0, (0, False))
        steps = [step for step in steps if step[0] < duration]
        if len(steps) == 1 and steps[0][1]:
            return ""
        rule = "".join(
            f"{100 * at / duration:.2f}%{{visibility:{'visible' if on else 'hidden'}}}" for at, on in steps)
        # Where nothing moves, the last frame is seen.
        key = (rule, is_last)
        styles.setdefault(key, f"s{len(styles)}")
        return styles[key]

    def text(x, y, line, kind, shown=""):
        body = html.escape(line, quote=False)
        length = f' textLength="{len(line) * wide:.1f}"' if kind in ("t", "c") else ""
        parts.append(f'<text class="{" ".join(filter(None, [kind, shown]))}" x="{x:.1f}" y="{y:.1f}"{length}>{body}</text>')

    for index, person in enumerate(people):
        top = index * (pane + gap) + gap
        parts.append(f'<rect class="pane" x="6" y="{top}" width="{width - 12}" height="{pane}" rx="9"/>')
        text(pad, top + 18, person.capitalize(), "who")
        things = spans(cut, duration, lambda frame: {
            (row, line) for row, line in enumerate(frame[0][index]) if line})
        for (row, line), times in sorted(things.items()):
            shown = style(times, line == last[0][index][row])
            y = top + head + (row + 1) * high - 4
            body = line.lstrip()
            x = pad + (len(line) - len(body)) * wide
            text(x, y, body, "c" if line.startswith("$ ") else "t", shown)
    top = 2 * (pane + gap) + gap
    captions = spans(cut, duration, lambda frame: {frame[2]} - {""})
    for caption, times in captions.items():
        text(pad, top + 10, caption, "say", style(times, caption == last[2]))
    step = (width - 2 * pad) / relays
    for number in range(relays):
        x, y = pad + step * (number + 0.5), top + 36
        parts.append(f'<circle class="gone" cx="{x:.1f}" cy="{y}" r="6"/>')
        times = spans(cut, duration, lambda frame: {True} if frame[1][number] else set()).get(True, [])
        shown = style(times, last[1][number])
        parts.append(f'<circle class="node {shown}" cx="{x:.1f}" cy="{y}" r="6"/>')
    rules = "".join(
        f"@keyframes {name}{{{rule}}}.{name}{{animation:{name} {duration:.1f}s step-end infinite"
        f"{'' if is_last else ';visibility:hidden'}}}" for (rule, is_last), name in styles.items())
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" \
aria-labelledby="title">
<title id="title">Alice writes to Bob, who is away; half of the nodes are killed and Alice leaves; Bob comes back and has the message</title>
<style>
.page{{fill:#f6f8fa}}.pane{{fill:#fff;stroke:#d0d7de}}.t,.c{{fill:#424a53}}.c{{fill:#0a3069;font-weight:600}}
.who{{fill:#6e7781;font:600 13px system-ui,sans-serif}}.say{{fill:#24292f;font:15px system-ui,sans-serif}}
.t,.c{{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:14px;white-space:pre}}
.node{{fill:#2da44e}}.gone{{fill:none;stroke:#afb8c1}}
@media(prefers-color-scheme:dark){{.page{{fill:#0d1117}}.pane{{fill:#161b22;stroke:#30363d}}.t{{fill:#c9d1d9}}.c{{fill:#79c0ff}}
.who{{fill:#8b949e}}.say{{fill:#e6edf3}}.node{{fill:#3fb950}}.gone{{stroke:#484f58}}}}
{rules}
@media(prefers-reduced-motion:reduce){{*{{animation:none!important}}}}
</style>
<rect class="page" width="{width}" height="{height}" rx="12"/>
{chr(10).join(parts)}
</svg>
""", duration


def render(path, duration, directory):
    """Moments of the picture, by a browser."""
    from chromium import find
    os.makedirs(directory, exist_ok=True)
    picture = open(path).read()
    width, height = re.search(r'width="(\d+)" height="(\d+)" role', picture).groups()
    for number in range(8):
        moment = duration * number / 8 + 0.05
        still = picture.replace("step-end infinite", f"step-end -{moment:.2f}s infinite paused")
        page = os.path.join(directory, f"{number}.svg")
        with open(page, "w") as file:
            file.write(still)
        subprocess.run(
            [find(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{height}",
             f"--screenshot={directory}/{number}.png", f"file://{os.path.abspath(page)}"], capture_output=True, timeout=60)
        os.remove(page)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("file", nargs="?", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "../docs/images/demo.svg"))
parser.add_argument("--frames", metavar="DIR")
arguments = parser.parse_args()
if not shutil.which("tmux"):
    sys.exit("make-demo.py: it needs tmux: install it, and start again.")
picture, duration = draw(play(tempfile.mkdtemp(prefix="roost-film-")))
with open(arguments.file, "w") as file:
    file.write(picture)
print(f"{arguments.file}: {len(picture.encode()) / 1024:.0f} KiB, {duration:.0f} s")
if arguments.frames:
    render(arguments.file, duration, arguments.frames)
