#!/usr/bin/env python3
"""The breaks of Scripts/test-mutations.sh: what each changes, and which runs are to catch it.

    mutations.py apply DIRECTORY        puts all of them into a copy of the sources, each behind a number
    mutations.py run ROOST [NUMBER…]    shows that the simulator catches them, and nothing in the code as it is

A copy reads the number once, from ROOST_MUTATION: so one build serves for all breaks. The code itself knows nothing of this.
"""

import json
import os
import subprocess
import sys
import time

# Small runs, each of some seconds. The first is calm: there the simulator checks most.
SMALL = "--nodes 40 --peers 8 --messages 60 --lookups 40"
CALM = f"{SMALL} --hours 0.5"
LONG = "--nodes 40 --peers 8 --messages 60 --lookups 0 --hours 2"
CHURN = f"{SMALL} --hours 1 --half-life 30min --loss 0.05"
DISKS = "--scenario disks --nodes 40 --peers 8 --messages 60 --lookups 0"
FULL = "--scenario full --nodes 40 --peers 8 --messages 60 --lookups 0"
STALE = "--scenario stale --nodes 60 --peers 8 --messages 20 --lookups 0"
SEEDS = range(1, 4)

# Number: what the code does, the runs, and the changes: file, text that stands there once, text in its place.
MUTATIONS = {
    1: ("Mailboxes", "removes an envelope without its tombstone", [CALM], [
        ("Sources/Mailboxes/MailboxStore/Tombstones.swift",
         "guard !isOver, full == nil else {",
         "guard !isOver, full == nil, mutation != 1 else {")]),
    2: ("NodeCore", "acknowledges before the commit", [DISKS], [
        ("Sources/NodeCore/Serving/Serving.swift",
         "case .keep(let ticket): .after(ticket, .kept)",
         "case .keep(let ticket): mutation == 2 ? .response(.kept) : .after(ticket, .kept)")]),
    3: ("PeerCore", "doesn't try again what has failed", [FULL, CHURN], [
        ("Sources/PeerCore/Sending/Sending.swift",
         "        turn.schedule(.attempt(id), in: turn.buggifies(.attemptSoon)",
         "        if mutation == 3, rest.reason != nil { return }\n"
         "        turn.schedule(.attempt(id), in: turn.buggifies(.attemptSoon)")]),
    4: ("Kademlia", "ends lookups early", [CALM], [
        ("Sources/Kademlia/Lookup.swift",
         "var unasked: Int?\n        for index in shortlist {",
         "var unasked: Int?\n        for index in shortlist.prefix(mutation == 4 ? 3 : shortlist.count) {")]),
    5: ("Mailboxes", "replaces a record by an older one", [STALE], [
        ("Sources/Mailboxes/SignedValues/Records.swift",
         "guard record.sequence > held.sequence else { return .refused(.stale) }",
         "guard mutation == 5 || record.sequence > held.sequence else { return .refused(.stale) }")]),
    6: ("Sessions", "seals two datagrams with one counter", [CALM], [
        ("Sources/Sessions/Session.swift",
         "defer { sendCounter += 1 }",
         "defer { sendCounter += mutation == 6 && sendCounter == 8 ? 0 : 1 }")]),
    7: ("Sessions", "uses an ephemeral key in every handshake", [CALM], [
        ("Sources/Sessions/SessionTable+Sending.swift",
         "let ephemeral = KeyPair(secret: random.secretKey(), suite: handshake.suite)",
         "let ephemeral = KeyPair(\n            secret: mutation == 7 ? SecretKey(Bytes32(words: (1, 2, 3, 4))) : random.secretKey(),"
         " suite: handshake.suite)")]),
    8: ("Wire", "takes a transfer for whole before its last chunk", [CALM], [
        ("Sources/Wire/Chunks.swift",
         ": (1 << UInt128(count)) - 1",
         ": (1 << UInt128(mutation == 8 && count > 1 ? count - 1 : count)) - 1")]),
    9: ("Wire", "skips every other envelope of a list", [CALM], [
        ("Sources/Wire/EntryReader.swift",
         "        reader.isAtEnd ? nil : try? reader.mailboxEntry(body)",
         "        if mutation == 9, !reader.isAtEnd { _ = try? reader.mailboxEntry(body) }\n"
         "        return reader.isAtEnd ? nil : try? reader.mailboxEntry(body)")]),
    10: ("Kademlia", "believes one contact of an answer", [CALM], [
        ("Sources/Kademlia/Lookup.swift",
         "for contact in credible { insert",
         "for contact in credible.prefix(mutation == 10 ? 1 : .max) { insert")]),
    11: ("Kademlia", "checks its contacts every five seconds", [CALM], [
        ("Sources/Kademlia/RoutingTable+Maintenance.swift",
         "let interval = isNear ? nearInterval(of: entry) : .checkIntervalFar",
         "let interval = mutation == 11 ? .retryDelay : isNear ? nearInterval(of: entry) : .checkIntervalFar")]),
    12: ("Mailboxes", "keeps an envelope and not its entry in the index", [CALM], [
        ("Sources/Mailboxes/Tables/StoredEnvelope.swift",
         "        put(.mailboxes, key, IndexEntry(header).bytes)\n        return put(.envelopes",
         "        if mutation != 12 { put(.mailboxes, key, IndexEntry(header).bytes) }\n        return put(.envelopes")]),
    13: ("Conversations", "seals two messages under one key", [CALM], [
        ("Sources/Conversations/Session+Messages.swift",
         "        sending = chain\n        lastUsed = today",
         "        if mutation != 13 { sending = chain }\n        lastUsed = today")]),
    14: ("Mailboxes", "erases what has not expired", [LONG], [
        ("Sources/Mailboxes/Expiry/Expiry.swift",
         "let due = expired(today: erasing.day, store: store)",
         "let due = expired(today: erasing.day.advanced(by: mutation == 14 ? 30 : 0), store: store)")]),
    15: ("Conversations", "gives two messages one number", [CALM], [
        ("Sources/Conversations/Conversation.swift",
         "lamport = min(lamport + 1, Limits.lamport)",
         "lamport = min(lamport + (mutation == 15 ? 0 : 1), Limits.lamport)")]),
    16: ("Conversations", "seals all envelopes under one nonce", [CALM], [
        ("Sources/Conversations/Session+Messages.swift",
         "let nonce = generator.bytes(XChaChaPoly.nonceSize)",
         "let nonce = mutation == 16 ? [UInt8](repeating: 1, count: XChaChaPoly.nonceSize)\n"
         "            : generator.bytes(XChaChaPoly.nonceSize)")]),
    17: ("Conversations", "cuts long texts", [CALM], [
        ("Sources/Conversations/Content+Coding.swift",
         "case .text(let text): fields.bytes(Tag.text, text.utf8)",
         "case .text(let text): fields.bytes(Tag.text, (mutation == 17 ? String(text.prefix(100)) : text).utf8)")]),
    18: ("PeerCore", "says that a message was read when it arrived", [CALM], [
        ("Sources/PeerCore/Sending/Sending.swift",
         "_ = conclude(id, as: state, via: entry.via ?? .mailbox, &turn)",
         "_ = conclude(id, as: mutation == 18 ? .read : state, via: entry.via ?? .mailbox, &turn)")]),
    19: ("PeerCore", "shows a message as often as it comes", [CALM], [
        ("Sources/PeerCore/Inbox/Inbox.swift",
         "if !turn.view.hasReceived(content.id, from: sender) {",
         "if mutation == 19 || !turn.view.hasReceived(content.id, from: sender) {"),
        ("Sources/PeerCore/Inbox/Inbox.swift",
         "if let done = turn.view.doneEnvelope(envelope, in: days) {",
         "if mutation != 19, let done = turn.view.doneEnvelope(envelope, in: days) {"),
        ("Sources/PeerCore/Inbox/Inbox.swift",
         "} else if let found = turn.view.doneEnvelope(",
         "} else if mutation != 19, let found = turn.view.doneEnvelope(")]),
    20: ("PeerCore", "gives a message up before its time", [CALM], [
        ("Sources/PeerCore/Sending/SentMessages.swift",
         "now.day.advanced(by: Limits.envelopeDays)",
         "now.day.advanced(by: mutation == 20 ? -1 : Limits.envelopeDays)")]),
    21: ("PeerCore", "counts buddies that haven't answered", [CALM], [
        ("Sources/PeerCore/Sending/OutboxEntry+Progress.swift",
         "        buddies = tally.done\n        of = tally.found\n        if state",
         "        buddies = mutation == 21 ? tally.found : tally.done\n        of = tally.found\n        if state")]),
    22: ("PeerCore", "says that a message is accepted before it is", [CALM], [
        ("Sources/PeerCore/Sending/SentMessages.swift",
         "        turn.after(ticket, .acceptance(content.id))\n",
         "        turn.after(ticket, .acceptance(content.id))\n"
         "        if mutation == 22, entry.kind == .message { turn.notify(.accepted(content.id)) }\n")]),
    23: ("NodeCore", "refuses what it is responsible for", [CALM], [
        ("Sources/NodeCore/Serving/Serving.swift",
         "let outcome = buddy.deposit(\n                chunk, body, from: query.source,\n                isResponsible: ",
         "let outcome = buddy.deposit(\n                chunk, body, from: query.source,\n"
         "                isResponsible: mutation != 23 && ")]),
    24: ("NodeCore", "tells its owner another port than others see", [CALM], [
        ("Sources/NodeCore/Reach/Reachability.swift",
         "        guard endpoint.isUsable else { return }\n        let key",
         "        let endpoint = mutation == 24 ? endpoint.with(port: endpoint.port ^ 1) : endpoint\n"
         "        guard endpoint.isUsable else { return }\n        let key")]),
    25: ("NodeCore", "counts a buddy that has one chunk", [CALM], [
        ("Sources/NodeCore/Operations/Upload.swift",
         "        case .partial(let bitmap):\n            attempts",
         "        case .partial where mutation == 25: attempts[index].state = .done\n"
         "        case .partial(let bitmap):\n            attempts")]),
    26: ("Station", "loses a person's writes where the node has some", [CALM, CHURN], [
        ("Sources/Station/Station.swift",
         "return node.map { [$0, batch] } ?? [batch]",
         "return node.map { mutation == 26 ? [$0] : [$0, batch] } ?? [batch]")]),
    27: ("Station", "reports a commit of a full disk as done", [DISKS, FULL], [
        ("Sources/Station/CommitQueue.swift",
         "let result = together == .full && group.count > 1 ? commit(batch.writes) : together",
         "let result =\n                mutation == 27 ? .committed : together == .full && group.count > 1 ? commit(batch.writes)"
         " : together")]),
    28: ("Exchange", "is content with one buddy", [CALM], [
        ("Sources/Exchange/NodeEvent.swift",
         "found > 0 && done >= quorum }",
         "found > 0 && done >= (mutation == 28 ? 1 : quorum) }")]),
}

