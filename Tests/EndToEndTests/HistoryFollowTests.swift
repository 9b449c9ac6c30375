import Foundation
import Testing

/// A conversation as it goes on, and what is found in all of them.
@Suite(.serialized) struct HistoryFollowTests {
    private func follow(_ member: Member, _ peer: String, _ options: String...) throws -> Running {
        let arguments = ["history", peer, "--follow", "--data", member.directory] + options
        return try Running(Command.binary(), arguments, home: member.root)
    }

    private func texts(_ follower: Running) -> [String] {
        follower.output.split(separator: "\n").compactMap { line in
            let message = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return message?["text"] as? String
        }
    }

    /// Both ways, each once, also over an end of the daemon; and nothing of others.
    @Test func aConversationIsFollowed() async throws {
        try await Network.with(4) { network in
            let (alice, bob, carol) = (network.members[1], network.members[2], network.members[3])
            let (hers, his) = (try await alice.id(), try await bob.id())
            try await alice.send("One.", to: his, until: "delivered")
            try await bob.send("Two.", to: hers, until: "delivered")
            try await alice.send("Three.", to: his, until: "delivered")
            let (all, last) = (try follow(bob, hers, "--json"), try follow(bob, hers, "--json", "--last", "1"))
            let people = try follow(bob, hers, "--last", "2")
            let notes = try follow(bob, his, "--json")
            try await eventually { texts(all) == ["One.", "Two.", "Three."] && texts(last) == ["Three."] }
            try await eventually { people.output.contains("    Three.\n") }
            try await carol.send("Of another.", to: his, until: "delivered")
            try await bob.send("Four.", to: hers, until: "delivered")
            try await alice.send("Five.", to: his, until: "delivered")
            try await bob.send("A note.", to: his, until: "delivered")
            try await eventually { texts(notes) == ["A note."] }
            try await eventually { texts(all).suffix(2) == ["Four.", "Five."] && texts(last).last == "Five." }
            try await eventually { people.output.contains("    Five.\n") }
            try await bob.stop(SIGKILL)
            for follower in [all, last, people] {
                try await eventually { follower.errors.contains("The daemon has stopped") }
            }
            try await alice.send("Meanwhile.", to: his, until: "stored")
            try await bob.start()
            try await eventually { texts(all).last == "Meanwhile." && texts(last).last == "Meanwhile." }
            try await bob.send("At last.", to: hers, until: "delivered")
            try await eventually { texts(all).last == "At last." && texts(last).last == "At last." }
            try await eventually { people.output.contains("    At last.\n") }
            #expect(texts(all) == ["One.", "Two.", "Three.", "Four.", "Five.", "Meanwhile.", "At last."])
            #expect(texts(last) == ["Three.", "Four.", "Five.", "Meanwhile.", "At last."])
            #expect(texts(notes) == ["A note."])
            let shown = people.output.split(separator: "\n").filter { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }
            #expect(shown == ["Two.", "Three.", "Four.", "Five.", "Meanwhile.", "At last."])
            #expect(people.output.contains("  you  "))
            #expect(try people.output.contains(Regex("  \(hers)  via [a-z]+  new  ")), "\(people.output)")
            // Nothing was marked as read by all this.
            #expect(try await bob.inbox().allSatisfy { $0["read"] as? Bool == false })
            for follower in [all, last, people, notes] {
                follower.send(signal: SIGINT)
                #expect(try await follower.end(within: .seconds(10)) == -SIGINT)
            }
        }
    }

