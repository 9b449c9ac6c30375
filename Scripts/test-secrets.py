#!/usr/bin/env python3
"""What other users of a machine, and whoever finds what a node leaves behind, can have of it: modes of files, links laid in its way, and
secrets in lists of processes, in logs, in core dumps and on the disk.

    test-secrets.py [--keep]

Three real daemons write to each other on the loopback, with all logged. Whoever attacks is the user `nobody`: that part needs root, and says
that it was skipped elsewhere. Exits with 0 if nothing was found. Takes some ten seconds.
"""
import argparse
import base64
import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

from daemons import Daemon, Town, program, remove

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Tests/SecondImplementation"))
from person import ALPHABET, u  # noqa: E402

# Who attacks, and whom, where that mustn't be root, who may use what is others'.
NOBODY, SOMEBODY = 65_534, 65_533
PASSPHRASE = "a passphrase that nobody else has 4711"
TEXTS = ["A text that only two may read 0815.", "And a second one, 0816."]
failures = []


def check(holds, what):
    print(("ok      " if holds else "FAILED  ") + what, flush=True)
    if not holds:
        failures.append(what)


def secret(path):
    """A key file's line, and the key."""
    with open(path) as file:
        line = next(line for line in file.read().split() if "-secret1" in line)
    bits = 0
    for letter in line.split("1", 1)[1][:52]:
        bits = bits << 5 | ALPHABET.index(letter)
    return line, u(bits >> 4, 32)


def spellings(line, key):
    """How a key may be written down."""
    return [line.encode(), key, key.hex().encode(), key.hex().upper().encode(), base64.b64encode(key).rstrip(b"=")]


def files_below(directory):
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def holds(path, needles):
    """What of this is in a file."""
    with open(path, "rb") as file:
        content = file.read()
    return [needle for needle in needles if needle in content]


def roost(*arguments, **options):
    return subprocess.run([program, *arguments], capture_output=True, text=True, **options)


def as_user(user, *command):
    return subprocess.run(
        command, capture_output=True, text=True, user=user, group=user, extra_groups=[], cwd="/", timeout=10, env={"HOME": "/nonexistent"})


def as_nobody(*command):
    return as_user(NOBODY, *command)


def can_as_nobody(attempt):
    """Whether another user can do this."""
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            attempt()
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def check_modes(directories):
    """Everything that a daemon has made is its owner's alone, although the umask would let all in."""
    for directory in directories:
        open_ones = [path for folder, names, files in os.walk(directory) for path in
                     [folder, *(os.path.join(folder, name) for name in names + files)] if os.lstat(path).st_mode & 0o077]
        check(not open_ones, f"nothing in {os.path.basename(directory)} is open to others {open_ones or ''}")
    kinds = {name: stat.S_IFMT(os.lstat(os.path.join(directories[0], name)).st_mode) for name in os.listdir(directories[0])}
    check(kinds.get("roost.sock") == stat.S_IFSOCK and "api-token" in kinds and "store" in kinds, "the socket, the token and the store are there")


