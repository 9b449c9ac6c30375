import Foundation
import Testing

/// Messages between processes.
@Suite(.serialized) struct DeliveryTests {
    /// Where somebody is reached only those learn whom they have written to: until then mail takes the mailbox.
    @Test func mailGoesStraightToWhomItsRecipientHasWrittenTo() async throws {
        try await Network.with(5) { network in
            let (alice, bob) = (network.members[3], network.members[4])
            let first = try await alice.send("Hello, Bob.", to: bob.id(), until: "delivered")
            #expect(first["via"] as? String == "mailbox")
            let reply = try await bob.send("Hello, Alice.", to: alice.id(), until: "delivered")
            #expect(reply["via"] as? String == "direct", "she has written to him")
            let second = try await alice.send("How are you?", to: bob.id(), until: "delivered")
            #expect(second["via"] as? String == "direct")
            try await bob.receive(["Hello, Bob.", "How are you?"], via: ["mailbox", "direct"])
        }
    }

    @Test func messageToSomebodyWhomEverybodyReachesGoesStraight() async throws {
        try await Network.with(5) { network in
            let (alice, bob) = (network.members[3], network.members[4])
            try await bob.stop()
            try await bob.start(bootstrap: network.bootstrap + ["--endpoints", "everyone"])
            try await bob.join()
            let sent = try await alice.send("Hello, Bob.\n", to: bob.id(), until: "delivered")
            #expect(sent["via"] as? String == "direct")
            try await bob.receive(["Hello, Bob.\n"], via: ["direct"])
            let message = try #require(try await bob.inbox().first)
            #expect(message["message"] as? String == sent["message"] as? String)
            let sender = try await alice.id()
            #expect(message["from"] as? String == sender)

            // Showing marks as read, peeking doesn't; the sender learns of it, whom he knows.
            #expect(try await bob.roost("peers", "add", "alice", sender).status == 0)
            let unread = try await bob.roost("inbox", "--unread", "--json").objects()
            #expect(unread.count == 1)
            let rest = try await bob.roost("inbox", "--unread", "--json").objects()
            #expect(rest.isEmpty)
            let deleted = try await bob.roost("inbox", "delete", "--read", "--json").object()
            #expect(deleted["deleted"] as? Int == 1)
            let left = try await bob.roost("inbox", "--peek", "--json").objects()
            #expect(left.isEmpty)
            let again = try await bob.roost("inbox", "delete", String(repeating: "0", count: 32))
            #expect(again.status == 65)
            try await eventually { try await alice.outboxStates() == ["read"] }

            let unopened = try await bob.roost("inbox", "unopened")
            #expect(unopened.output == "No mail waits that can't be opened.\n")
            let report = try await bob.roost("inbox", "unopened", "--json").object()
            #expect(report["envelopes"] as? Int == 0)
            let discarded = try await bob.roost("inbox", "unopened", "--discard", "--json").object()
            #expect(discarded["discarded"] as? Int == 0)
        }
    }

    @Test func messageToSomebodyAwayWaitsOnBuddies() async throws {
        try await Network.with(6) { network in
            let (alice, bob) = (network.members[4], network.members[5])
            let recipient = try await bob.id()
            try await bob.stop()
            let sent = try await alice.send("For later.", to: recipient, until: "stored")
            #expect(sent["state"] as? String == "stored" && sent["via"] as? String == "mailbox")
            #expect((sent["buddies"] as? Int ?? 0) >= 3)
            let keepers = try await network.members[..<4].asyncMap { try await $0.roost("status", "--json").object() }
            #expect(keepers.contains { ($0["mailboxes"] as? Int ?? 0) > 0 && ($0["envelopes"] as? Int ?? 0) > 0 })
            try await bob.start()
            try await bob.receive(["For later."], via: ["mailbox"])
            try await eventually { try await ["delivered", "read"].contains(alice.outboxStates().first) }
        }
    }