    /// Each message that is found says whose conversation it is from.
    @Test func allConversationsAreSearched() async throws {
        try await Network.with(3) { network in
            let (alice, bob, carol) = (network.members[0], network.members[1], network.members[2])
            let (hers, his) = (try await alice.id(), try await bob.id())
            try await alice.send("Pears, please.", to: his, until: "delivered")
            try await bob.send("How many PEARS?", to: hers, until: "delivered")
            try await carol.send("I have pears.", to: hers, until: "delivered")
            try await alice.send("A note on apples.", to: hers, until: "delivered")
            #expect(try await alice.roost("peers", "add", "bob", his).status == 0)
            let found = try await alice.roost("history", "--search", "pears", "--json")
            try #require(found.status == 0, "\(found.errors)")
            let messages = try found.objects()
            let texts = messages.map { $0["text"] as? String }
            #expect(texts == ["I have pears.", "Pears, please.", "How many PEARS?"], "the newest conversation first")
            let carols = try await carol.id()
            #expect(messages.map { $0["peer"] as? String } == [carols, his, his])
            #expect(messages.map { $0["name"] as? String } == [nil, "bob", "bob"])
            let shown = try await alice.roost("history", "--search", "pears").output
            let headings = shown.split(separator: "\n").filter { !$0.hasPrefix("    ") }
            try #require(headings.count == 3, "\(shown)")
            #expect(headings[0].contains("  \(carols)  via "), "\(headings)")
            #expect(headings[1].contains("  you to bob  ") && headings[2].contains("  bob  via "), "\(headings)")
            let late = try await alice.roost("history", "--search", "pears", "--since", "9999-12-31")
            #expect(late.status == 0 && late.output.isEmpty && late.errors.contains("in any conversation"))
            let none = try await alice.roost("history", "--search", "plums", "--json")
            #expect(none.status == 0 && none.output.isEmpty && none.errors.isEmpty)
        }
    }

    /// Requests stand apart where people read, and scripts get what they got.
    @Test func requestsStandApart() async throws {
        try await Network.with(3) { network in
            let (alice, bob, carol) = (network.members[0], network.members[1], network.members[2])
            let (hers, carols) = (try await alice.id(), try await carol.id())
            try await bob.send("May I?", to: hers, until: "delivered")
            let alone = try await alice.roost("history").output
            let heading = "Requests, which are for you to accept or refuse (`roost requests --data "
            #expect(alone.hasPrefix(heading), "\(alone)")
            try await alice.send("Hello.", to: carols, until: "delivered")
            try await carol.send("Hello yourself.", to: hers, until: "delivered")
            try await bob.send("Please.", to: hers, until: "delivered")
            let rows = try await alice.roost("history").output.split(separator: "\n", omittingEmptySubsequences: false)
            try #require(rows.count == 5, "\(rows)")
            #expect(rows[0].hasPrefix(carols) && rows[1].isEmpty && rows[2].hasPrefix("Requests, "), "\(rows)")
            #expect(rows[3].hasSuffix("  Please.") && rows[3].contains("  2 new, request  "), "\(rows)")
            let objects = try await alice.roost("history", "--json").objects()
            #expect(objects.map { $0["standing"] as? String } == ["request", "accepted"], "in one order for scripts")
            func headings(_ options: String...) async throws -> [String] {
                let run = try await Command.run(
                    nil, ["inbox", "--data", alice.directory] + options, home: alice.root)
                return run.output.split(separator: "\n").filter { !$0.hasPrefix("    ") }.map(String.init)
            }
            let new = try await headings("--peek")
            #expect(new.count { $0.contains(#/  via [a-z]+  new, request  /#) } == 2, "\(new)")
            #expect(new.count { $0.contains(#/  via [a-z]+  new  /#) } == 1, "\(new)")
            #expect(try await headings().count == 3)
            #expect(try await headings().count { $0.contains(#/  via [a-z]+  request  /#) } == 2)
            // Who has a name is known, and so is who was accepted since.
            let follower = try Running(
                Command.binary(), ["inbox", "--follow", "--last", "1", "--data", alice.directory], home: alice.root)
            try await eventually { follower.output.contains(#/  via [a-z]+  request  /#) }
            #expect(try await alice.roost("requests", "accept", bob.id()).status == 0)
            #expect(try await headings().allSatisfy { !$0.contains("request") })
            try await bob.send("Thank you.", to: hers, until: "delivered")
            try await eventually { follower.output.contains("    Thank you.\n") }
            #expect(follower.output.contains(#/  via [a-z]+  new  /#), "\(follower.output)")
            follower.send(signal: SIGINT)
            #expect(try await follower.end(within: .seconds(10)) == -SIGINT)
        }
    }
}