def check_others(town, node):
    """What the user nobody can do to a node of ours, and to who is about to start one."""
    directory = node.directory
    for name in ("node.key", "profile.key", "api-token", "store"):
        check(not can_as_nobody(lambda: open(os.path.join(directory, name)).close()), f"another user can't open {name}")
    connect = lambda path: lambda: socket.socket(socket.AF_UNIX).connect(path)
    check(not can_as_nobody(connect(os.path.join(directory, "roost.sock"))), "another user can't use the socket")
    # Where others could come to the directory, the socket's own mode would keep them out.
    os.chmod(directory, 0o755)
    check(can_as_nobody(lambda: os.stat(os.path.join(directory, "roost.sock"))), "also where they can come to it,")
    check(not can_as_nobody(connect(os.path.join(directory, "roost.sock"))), "   they can't use the socket,")
    check(not can_as_nobody(lambda: open(os.path.join(directory, "profile.key")).close()), "   nor read the key")
    os.chmod(directory, 0o700)
    other = os.path.join(town.root, "roost")
    shutil.copy(program, other)
    check(as_nobody(other, "--version").returncode == 0, "another user can run the program,")
    for command in (("status",), ("inbox",), ("id",), ("export", "/tmp/roost-stolen.export")):
        check(as_nobody(other, *command, "--data", directory).returncode, f"   and not roost {command[0]}")

    trap = os.path.join(town.root, "trap")
    os.mkdir(trap)
    os.chmod(trap, 0o1777)
    theirs, ours = os.path.join(trap, "theirs"), os.path.join(town.root, "ours")
    as_nobody("mkdir", "-m", "777", theirs)
    refused = lambda path, code: as_user(SOMEBODY, other, "up", "--data", path, "--listen", "127.0.0.1:0").returncode == code
    check(refused(theirs, 77), "a data directory that another user has made is refused")
    as_nobody("ln", "-s", theirs, os.path.join(trap, "link"))
    check(refused(os.path.join(trap, "link"), 77), "and so is their link to it")
    os.mkdir(ours)
    os.mkdir(os.path.join(ours, "Documents"))
    os.chown(ours, SOMEBODY, SOMEBODY)
    as_nobody("ln", "-s", ours, os.path.join(trap, "link-to-ours"))
    check(refused(os.path.join(trap, "link-to-ours"), 73), "their link to a directory of ours that holds other things is refused")
    check(os.listdir(ours) == ["Documents"] and not os.listdir(theirs), "nothing was written there")

    # Links where an export is to be written: it goes to no file of ours, and to none of theirs.
    victim = os.path.join(town.root, "victim")
    with open(victim, "w") as file:
        file.write("untouched")
    environment = {**os.environ, "ROOST_PASSPHRASE": PASSPHRASE}
    as_nobody("touch", os.path.join(theirs, "file"))
    for name, target in (("export", victim), ("export-new", os.path.join(trap, "stolen")), ("export-own", os.path.join(theirs, "file")), ("plain", None)):
        path = os.path.join(trap, name)
        as_nobody(*(("ln", "-s", target) if target else ("touch",)), path)
        what = f"a link to {os.path.basename(target)}" if target else "a file of theirs"
        for options in ((), ("--replace",)):
            roost("export", path, *options, "--data", directory, env=environment, timeout=30)
            with open(victim, "rb") as file:
                check(file.read() == b"untouched", f"an export{' that replaces' if options else ''} over {what} leaves our file")
            check(not os.path.exists(os.path.join(trap, "stolen")), "   and makes none for them")
            check(not os.path.getsize(os.path.join(theirs, "file")) and (target or not os.path.getsize(path)), "   and fills none of theirs")
            if not os.path.islink(path) and os.path.exists(path) and os.path.getsize(path):
                check(os.stat(path).st_uid == os.geteuid() and not os.stat(path).st_mode & 0o077, "   and what is there now is ours alone")


def check_processes(town, needles):
    """Lists of processes: what others see of a daemon and of commands."""
    for daemon in town.daemons:
        if daemon.process.poll() is not None:
            continue
        with open(f"/proc/{daemon.process.pid}/cmdline", "rb") as file:
            line = file.read()
        check(not [needle for needle in needles if needle in line], f"no secret is in the command line of {os.path.basename(daemon.directory)}")


def check_core(town, node, needles):
    """A daemon that crashes leaves no core dump, though the system would make one."""
    with open("/proc/sys/kernel/core_pattern") as file:
        pattern = file.read().strip()
    os.chdir(town.root)
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    if pattern.startswith("|") or not hard:
        print("        (core dumps of this system go elsewhere or are forbidden: only the limit is looked at)")
    daemon = town.start("crashing", [node.address])
    with open(f"/proc/{daemon.process.pid}/limits") as file:
        limit = next(line for line in file if line.startswith("Max core file size")).split()[4]
    check(limit == "0", f"a daemon makes no core dump: its limit is {limit}")
    # A dump of all that is mapped would take minutes.
    if limit != "0":
        return
    daemon.end(signal.SIGSEGV)
    made = [path for path in files_below(town.root) if "core" in os.path.basename(path).split(".")]
    check(not made, f"and makes none {made or ''}")
    os.chdir("/")


