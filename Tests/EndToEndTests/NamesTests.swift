import Foundation
import Testing

/// Names that people give themselves, introductions, and beginnings of IDs.
@Suite(.serialized) struct NamesTests {
    @Test func aNameIsShownAsAClaimUntilOneIsGiven() async throws {
        try await Network.with(3) { network in
            let (alice, bob) = (network.members[1], network.members[2])
            let (hers, his) = (try await alice.id(), try await bob.id())
            let none = try await alice.roost("name")
            #expect(none.status == 0 && none.output.isEmpty && none.errors.contains("roost name NAME"))
            #expect(try await alice.roost("name", "Alice B").status == 0)
            #expect(try await alice.roost("name").output == "Alice B\n")
            #expect(try await alice.roost("name", "--json").object()["name"] as? String == "Alice B")
            let unseen = try await alice.roost("name", "a\u{202e}b")
            #expect(unseen.status == 65 && unseen.errors.contains("U+202E"))
            #expect(try await alice.roost("name", String(repeating: "é", count: 25)).status == 65)
            #expect(try await alice.roost("name", "").status == 64)
            #expect(try await alice.roost("name", "x", "--clear").status == 64)
            try await alice.stop(SIGKILL)
            try await alice.start()
            try await alice.join()
            #expect(try await alice.roost("name").output == "Alice B\n", "it is durable")

            try await alice.send("hello", to: his, until: "delivered")
            let shown = try await bob.roost("inbox", "--peek").output
            #expect(shown.contains("\"Alice B\" (claims) \(hers)  via mailbox"), "\(shown)")
            let history = try await bob.roost("history", hers)
            #expect(history.output.contains("  \"Alice B\" (claims) \(hers)  via mailbox"), "\(history.output)")
            let message = try #require(try await bob.roost("inbox", "--peek", "--json").objects().first)
            #expect(message["claimedName"] as? String == "Alice B" && message["name"] == nil)
            let request = try await bob.roost("requests", "--json")
            #expect(request.output.hasPrefix("{\"id\":\"\(hers)\","), "what the help cuts out: \(request.output)")
            #expect(try request.object()["claimedName"] as? String == "Alice B")
            #expect(try await bob.roost("requests").output.contains("\"Alice B\" (claims)"))

            // It is no address, and one that looks like a name that is another's is said to be none of theirs.
            #expect(try await bob.roost("send", "Alice B", "hello").status == 67)
            #expect(try await bob.roost("peers", "add", "aIice-b", his).status == 0)
            #expect(try await bob.roost("history").output.contains("not your aIice-b: \"Alice B\" (claims)"))
            #expect(try await bob.roost("peers", "add", "al", hers).status == 0)
            let named = try await bob.roost("inbox", "--peek").output
            #expect(named.contains("  al  via mailbox") && !named.contains("claims"))

            #expect(try await alice.roost("name", "--clear").status == 0)
            try await alice.send("nameless", to: his, until: "delivered")
            #expect(try await bob.roost("inbox", "--peek", "--json").objects().allSatisfy { $0["claimedName"] == nil })
        }
    }

