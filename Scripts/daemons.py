"""Real daemons on loopback, for scripts that measure or test them. Test traffic stays on this machine."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
# The release build of this tree, or $ROOST.
program = os.environ.get("ROOST") or os.path.join(here, "../.build/release/roost")


class Connection(http.client.HTTPConnection):
    """A connection to a daemon's socket."""

    def __init__(self, directory):
        super().__init__("roost", timeout=120)
        self.directory = directory

    def connect(self):
        # By its folder, since a socket's path may have only some hundred bytes.
        folder = os.open(self.directory, os.O_PATH)
        try:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(self.timeout)
            self.sock.connect(f"/proc/self/fd/{folder}/roost.sock")
        finally:
            os.close(folder)

    def ask(self, method, target, body=None):
        data = None if body is None else json.dumps(body).encode()
        self.request(method, target, data, {"Content-Type": "application/json"} if body is not None else {})
        answer = self.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None


class Daemon:
    def __init__(self, program, directory, bootstrap, arguments=(), listen="127.0.0.1:0", inside=()):
        """`inside`: a command that runs the daemon elsewhere, such as `ip netns exec NAME`."""
        self.program, self.directory = program, directory
        os.makedirs(directory, exist_ok=True)
        self.log = open(directory + ".log", "ab")
        command = [*inside, program, "up", "--data", directory, "--listen", listen, *arguments]
        for node in bootstrap:
            command += ["--bootstrap", node]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline().decode()
        if not line.startswith("ready "):
            raise SystemExit(f"{directory}: {line!r}; see {directory}.log")
        self.address = re.search(r"udp=([^, ]+)", line).group(1)

    @property
    def id(self):
        command = [self.program, "id", "--json", "--data", self.directory]
        return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["id"]

    @property
    def processor(self):
        """Seconds of processor time so far."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask(self, method, target, body=None):
        return Connection(self.directory).ask(method, target, body)

    @property
    def status(self):
        return self.ask("GET", "/v1/status")[1]

    @property
    def metrics(self):
        """What it counts, by name and labels."""
        connection = Connection(self.directory)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line[:1] not in ("", "#")}

    @property
    def is_known(self):
        """Whether it has joined and published its record: others can find out then how to write to it, if it has gone."""
        publications = 'roost_operations_total{kind="publication",outcome="finished"}'
        return self.status["state"] == "ready" and self.metrics.get(publications, 0) > 0

    @property
    def inbox(self):
        """All messages that are in the inbox."""
        found, after = [], ""
        while True:
            page = self.ask("GET", "/v1/messages" + after)[1]["messages"]
            if not page:
                return found
            found += page
            after = f"?after={page[-1]['position']}"

    def store(self, messages):
        """Sends messages, pairs of recipient and text, and waits until buddies keep all of them."""
        for to, text in messages:
            code, answer = self.ask("POST", "/v1/messages", {"to": to, "text": text})
            if code != 201:
                raise SystemExit(f"a message was not accepted: {answer}")
        if not Town.until(lambda: self.status["outboxByState"]["queued"] == 0, 60, pause=0.05)[0]:
            raise SystemExit("not all mail was stored")

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait()
        self.log.close()
        self.process.stdout.close()


def remove(daemons, root):
    """Ends daemons, and removes what they have left, unless $KEEP is set."""
    for daemon in daemons:
        daemon.end(signal.SIGKILL)
    if os.environ.get("KEEP"):
        print("kept in", root)
    else:
        shutil.rmtree(root, ignore_errors=True)


class Town:
    """Relays, and people who know three of them."""

    def __init__(self, program, relays):
        self.program = program
        self.root = tempfile.mkdtemp(prefix="roost-town-")
        self.daemons = []
        first = self.start("relay0", [])
        self.relays = [first] + [self.start(f"relay{i}", [first.address]) for i in range(1, relays)]

    def start(self, name, bootstrap, arguments=()):
        daemon = Daemon(self.program, os.path.join(self.root, name), bootstrap, arguments)
        self.daemons.append(daemon)
        return daemon

    def person(self, name, arguments=()):
        return self.start(name, [relay.address for relay in self.relays[:3]], arguments)

    def people_who_left(self, count):
        """People who were there long enough that others can write to them, and have ended; and a sender who is there."""
        people = [self.person(f"person{number}") for number in range(count)]
        sender = self.person("sender")
        if not Town.until(lambda: all(person.is_known for person in people + [sender]), 60)[0]:
            raise SystemExit("the network did not form")
        names = [person.id for person in people]
        for person in people:
            person.end()
        return people, names, sender

    @staticmethod
    def until(condition, seconds, pause=0.2):
        """Whether something holds within some seconds, and how long that took."""
        begun = time.time()
        while not condition():
            if time.time() - begun > seconds:
                return False, time.time() - begun
            time.sleep(pause)
        return True, time.time() - begun

    def __enter__(self):
        return self

    def __exit__(self, *_):
        remove(self.daemons, self.root)