def main():
    # Where there is a Swift toolchain, its own report of a crash would take minutes.
    os.environ["SWIFT_BACKTRACE"] = "enable=no"
    os.umask(0)
    root = tempfile.mkdtemp(prefix="roost-secrets-")
    os.chmod(root, 0o755)
    town = Town.__new__(Town)
    town.program, town.root, town.daemons = program, root, []
    try:
        options = ["--log-level", "trace", "--api", "0", "--metrics", "0"]
        first = town.start("first", [], options)
        amy, ben = town.start("amy", [first.address], options), town.start("ben", [first.address], options)
        if not Town.until(lambda: amy.is_known and ben.is_known, 30)[0]:
            raise SystemExit("the network did not form")
        directories = [first.directory, amy.directory, ben.directory]
        ids = {name: daemon.id for name, daemon in (("amy", amy), ("ben", ben))}
        for text in TEXTS:
            amy.ask("POST", "/v1/messages", {"to": ids["ben"], "text": text})
        arrived = lambda: len(ben.inbox) == len(TEXTS)
        if not Town.until(arrived, 20)[0]:
            raise SystemExit("the messages did not arrive")
        roost("web", "--data", amy.directory)
        keys = [spelling for directory in directories for name in ("node.key", "profile.key")
                for spelling in spellings(*secret(os.path.join(directory, name)))]
        with open(os.path.join(amy.directory, "api-token"), "rb") as file:
            tokens = [file.read().strip()]
        texts = [text.encode() for text in TEXTS]

        check_modes(directories)
        check_processes(town, keys + tokens + texts)
        if os.geteuid() == 0:
            check_others(town, amy)
        else:
            print("SKIPPED what another user can do: it needs root")

        # Logs at their fullest, and what else lies beside the data directories.
        for directory in directories:
            log = directory + ".log"
            found = holds(log, keys + tokens + texts + [PASSPHRASE.encode()])
            check(os.path.getsize(log) > 1_000 and not found, f"no key, token, passphrase or text is in the log of {os.path.basename(directory)}")
        check(not holds(first.directory + ".log", [one.encode() for one in ids.values()]), "   nor who writes to whom, in that of another node")

        # Only the two people's disks have the text; keys lie in key files alone.
        check(not [path for path in files_below(first.directory) if holds(path, texts)], "a node that kept mail has no text on its disk")
        for directory in directories:
            own = [os.path.join(directory, name) for name in ("node.key", "profile.key")]
            found = [path for path in files_below(directory) if path not in own and holds(path, keys)]
            check(not found, f"keys lie in no other file of {os.path.basename(directory)} {found or ''}")

        # Sealed keys are nowhere in the clear.
        amy.end()
        sealed = secret(os.path.join(amy.directory, "profile.key")), secret(os.path.join(amy.directory, "node.key"))
        passphrase = os.path.join(root, "passphrase")
        with open(passphrase, "w") as file:
            file.write(PASSPHRASE + "\n")
        os.chmod(passphrase, 0o600)
        done = roost("passphrase", "--data", amy.directory, "--new-passphrase-file", passphrase, "--passphrase-file", passphrase)
        check(done.returncode == 0, f"the keys can be sealed {done.stderr}")
        needles = [spelling for pair in sealed for spelling in spellings(*pair)]
        again = town.start("amy", [first.address], options + ["--passphrase-file", passphrase])
        Town.until(lambda: again.status["state"] == "ready", 20)
        found = [path for path in files_below(amy.directory) if holds(path, needles)]
        check(not found, f"sealed keys are in no file in the clear, also while the node runs {found or ''}")
        check(not holds(amy.directory + ".log", needles + [PASSPHRASE.encode()]), "nor in its log, nor is the passphrase")
        check_processes(town, needles + [PASSPHRASE.encode()])
        check_core(town, first, needles)
    finally:
        if arguments.keep:
            os.environ["KEEP"] = "1"
        remove(town.daemons, root)
    sys.exit(1 if failures else 0)


parser = argparse.ArgumentParser()
parser.add_argument("--keep", action="store_true")
arguments = parser.parse_args()
main()