    @Test func peopleAreIntroduced() async throws {
        try await Network.with(4) { network in
            let (alice, bob, carol) = (network.members[1], network.members[2], network.members[3])
            let (hers, his, carols) = (try await alice.id(), try await bob.id(), try await carol.id())
            #expect(try await alice.roost("peers", "add", "bob", his).status == 0)
            let nameless = try await alice.roost("introduce", "bob", carols)
            #expect(nameless.status == 76 && nameless.errors.contains("peers add NAME ID"))
            #expect(try await alice.roost("peers", "add", "carol", carols).status == 0)
            let one = try await alice.roost("introduce", "bob", "bob")
            #expect(one.status == 65 && one.errors.contains("bob and bob are one person"), "\(one.errors)")
            let myself = try await alice.roost("introduce", "bob", hers)
            #expect(myself.status == 65 && myself.errors.contains("is you"))
            #expect(myself.errors.contains("send bob \(hers)"), "\(myself.errors)")
            #expect(try await alice.roost("introduce", "bob", "nobody").status == 67)
            #expect(try await bob.roost("peers", "add", "alice", hers).status == 0)
            #expect(try await carol.roost("name", "Carol M").status == 0)
            try await carol.send("hello", to: hers, until: "delivered")

            // Neither hears of the other while one of them is blocked.
            #expect(try await alice.roost("peers", "block", "carol").status == 0)
            let blocked = try await alice.roost("introduce", "bob", "carol")
            #expect(blocked.status == 76 && blocked.output.isEmpty && blocked.errors.contains("You have blocked carol"))
            #expect(try await alice.roost("peers", "unblock", "carol").status == 0)
            let sent = try await alice.roost("introduce", "bob", "carol", "--json").objects()
            #expect(sent.count == 2)
            let again = try await alice.roost("introduce", "bob", "carol", "--json").objects()
            #expect(again.map { $0["message"] as? String } == sent.map { $0["message"] as? String }, "sent once")
            #expect(sent.allSatisfy { $0["repeated"] == nil } && again.allSatisfy { $0["repeated"] as? Bool == true })
            let repeated = try await alice.roost("introduce", "bob", "carol", "--one-way").output
            let told = "bob was told of carol today already, and nothing is sent again: "
            #expect(repeated.hasPrefix(told), "\(repeated)")
            try await eventually { try await bob.inbox().count == 1 }
            let card = try #require(try await bob.roost("inbox", "--peek", "--json").object()["introduction"])
            let said = try #require(card as? [String: Any])
            #expect(said["id"] as? String == carols && said["name"] as? String == "carol")
            #expect(said["claimedName"] as? String == "Carol M" && said["fromName"] as? String == "alice")
            let shown = try await bob.roost("inbox", "--peek").output
            let statement = "  introducing \"carol\" (\(carols.prefix(14))…; they claim \"Carol M\")\n"
            #expect(shown.contains(statement), "\(shown)")
            #expect(shown.contains("roost:\(carols)"), "an old version has the text: \(shown)")
            #expect(try await bob.roost("history", "alice").output.contains("introducing \"carol\""))
            let people = try await bob.roost("peers")
            #expect(people.output.split(separator: "\n").count == 1 && !people.output.contains("carol"))
            #expect(people.errors.contains("One person was introduced to you"), "\(people.errors)")
            let introduced = try await bob.roost("peers", "introduced").output
            #expect(introduced.hasPrefix("alice's \"carol\"") && introduced.contains(carols), "\(introduced)")
            #expect(try await bob.roost("peers", "--json").objects().count == 1, "scripts see the address book alone")
            #expect(try await bob.roost("peers", "introduced", "--json").object()["id"] as? String == carols)

            // Who is blocked is nobody to be made known to.
            #expect(try await bob.roost("peers", "block", carols).status == 0)
            let without = try await bob.roost("peers", "introduced")
            #expect(without.output.isEmpty && without.errors.contains("Nobody was introduced"), "\(without.errors)")
            #expect(try await bob.roost("peers", "unblock", carols).status == 0)
            // A name that is another's here: another one serves.
            #expect(try await bob.roost("peers", "add", "carol", his).status == 0)
            let taken = try await bob.roost("peers", "add", "carol", "--from", "alice")
            #expect(taken.status == 73 && taken.errors.contains("peers add ANOTHER-NAME \(carols)"), "\(taken.errors)")
            #expect(try await bob.roost("peers", "remove", "carol").status == 0)

            // It lets nobody in.
            try await carol.send("Alice said that I may write.", to: his, until: "delivered")
            let request = try await bob.roost("requests")
            #expect(request.output.contains("alice's \"carol\" \(carols)") && request.output.contains("request"))
            #expect(try await bob.roost("peers", "add", "carol", "--from", "carol").status == 67)
            #expect(try await bob.roost("peers", "add", "caroline", "--from", "alice").status == 67)
            #expect(try await bob.roost("peers", "add", "carol").status == 64)
            #expect(try await bob.roost("peers", "add", "carol", "--from", "alice").status == 0)
            #expect(try await bob.roost("requests").output.isEmpty)
            #expect(try await bob.roost("peers", "introduced").output.isEmpty)
            let twice = try await bob.roost("peers", "add", "kate", carols)
            #expect(twice.status == 0 && twice.errors.contains("“carol” as well"), "\(twice.errors)")
        }
    }