    @Test func bothMayRestartInBetween() async throws {
        try await Network.with(6) { network in
            let (alice, bob) = (network.members[4], network.members[5])
            let recipient = try await bob.id()
            try await alice.send("First.", to: recipient, until: "delivered")
            try await bob.stop(SIGKILL)
            try await alice.send("Second.", to: recipient, until: "stored")
            try await alice.stop(SIGKILL)
            try await alice.start()
            try await alice.send("Third.", to: recipient, until: "stored")
            try await alice.stop()
            try await bob.start()
            try await bob.receive(["First.", "Second.", "Third."])
            try await bob.stop(SIGKILL)
            try await bob.start()
            try await alice.start()
            try await eventually(within: .seconds(90)) {
                try await alice.outboxStates().allSatisfy { ["delivered", "read"].contains($0) }
            }
            try await bob.receive(["First.", "Second.", "Third."])
        }
    }

    @Test func largestTextArrivesWhole() async throws {
        try await Network.with(6) { network in
            let (alice, bob) = (network.members[4], network.members[5])
            let recipient = try await bob.id()
            // 65,536 bytes of two, three and four each, and of what JSON escapes.
            let text = String(repeating: "ä€🐔\"\\\n", count: 5_461) + "…!"
            #expect(text.utf8.count == 65_536)
            try await alice.send(text, to: recipient, until: "delivered")
            try await bob.stop()
            try await alice.send(text, to: recipient, until: "stored")
            try await bob.start()
            try await bob.receive([text, text], via: ["mailbox", "mailbox"])
        }
    }

    @Test func acceptedWithoutANetworkArrivesOnceThereIsOne() async throws {
        try await Network.with(5) { network in
            let bob = network.members[4]
            let recipient = try await bob.id()
            let alice = try network.member("alice")
            try await alice.start(bootstrap: ["--bootstrap", "127.0.0.1:9"])
            let sent = try await alice.send("Are you there?", to: recipient, until: "queued")
            #expect(sent["state"] as? String == "queued")
            try await alice.stop(SIGKILL)
            try await alice.start()
            try await bob.receive(["Are you there?"])
            try await eventually { try await ["delivered", "read"].contains(alice.outboxStates().first) }
            try await bob.receive(["Are you there?"])
        }
    }

    @Test func waitThatIsInVainTellsTheTruth() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            try await alice.start(bootstrap: ["--bootstrap", "127.0.0.1:9"])
            let stranger = try await network.member("bob").id()
            let sent = try await alice.roost(
                "send", stranger, "Hm?", "--until", "delivered", "--timeout", "1", "--json")
            #expect(sent.status == 75)
            #expect(try sent.object()["state"] as? String == "queued")
            #expect(sent.errors.contains("accepted") && sent.errors.contains("roost outbox show"))