NUMBER = """#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Which break of Scripts/mutations.py this program has; 0: none.
public let mutation: Int = getenv("ROOST_MUTATION").flatMap { Int(String(cString: $0)) } ?? 0
"""


def apply(directory):
    for number, (_, _, _, changes) in MUTATIONS.items():
        for path, old, new in changes:
            path = os.path.join(directory, path)
            text = open(path).read()
            if text.count(old) != 1:
                sys.exit(f"Break {number}: {path} has {text.count(old)} times: {old}")
            open(path, "w").write(text.replace(old, new))
    with open(os.path.join(directory, "Sources/Basics/Mutation.swift"), "w") as file:
        file.write(NUMBER)


def simulate(roost, number, run, seed):
    """The exit status, and the first thing that was found."""
    command = [roost, "sim", *run.split(), "--seed", str(seed), "--json"]
    # Broken code may do one thing over and over.
    limit = float(os.environ.get("MUTATION_SECONDS", "300"))
    try:
        result = subprocess.run(
            command, env={**os.environ, "ROOST_MUTATION": str(number)}, capture_output=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None, f"it didn't end within {limit:.0f} s"
    try:
        found = json.loads(result.stdout)
        found = (found["violations"] + found["unfinished"])[:1]
    except (ValueError, KeyError):
        found = []
    return result.returncode, found[0]["sentence"] if found else ""


def catch(roost, number):
    module, what, runs, _ = MUTATIONS[number]
    tried = 0
    for seed in SEEDS:
        for run in runs:
            tried += 1
            status, found = simulate(roost, number, run, seed)
            if status in (3, 4):
                name = f"{module} {what}"
                print(f"{number:2} caught: {name}; run {tried}, exit {status}: roost sim {run} --seed {seed}")
                print(f"     {found}", flush=True)
                return True
    print(f"{number:2} NOT CAUGHT in {tried} runs: {module} {what}; the last: exit {status} {found}", flush=True)
    return False


def run(roost, numbers):
    began = time.time()
    for unbroken in sorted({run for number in numbers for run in MUTATIONS[number][2]}):
        for seed in SEEDS:
            status, found = simulate(roost, 0, unbroken, seed)
            if status != 0:
                sys.exit(f"Unbroken, roost sim {unbroken} --seed {seed} ends with {status} already: {found}")
    caught = sum(catch(roost, number) for number in numbers)
    print(f"{caught} of {len(numbers)} breaks caught in {time.time() - began:.0f} s")
    return 0 if caught == len(numbers) else 1


if sys.argv[1:2] == ["apply"] and len(sys.argv) == 3:
    apply(sys.argv[2])
elif sys.argv[1:2] == ["run"] and len(sys.argv) >= 3:
    sys.exit(run(sys.argv[2], [int(number) for number in sys.argv[3:]] or list(MUTATIONS)))
else:
    sys.exit(__doc__)