    /// What a stranger says of others counts when the stranger is accepted, and that is said.
    @Test func aRequestsIntroductionsWait() async throws {
        try await Network.with(4) { network in
            let (alice, bob, carol) = (network.members[1], network.members[2], network.members[3])
            let (hers, his, carols) = (try await alice.id(), try await bob.id(), try await carol.id())
            for (name, id) in [("bob", his), ("carol", carols)] {
                #expect(try await alice.roost("peers", "add", name, id).status == 0)
            }
            #expect(try await alice.roost("introduce", "bob", "carol", "--one-way").status == 0)
            try await eventually { try await bob.inbox().count == 1 }
            let waiting = try await bob.roost("peers", "introduced")
            #expect(waiting.status == 0 && waiting.output.isEmpty)
            #expect(waiting.errors.contains("\(hers) has introduced somebody to you, and isn't accepted yet"))
            let refused = try await bob.roost("peers", "add", "carol", "--from", String(hers.prefix(16)))
            #expect(refused.status == 76 && refused.errors.contains("requests accept \(hers)"), "\(refused.errors)")
            #expect(try await bob.roost("requests", "accept", hers).status == 0)
            let accepted = try await bob.roost("peers", "introduced")
            #expect(accepted.output.contains(carols) && !accepted.errors.contains("accepted yet"))
            // With a conversation goes what was said in it of others, and what was begun: both are said before and after.
            func delete(_ answer: String) async throws -> String {
                let terminal = try Pseudoterminal(
                    Command.binary(), ["history", hers, "--delete", "--data", bob.directory], home: bob.root)
                try await eventually { terminal.output.contains("[y/N]") }
                terminal.type(answer)
                _ = try await terminal.end()
                return terminal.output
            }
            let warning = "and their introduction of one person who has no name here yet, on this machine"
            #expect(try await delete("n\n").contains(warning))
            #expect(try await bob.roost("peers", "add", "carol", "--from", String(hers.prefix(16))).status == 0)
            #expect(try await !delete("n\n").contains("introduction"), "she is known by a name by now")
            #expect(try await bob.roost("peers", "remove", "carol").status == 0)
            #expect(try await delete("y\n").contains("1 message and 1 introduction deleted"))
            #expect(try await bob.roost("peers", "introduced").output.isEmpty)
        }
    }

