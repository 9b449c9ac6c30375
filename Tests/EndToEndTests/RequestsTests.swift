import Foundation
import Testing

/// Who may write, and who is written to: requests, blocked peers, links.
@Suite(.serialized) struct RequestsTests {
    private func requests(_ member: Member) async throws -> [String] {
        try await member.roost("requests", "--json").objects().compactMap { $0["id"] as? String }
    }

    @Test func whoWritesFirstWaitsUntilAcceptedOrAnswered() async throws {
        try await Network.with(4) { network in
            let (alice, bob, carol) = (network.members[1], network.members[2], network.members[3])
            let (hers, his, carols) = (try await alice.id(), try await bob.id(), try await carol.id())
            try await alice.send("May I?", to: his, until: "delivered")
            try await carol.send("Me too.", to: his, until: "delivered")
            #expect(try await Set(requests(bob)) == [hers, carols])
            #expect(try await requests(alice).isEmpty)
            let listed = try await bob.roost("requests")
            #expect(listed.output.contains("Me too.") && listed.output.contains("1 new, request"))
            #expect(try await bob.roost("requests", "accept", hers).status == 0)
            #expect(try await requests(bob) == [carols])
            try await bob.send("Yes.", to: carols, until: "delivered")
            #expect(try await requests(bob).isEmpty)
            let none = try await bob.roost("requests")
            #expect(none.output.isEmpty && none.errors.contains("Nobody waits to be accepted."))
            #expect(try await bob.roost("requests", "refuse", carols).status == 76)
            // Refused: what was written is gone, and they may write again.
            #expect(try await bob.roost("peers", "add", "alice", hers).status == 0)
            try await carol.send("To Alice.", to: hers, until: "delivered")
            #expect(try await alice.roost("requests", "refuse", carols).status == 0)
            #expect(try await alice.inbox().isEmpty)
            #expect(try await requests(alice).isEmpty)
            #expect(try await bob.roost("requests", "accept", "nobody").status == 67)
            #expect(try await bob.roost("requests", "accept", "roost1abc").status == 65)
            // Somebody else may go by the name of a friend.
            let friend = try await bob.roost("requests", "block", "alice")
            #expect(friend.status == 76 && friend.errors.contains("peers block \(hers)"), "\(friend.errors)")
            #expect(try await bob.roost("peers", "blocked").output.isEmpty)
            let oneself = try await bob.roost("requests", "block", his)
            #expect(oneself.status == 76 && oneself.errors.contains("That is you"))
        }
    }

    /// A name is that of the address book: who only claims it goes on waiting, and isn't said to be accepted.
    @Test func whoOnlyClaimsANameIsNotAcceptedByIt() async throws {
        try await Network.with(4) { network in
            let (alice, bob, carol) = (network.members[1], network.members[2], network.members[3])
            let (hers, his, carols) = (try await alice.id(), try await bob.id(), try await carol.id())
            #expect(try await alice.roost("peers", "add", "bob", his).status == 0)
            #expect(try await carol.roost("name", "bob").status == 0)
            try await carol.send("It is me.", to: hers, until: "delivered")
            for peer in ["bob", his] {
                let told = try await alice.roost("requests", "accept", peer)
                #expect(told.status == 0 && !told.errors.contains("Accepted"), "\(told.errors)")
                let sentence = "roost: bob \(his) is accepted already, and nobody of that name waits: "
                #expect(told.errors.contains(sentence), "\(told.errors)")
                #expect(try await requests(alice) == [carols])
            }
            let accepted = try await alice.roost("requests", "accept", carols)
            #expect(accepted.status == 0 && accepted.errors.contains("Accepted \(carols)"), "\(accepted.errors)")
            let again = try await alice.roost("requests", "accept", carols)
            #expect(again.status == 0 && again.errors.contains("roost: \(carols) is accepted already: "))
            // What was decided stays, also without the name.
            try await bob.send("Me too.", to: hers, until: "delivered")
            #expect(try await alice.roost("peers", "remove", "bob").status == 0)
            #expect(try await requests(alice).isEmpty)
        }
    }