            let id = try #require(try sent.object()["message"] as? String)
            let cancelled = try await alice.roost("outbox", "cancel", id, "--json")
            #expect(try cancelled.object()["state"] as? String == "failed")
            let again = try await alice.roost("outbox", "cancel", id)
            #expect(again.status == 76)
        }
    }

    @Test func sameKeyIsTheSameMessage() async throws {
        try await Network.with(4) { network in
            let (alice, bob) = (network.members[2], network.members[3])
            let recipient = try await bob.id()
            var ids: Set<String?> = []
            for _ in 0..<3 {
                let sent = try await alice.roost("send", recipient, "Once.", "--key", "k1", "--json")
                ids.insert(try sent.object()["message"] as? String)
            }
            #expect(ids.count == 1)
            try await alice.send("Twice.", to: recipient, until: "delivered")
            try await bob.receive(["Once.", "Twice."])
        }
    }

    @Test func followingShowsWhatComes() async throws {
        try await Network.with(4) { network in
            let (alice, bob) = (network.members[2], network.members[3])
            let recipient = try await bob.id()
            try await alice.send("Before.", to: recipient, until: "delivered")
            let follower = try Running(
                Command.binary(), ["inbox", "--follow", "--json", "--data", bob.directory], home: network.root)
            try await eventually { follower.output.contains("Before.") }
            try await alice.send("After.", to: recipient, until: "delivered")
            try await eventually { follower.output.contains("After.") }
            #expect(follower.output.split(separator: "\n").count == 2)
            try await eventually { try await bob.roost("inbox", "--unread", "--json").output.isEmpty }
            // It outlives the daemon, and goes on where it was.
            try await bob.stop()
            try await eventually { follower.errors.contains("stopped") }
            try await alice.send("Meanwhile.", to: recipient, until: "stored")
            try await bob.start()
            try await eventually { follower.output.contains("Meanwhile.") }
            try await alice.send("At last.", to: recipient, until: "delivered")
            try await eventually { follower.output.contains("At last.") }
            let lines = follower.output.split(separator: "\n")
            #expect(lines.count == 4, "nothing twice")
            let numbers = try lines.map { line in
                let message = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return message?["seq"] as? Int
            }
            #expect(numbers == [1, 2, 3, 4])
            try await eventually { try await bob.roost("inbox", "--unread", "--json").output.isEmpty }
            follower.send(signal: SIGINT)
            #expect(try await follower.end(within: .seconds(10)) == -SIGINT)
        }
    }

    /// Each once, in the order of arrival, those that were there and those that come.
    @Test func followingBeginsWithTheLastThatCame() async throws {
        try await Network.with(4) { network in
            let (alice, bob, carol) = (network.members[1], network.members[2], network.members[3])
            let (hers, recipient) = (try await alice.id(), try await bob.id())
            for text in ["One.", "Two.", "Three."] { try await alice.send(text, to: recipient, until: "delivered") }
            // Numbers go to what is sent as well.
            for text in ["Yes.", "No."] { try await bob.send(text, to: hers, until: "delivered") }
            // Somebody new stands above all others in the inbox.
            try await carol.send("Hello.", to: recipient, until: "delivered")
            try await eventually { try await bob.inbox().count == 4 }
            func follow(_ options: String...) throws -> Running {
                try Running(
                    Command.binary(), ["inbox", "--follow", "--data", bob.directory] + options, home: network.root)
            }
            func texts(_ follower: Running) -> [String] {
                follower.output.split(separator: "\n").compactMap { line in
                    let message = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    return message?["text"] as? String
                }
            }
            let last = try follow("--last", "2", "--json", "--peek")
            let one = try follow("--last", "1", "--json", "--peek", "--from", hers)
            let all = try follow("--last", "9223372036854775807", "--json", "--peek", "--unread")
            try await eventually { texts(last) == ["Three.", "Hello."] && texts(one) == ["Three."] }
            try await eventually { texts(all) == ["One.", "Two.", "Three.", "Hello."] }
            // Only what was shown is marked.
            let people = try follow("--last", "2")
            try await eventually { people.output.contains("    Hello.\n") }
            func unread() async throws -> [String?] {
                try await bob.inbox().filter { $0["read"] as? Bool == false }.map { $0["text"] as? String }
            }
            try await eventually { try await unread() == ["One.", "Two."] }
            try await alice.send("After.", to: recipient, until: "delivered")
            try await eventually { people.output.contains("    After.\n") }
            try await eventually { texts(last) == ["Three.", "Hello.", "After."] && texts(one).last == "After." }
            let shown = people.output.split(separator: "\n").filter { $0.hasPrefix("    ") }
            #expect(shown == ["    Three.", "    Hello.", "    After."])
            #expect(texts(one) == ["Three.", "After."])
            for follower in [last, one, all, people] {
                follower.send(signal: SIGINT)
                #expect(try await follower.end(within: .seconds(10)) == -SIGINT)
            }
        }
    }

    /// Somebody new stands above all others in the inbox, and arrives last all the same.
    @Test func whatArrivesIsNumberedWhoeverSentIt() async throws {
        try await Network.with(4) { network in
            let (alice, bob, carol) = (network.members[1], network.members[2], network.members[3])
            let recipient = try await bob.id()
            for text in ["One.", "Two.", "Three."] { try await alice.send(text, to: recipient, until: "delivered") }
            try await eventually { try await bob.inbox().count == 3 }
            let last = try #require(try await bob.inbox().compactMap { $0["seq"] as? Int }.max())
            try await carol.send("Hello.", to: recipient, until: "delivered")
            try await eventually { try await bob.inbox().count == 4 }
            let new = try await bob.inbox().filter { $0["seq"] as? Int ?? 0 > last }
            #expect(new.compactMap { $0["text"] as? String } == ["Hello."])
        }
    }
}

extension Collection {
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