    /// An introduction that was given up isn't one, and the same day has room for another.
    @Test func aCancelledIntroductionIsMadeAgain() async throws {
        try await Network.with(1) { network in
            let alice = network.members[0]
            for name in ["bob", "carol"] {
                #expect(try await alice.roost("peers", "add", name, network.member(name).id()).status == 0)
            }
            var ids: [String] = []
            for _ in 0..<3 {
                let sent = try await alice.roost("introduce", "bob", "carol", "--one-way", "--json").object()
                #expect(sent["repeated"] == nil)
                ids.append(try #require(sent["message"] as? String))
                #expect(try await alice.roost("outbox", "cancel", ids.last ?? "").status == 0)
            }
            #expect(Set(ids).count == 3)
        }
    }

    /// A line tells where somebody goes by another name than before.
    @Test func anotherNameIsTold() async throws {
        try await Network.with(3) { network in
            let (alice, bob) = (network.members[1], network.members[2])
            let (hers, his) = (try await alice.id(), try await bob.id())
            for name in ["Alice", "Mallory"] {
                #expect(try await alice.roost("name", name).status == 0)
                try await alice.send("I am \(name).", to: his, until: "delivered")
            }
            let shown = try await bob.roost("history", hers).output
            #expect(shown.contains("  renamed from \"Alice\" to \"Mallory\"\n    I am Mallory.\n"), "\(shown)")
            #expect(!shown.hasSuffix("\n\n") && shown.contains("I am Alice.\n\n"), "apart, and nothing behind the last")
            let message = try #require(try await bob.roost("history", hers, "--json").objects().last)
            #expect(message["renaming"] as? [String: String] == ["before": "Alice", "after": "Mallory"])
        }
    }

    /// Who doesn't tell what they read isn't told either, by the setting of `roost up` and by what it left.
    @Test func readingIsToldOrNot() async throws {
        try await Network.with(3) { network in
            let (alice, bob) = (network.members[1], network.members[2])
            let (hers, his) = (try await alice.id(), try await bob.id())
            func tells(_ member: Member) async throws -> Bool? {
                try await member.roost("status", "--json").object()["readReceipts"] as? Bool
            }
            #expect(try await tells(bob) == true)
            try await bob.stop()
            try await bob.start(bootstrap: network.bootstrap + ["--read-receipts", "off"])
            try await bob.join()
            #expect(try await tells(bob) == false)
            #expect(try await bob.roost("status").output.contains("reading   is not told to others"))
            let sent = try await alice.send("to Bob", to: his, until: "delivered")
            let id = try #require(sent["message"] as? String)
            #expect(try await bob.roost("inbox").output.contains("to Bob"))
            let own = try #require(try await bob.send("to Alice", to: hers, until: "delivered")["message"] as? String)
            #expect(try await alice.roost("inbox").output.contains("to Alice"))
            try await bob.stop()
            try await bob.start()
            try await bob.join()
            #expect(try await tells(bob) == false, "as it was chosen last")
            #expect(try await alice.roost("outbox", "show", id, "--json").object()["state"] as? String == "delivered")
            #expect(try await bob.roost("outbox", "show", own, "--json").object()["state"] as? String == "delivered")
            let wrong = try await bob.launch(["--read-receipts", "no"])
            #expect(wrong.errors.contains("--read-receipts has to be on or off"), "\(wrong.errors)")
        }
    }

    @Test func theBeginningOfAListedIDServes() async throws {
        try await Network.with(4) { network in
            let (alice, bob, carol) = (network.members[1], network.members[2], network.members[3])
            let (hers, his, carols) = (try await alice.id(), try await bob.id(), try await carol.id())
            // With a digit in it: without one it may be a name.
            let rest = hers.dropFirst(6)
            let letters = rest.prefix { !$0.isNumber }.count
            let beginning = String(rest.prefix(max(8, letters + 1)))
            #expect(try await bob.roost("requests", "accept", beginning).status == 67, "she isn't listed")
            let unlisted = try await bob.roost("requests", "accept", "roost1\(beginning)")
            #expect(unlisted.status == 65 && unlisted.errors.contains("begins with roost1\(beginning)"))
            let short = try await bob.roost("requests", "accept", "roost1\(rest.prefix(7))")
            #expect(short.status == 65 && short.errors.contains("8 characters or more after roost1"))
            try await alice.send("May I?", to: his, until: "delivered")
            try await carol.send("Me too.", to: his, until: "delivered")
            #expect(try await bob.roost("requests", "accept", String(rest.prefix(7))).status == 67, "too short")
            #expect(try await bob.roost("requests", "accept", "charlene").status == 67, "a name that isn't there")
            // Where the address book can't be read, it may be a name.
            let book = bob.directory + "/peers.json"
            try Data("{".utf8).write(to: URL(fileURLWithPath: book))
            let unreadable = try await bob.roost("requests", "accept", beginning)
            #expect(unreadable.status == 74 && unreadable.errors.contains("can't be read"), "\(unreadable.errors)")
            try FileManager.default.removeItem(atPath: book)
            let accepted = try await bob.roost("requests", "accept", beginning.uppercased())
            #expect(accepted.status == 0 && accepted.errors.contains("Accepted \(hers)"), "\(accepted.errors)")
            #expect(try await bob.roost("requests", "--json").objects().map { $0["id"] as? String } == [carols])
            let prefix = String(carols.prefix(16))
            #expect(try await bob.roost("requests", "block", prefix).status == 0)
            #expect(try await bob.roost("peers", "blocked").output.contains(carols))
            #expect(try await bob.roost("peers", "unblock", prefix).status == 0)
            #expect(try await bob.roost("requests", "refuse", prefix).status == 0)
        }
    }

    /// More than one page of them, and read from the first of them on.
    @Test func theLastOfManyLargeMessages() async throws {
        try await Network.with(1) { network in
            let alice = network.members[0]
            let id = try await alice.id()
            let texts = (0..<11).map { "\($0)" + String(repeating: "x", count: 60_000) }
            for text in texts { try await alice.send(text, to: id, until: "delivered") }
            for count in [1, 4, 5, 6, 10, 11, 12] {
                let shown = try await alice.roost("history", id, "--last", "\(count)", "--json").objects()
                #expect(shown.compactMap { $0["text"] as? String } == Array(texts.suffix(count)), "\(count)")
            }
        }
    }
}