    /// Whoever asks hears that it has come, and nothing of its being read.
    @Test func readingARequestIsNotTold() async throws {
        try await Network.with(4) { network in
            let (alice, bob, carol) = (network.members[1], network.members[2], network.members[3])
            let (hers, his) = (try await alice.id(), try await bob.id())
            try await alice.send("May I?", to: his, until: "delivered")
            #expect(try await bob.roost("inbox").output.contains("May I?"))
            // What is read of somebody who has a name here is told, and takes the same way.
            #expect(try await bob.roost("peers", "add", "carol", carol.id()).status == 0)
            try await carol.send("Hello.", to: his, until: "delivered")
            #expect(try await bob.roost("inbox").output.contains("Hello."))
            try await eventually { try await carol.outboxStates() == ["read"] }
            #expect(try await alice.outboxStates() == ["delivered"])
            #expect(try await bob.roost("requests", "accept", hers).status == 0)
            try await alice.send("Thank you.", to: his, until: "delivered")
            #expect(try await bob.roost("inbox").output.contains("Thank you."))
            try await eventually { try await alice.outboxStates() == ["delivered", "read"] }
        }
    }

    @Test func whatABlockedPeerWritesIsDropped() async throws {
        try await Network.with(4) { network in
            let (alice, bob) = (network.members[2], network.members[3])
            let (hers, his) = (try await alice.id(), try await bob.id())
            try await alice.send("before", to: his, until: "delivered")
            #expect(try await bob.roost("peers", "block", hers).status == 0)
            #expect(try await bob.roost("peers", "blocked", "--json").objects().map { $0["id"] as? String } == [hers])
            let dropped = try await alice.send("dropped", to: his, until: "stored")
            let id = try #require(dropped["message"] as? String)
            // Another's message shows that nothing is held up.
            try await network.members[1].send("from another", to: his, until: "delivered")
            let state = try await alice.roost("outbox", "show", id, "--json").object()["state"] as? String
            #expect(state == "stored" || state == "collected")
            #expect(try await bob.inbox().compactMap { $0["text"] as? String }.sorted() == ["before", "from another"])
            #expect(try await bob.roost("requests", "accept", hers).status == 76)
            let refused = try await bob.roost("send", hers, "to the blocked")
            #expect(refused.status == 76 && refused.errors.contains("unblock"))
            try await bob.stop(SIGKILL)
            try await bob.start()
            try await bob.join()
            #expect(try await bob.roost("peers", "blocked").output.contains(hers))
            #expect(try await bob.roost("peers", "unblock", hers).status == 0)
            #expect(try await bob.roost("peers", "unblock", hers).status == 76)
            let nobody = try await bob.roost("peers", "blocked")
            #expect(nobody.output.isEmpty && nobody.errors.contains("Nobody is blocked."))
            try await alice.send("after", to: his, until: "delivered")
            #expect(
                try await bob.inbox().compactMap { $0["text"] as? String }.sorted() == [
                    "after", "before", "from another",
                ])
        }
    }

    @Test func aPeerIDIsTakenAsALinkAndWithPastedBlanks() async throws {
        try await Network.with(1) { network in
            let alice = network.members[0]
            let id = try await alice.id()
            let carol = try await network.member("carol").id()
            let link = try await alice.roost("share").output
            #expect(link == "roost:\(id)\n")
            let report = try await alice.roost("share", "--json").object()
            #expect(report["id"] as? String == id && report["link"] as? String == "roost:\(id)")
            let pasted = "  \(id.prefix(20))\n \(id.dropFirst(20))\r\n"
            for text in [link, "ROOST://\(id)/", pasted] {
                #expect(try await alice.roost("send", text, "hello").status == 0, "\(text)")
            }
            #expect(try await alice.inbox().count == 3)
            for text in ["roost:\(id.dropLast())", "https://\(id)", "<\(id)", "<\(id)\"", "<>", " "] {
                #expect(try await alice.roost("send", text, "hello").status == 65, "\(text)")
            }
            // In what stands around links and names in texts.
            for text in ["<roost:\(id)>", "\"\(id)\"", " “roost:\(id)”\n", "(<\(id)>)", "»\(id)«"] {
                #expect(try await alice.roost("history", text, "--last", "1").output.contains("hello"), "\(text)")
            }
            #expect(try await alice.roost("requests", "refuse", "<\(id.prefix(20))>").status == 76)
            #expect(try await alice.roost("peers", "add", "me", " <roost:\(id)>").status == 0)
            #expect(try await alice.roost("peers", "add", "'me'", carol).status == 0)
            for text in ["me", " me\n", "<me>", "\"me\"", "“me”"] {
                #expect(try await alice.roost("history", text, "--last", "1").output.contains("hello"), "\(text)")
            }
            // A name may be in quotation marks itself.
            #expect(try await alice.roost("history", "'me'").errors.contains("no messages with 'me'"))
            #expect(try await alice.roost("history", "<you>").errors.contains("There is no “you”"))
        }
    }
}
