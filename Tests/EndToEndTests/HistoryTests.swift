import Foundation
import Testing

/// Conversations in both directions, as people and scripts read them.
@Suite(.serialized) struct HistoryTests {
    /// What `history` prints for scripts.
    private func messages(_ member: Member, with peer: String, _ options: String...) async throws -> [[String: Any]] {
        let run = try await Command.run(
            nil, ["history", peer, "--json", "--data", member.directory] + options, home: member.root)
        try #require(run.status == 0, "\(run.errors)")
        return try run.objects()
    }

    private func strings(_ objects: [[String: Any]], _ field: String) -> [String?] {
        objects.map { $0[field] as? String }
    }

    private func conversations(_ member: Member) async throws -> [[String: Any]] {
        try await member.roost("history", "--json").objects()
    }

    /// What curl gets for a request: the body, then the status on a line of its own.
    private func curl(
        _ member: Member, _ method: String, _ target: String
    ) async throws -> (status: Int?, body: String) {
        let run = try await Command.run(
            "/usr/bin/curl",
            [
                "-sS", "-X", method, "-w", "\n%{http_code}", "--unix-socket", member.directory + "/roost.sock",
                "http://roost" + target,
            ], home: member.root)
        let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (lines.last.flatMap { Int($0) }, lines.dropLast().joined(separator: "\n"))
    }

    private static let hasCurl = FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")

    @Test func bothSidesReadOneOrder() async throws {
        try await Network.with(2) { network in
            let (alice, bob) = (network.members[0], network.members[1])
            let (her, his) = (try await alice.id(), try await bob.id())
            let texts = ["One?", "Two.\nOn two lines.", "THREE, she said: \"\u{1b}[31mred\u{202e}\""]
            try await alice.send(texts[0], to: his, until: "delivered")
            try await bob.send(texts[1], to: her, until: "delivered")
            try await alice.send(texts[2], to: his, until: "delivered")
            let (hers, theirs) = (try await messages(alice, with: his), try await messages(bob, with: her))
            #expect(strings(hers, "text") == texts && strings(theirs, "text") == texts)
            #expect(strings(hers, "message") == strings(theirs, "message"))
            #expect(strings(hers, "position") == strings(theirs, "position"))
            #expect(strings(hers, "state") == ["delivered", "received", "delivered"])
            #expect(strings(theirs, "state") == ["received", "delivered", "received"])
            #expect(hers.map { $0["seq"] as? Int } == [1, 2, 3] && theirs.map { $0["seq"] as? Int } == [1, 2, 3])
            #expect(strings(hers, "from") == [her, his, her] && strings(hers, "to") == [his, her, his])
            #expect(strings(hers, "receivedAt").map { $0 != nil } == [false, true, false])
            let named = try await alice.roost("peers", "add", "bob", his)
            try #require(named.status == 0, "\(named.errors)")
            #expect(strings(try await messages(alice, with: "bob"), "name") == ["bob", "bob", "bob"])
            // People get who wrote, how far it came, and nothing that a terminal would act on.
            let shown = try await alice.roost("history", "bob")
            let lines = shown.output.split(separator: "\n", omittingEmptySubsequences: false)
            try #require(shown.status == 0 && lines.count == 10, "\(shown.output)\(shown.errors)")
            let ids = strings(hers, "message").map { $0?.prefix(10) ?? "" }
            #expect(lines[0].hasSuffix("  you  delivered  \(ids[0])") && lines[1] == "    One?")
            #expect(lines[3].hasSuffix("  bob  via direct  new  \(ids[1])"), "\(lines[3])")
            #expect(lines[4...5] == ["    Two.", "    On two lines."])
            #expect(lines[7].hasSuffix("  you  delivered directly  \(ids[2])"))
            #expect(!shown.output.unicodeScalars.contains { $0 == "\u{1b}" || $0 == "\u{202e}" })
            // Nothing was marked as read by all this.
            #expect(try await alice.inbox().map { $0["read"] as? Bool } == [false])
            let read = try await alice.roost("inbox")
            try #require(read.status == 0)
            #expect(strings(try await messages(alice, with: "bob"), "state")[1] == "read")
            try await eventually { strings(try await messages(bob, with: her), "state")[1] == "read" }
            let old = try await bob.roost("history", her)
            #expect(old.output.contains("  you  read  \(ids[1])"), "\(old.output)")
        }
    }

    /// One letter with marks without end takes no more room than any other, and scripts have all of it.
    @Test func marksAreFewOnTheTerminal() async throws {
        try await Network.with(2) { network in
            let (alice, bob) = (network.members[0], network.members[1])
            let (hers, his) = (try await alice.id(), try await bob.id())
            let text = "e" + String(repeating: "\u{301}", count: 32_000)
            try await alice.send(text, to: his, until: "delivered")
            for command in ["requests", "history"] {
                let shown = try await bob.roost(command).output
                #expect(shown.hasSuffix("  e\u{301}\u{301}\u{301}\u{301}\n"), "\(command)")
                #expect(shown.unicodeScalars.count { $0 == "\u{301}" } == 4, "\(command)")
                #expect(try await bob.roost(command, "--json").output.utf8.count > 64_000, "\(command)")
            }
            for command in [["history", hers], ["inbox", "--peek"], ["inbox", "--unread"]] {
                let arguments = command + ["--data", bob.directory]
                let shown = try await Command.run(nil, arguments, home: bob.root).output
                #expect(shown.hasSuffix("\n    e\u{301}\u{301}\u{301}\u{301}\n"), "\(command)")
                #expect(shown.unicodeScalars.count { $0 == "\u{301}" } == 4, "\(command)")
            }
            #expect(strings(try await messages(bob, with: hers), "text") == [text])
            #expect(strings(try await bob.inbox(), "text") == [text])
            try await alice.send("x" + String(repeating: "yz", count: 30), to: his, until: "delivered")
            #expect(try await bob.roost("history").output.hasSuffix("  x" + String(repeating: "yz", count: 19) + "…\n"))
        }
    }

    @Test func partsAreFoundByNumberTimeAndWords() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            let id = try await me.id()
            for text in ["Äpfel", "a \"quoted\" word", "birnen", "ÄPFEL again"] {
                try await me.send(text, to: id, until: "delivered")
            }
            func texts(_ options: String...) async throws -> [String?] {
                let run = try await Command.run(
                    nil, ["history", id, "--json", "--data", me.directory] + options, home: me.root)
                #expect(run.status == 0 && run.errors.isEmpty, "\(options): \(run.errors)")
                return strings(try run.objects(), "text")
            }
            let all = try await texts()
            #expect(all == ["Äpfel", "a \"quoted\" word", "birnen", "ÄPFEL again"])
            #expect(try await texts("--last", "1") == ["ÄPFEL again"])
            #expect(try await texts("--last", "3") == Array(all.suffix(3)))
            #expect(try await texts("--last", "100000") == all)
            #expect(try await texts("--search", "äpfel") == ["Äpfel", "ÄPFEL again"])
            #expect(try await texts("--search", "äpfel", "--last", "1") == ["ÄPFEL again"])
            #expect(try await texts("--search", "\"QUOTED\"") == ["a \"quoted\" word"])
            #expect(try await texts("--search", String(repeating: "x", count: 1_024)).isEmpty)
            #expect(try await texts("--since", "1h") == all)
            #expect(try await texts("--since", "2020-01-01", "--search", "BIRNEN") == ["birnen"])
            #expect(try await texts("--since", "2020-01-01T00:00:00Z") == all)
            #expect(try await texts("--since", "9999-12-31").isEmpty)
            for long in ["1969-12-31", "1969-12-31T23:59:59Z", "0001-01-01 00:00", "1970-01-01"] {
                #expect(try await texts("--since", long) == all, "\(long)")
            }
            #expect(try await texts("--search", "-x").isEmpty, "what is looked for may look like an option")
            // Every time that is printed is taken, and those that people type.
            let lines = try await me.roost("history", id, "--last", "1").output
            let printed = String(lines.prefix(26))
            let written = try #require(
                try await me.roost("history", id, "--json").objects().first?["sentAt"] as? String)
            let forms = [printed, String(printed.prefix(16)), written, String(printed.prefix(10))]
            for since in ["90min", "3d", "1w"] + forms {
                #expect(try await texts("--since", since, "--last", "1") == ["ÄPFEL again"], "\(since)")
            }
            let none = try await me.roost("history", id, "--search", "plums")
            #expect(none.status == 0 && none.output.isEmpty && none.errors.contains("is like that"))
        }
    }

    @Test func theListSaysWhatIsNewAndTheNewestComesFirst() async throws {
        try await Network.with(2) { network in
            let (me, other) = (network.members[0], network.members[1])
            let (mine, theirs) = (try await me.id(), try await other.id())
            let empty = try await me.roost("history")
            #expect(empty.status == 0 && empty.output.isEmpty && empty.errors.contains("no conversations"))
            let nobody = try await me.roost("history", theirs)
            #expect(nobody.status == 0 && nobody.output.isEmpty && nobody.errors.contains("roost send"))
            try await other.send("Hello!", to: mine, until: "delivered")
            try await other.send("Are you there?\nIt is late.", to: mine, until: "delivered")
            let listed = try await conversations(me)
            #expect(strings(listed, "peer") == [theirs] && listed.map { $0["unread"] as? Int } == [2])
            #expect((listed.first?["last"] as? [String: Any])?["text"] as? String == "Are you there?\nIt is late.")
            try await me.send("A note.", to: mine, until: "delivered")
            #expect(strings(try await conversations(me), "peer") == [mine, theirs])
            let read = try await me.roost("inbox", "--from", theirs)
            try #require(read.status == 0)
            #expect(try await conversations(me).map { $0["unread"] as? Int } == [1, 0])
            try await me.send("Yes.", to: theirs, until: "delivered")
            #expect(strings(try await conversations(me), "peer") == [theirs, mine])
            let shown = try await me.roost("history")
            let rows = shown.output.split(separator: "\n")
            try #require(rows.count == 2, "\(shown.output)")
            #expect(rows[0].hasPrefix(theirs) && rows[0].hasSuffix("  you: Yes.") && !rows[0].contains(" new "))
            #expect(rows[1].hasPrefix(mine) && rows[1].hasSuffix("  A note.") && rows[1].contains("  1 new  "))
            let theirList = try await other.roost("history")
            #expect(theirList.output.split(separator: "\n").count == 1 && theirList.output.contains("  1 new  "))
        }
    }

    @Test func whatIsDeletedIsGoneHereAndWhatIsUnderWayStays() async throws {
        try await Network.with(2) { network in
            let (alice, bob) = (network.members[0], network.members[1])
            let (her, his) = (try await alice.id(), try await bob.id())
            let carol = try await network.member("carol").id()
            try await alice.send("One.", to: his, until: "delivered")
            try await bob.send("Two.", to: her, until: "delivered")
            try await alice.send("A note.", to: her, until: "delivered")
            let waiting = try await alice.send("For Carol.", to: carol, until: "queued")
            for (peer, words) in [
                (carol, "0 messages deleted\n"), (his, "2 messages deleted\n"), (his, "0 messages deleted\n"),
                (her, "1 message deleted\n"),
            ] {
                let run = try await alice.roost("history", peer, "--delete")
                #expect(run.status == 0 && run.output == words, "\(run.output)\(run.errors)")
            }
            #expect(strings(try await conversations(alice), "peer") == [carol])
            #expect(try await alice.inbox().isEmpty)
            // The texts of what was deleted are nowhere, also of the note, which lay in the outbox as well.
            #expect(strings(try await alice.roost("outbox", "--json").objects(), "to") == [carol])
            #expect(try await messages(bob, with: her).count == 2)
            let id = try #require(waiting["message"] as? String)
            let cancelled = try await alice.roost("outbox", "cancel", id)
            try #require(cancelled.status == 0, "\(cancelled.errors)")
            let json = try await alice.roost("history", carol, "--delete", "--json")
            #expect(json.output == "{\"deleted\":1}\n", "\(json.output)\(json.errors)")
            #expect(try await conversations(alice).isEmpty)
        }
    }

    /// A message is named by its place in a conversation: that of another names nothing.
    @Test(.enabled(if: hasCurl)) func aPositionIsOfItsConversationOnly() async throws {
        try await Network.with(2) { network in
            let (alice, bob) = (network.members[0], network.members[1])
            let (her, his) = (try await alice.id(), try await bob.id())
            let carol = try await network.member("carol").id()
            try await alice.send("One.", to: his, until: "delivered")
            try await alice.send("A note.", to: her, until: "delivered")
            try await alice.send("For Carol.", to: carol, until: "queued")
            try await bob.send("Two.", to: her, until: "delivered")
            func position(_ peer: String, _ index: Int) async throws -> String {
                try #require(try await messages(alice, with: peer)[index]["position"] as? String)
            }
            let sent = try await position(his, 0)
            let received = try await position(his, 1)
            let note = try await position(her, 0)
            let waiting = try await position(carol, 0)
            for (peer, position, status) in [
                (carol, sent, 404), (her, sent, 404), (carol, received, 404), (her, received, 404), (his, note, 404),
                (carol, note, 404), (his, waiting, 404), (carol, waiting, 409), (his, "1.2.3", 422),
                (his, "x", 422), ("bob", sent, 422),
            ] {
                let answer = try await curl(alice, "DELETE", "/v1/conversations/\(peer)/messages/\(position)")
                #expect(answer.status == status, "\(peer) \(position): \(answer.body)")
            }
            #expect(try await messages(alice, with: his).count == 2)
            #expect(try await messages(alice, with: her).count == 1)
            #expect(try await messages(alice, with: carol).count == 1)
            for (peer, position) in [(his, sent), (his, received), (her, note)] {
                let target = "/v1/conversations/\(peer)/messages/\(position)"
                #expect(try await curl(alice, "DELETE", target).status == 204)
                #expect(try await curl(alice, "DELETE", target).status == 404)
                // What was deleted still says where one is.
                let rest = try await curl(alice, "GET", "/v1/conversations/\(peer)/messages?after=\(position)")
                #expect(rest.status == 200 && rest.body.hasPrefix("{"), "\(rest.body)")
            }
            #expect(strings(try await conversations(alice), "peer") == [carol])
            #expect(strings(try await alice.roost("outbox", "--json").objects(), "to") == [carol])
        }
    }

    /// Six times as large as JSON, and from anybody who has the ID.
    @Test(.enabled(if: hasCurl)) func longMessagesOfManyDoNotHideTheList() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            let text = String(repeating: "\u{1}", count: 65_536)
            var peers: [String] = []
            for index in 0..<6 {
                peers.append(try await network.member("peer\(index)").id())
                try await me.send(text, to: peers[index], until: "queued")
            }
            #expect(strings(try await conversations(me), "peer") == peers.reversed())
            let page = try await curl(me, "GET", "/v1/conversations")
            let list = try #require(
                try JSONSerialization.jsonObject(with: Data(page.body.utf8)) as? [String: Any])
            #expect((list["conversations"] as? [[String: Any]])?.count == 4 && list["next"] != nil)
            #expect(page.body.utf8.count < 2_000_000)
        }
    }

    @Test func aDaemonThatWasKilledKeepsIt() async throws {
        try await Network.with(2) { network in
            let (alice, bob) = (network.members[0], network.members[1])
            let (her, his) = (try await alice.id(), try await bob.id())
            try await alice.send("One.", to: his, until: "delivered")
            try await bob.send("Two.", to: her, until: "delivered")
            for index in 0..<3 {
                try await bob.send("Note \(index).", to: his, until: "queued")
                try await bob.stop(SIGKILL)
                try await bob.start()
                #expect(strings(try await messages(bob, with: his, "--last", "1"), "text") == ["Note \(index)."])
            }
            #expect(strings(try await messages(bob, with: her), "text") == ["One.", "Two."])
            #expect(strings(try await messages(bob, with: her), "state") == ["received", "delivered"])
            #expect(try await conversations(bob).map { $0["unread"] as? Int } == [3, 1])
            let run = try await bob.roost("history", her, "--delete")
            try #require(run.output == "2 messages deleted\n", "\(run.errors)")
            try await bob.stop(SIGKILL)
            try await bob.start()
            #expect(try await messages(bob, with: her).isEmpty)
            #expect(strings(try await conversations(bob), "peer") == [his])
        }
    }

    /// On a terminal, somebody is there to be asked.
    @Test func deletionIsAskedForOnATerminal() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            let id = try await me.id()
            try await me.send("One.", to: id, until: "delivered")
            func delete(_ options: [String], _ answer: String?) async throws -> (status: Int32, output: String) {
                let arguments = ["history", id, "--delete", "--data", me.directory] + options
                let terminal = try Pseudoterminal(Command.binary(), arguments, home: me.root)
                if let answer {
                    try await eventually { terminal.output.contains("[y/N]") }
                    terminal.type(answer)
                }
                return (try await terminal.end(), terminal.output)
            }
            for answer in ["\n", "n\n", "maybe\n", "\u{4}"] {
                let (status, output) = try await delete([], answer)
                #expect(status == 76 && output.contains("Nothing was deleted."), "\(answer): \(output)")
            }
            #expect(try await messages(me, with: id).count == 1)
            let (status, output) = try await delete([], "yes\n")
            #expect(status == 0 && output.contains("1 message deleted"), "\(output)")
            try await me.send("Two.", to: id, until: "delivered")
            let unasked = try await delete(["--yes"], nil)
            #expect(unasked.status == 0 && !unasked.output.contains("[y/N]"), "\(unasked.output)")
            #expect(try await me.roost("history", id, "--yes").status == 64)
        }
    }

    @Test func whatIsAskedWronglyIsSaid() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            let id = try await me.id()
            for form in ["90min, 2h, 3d or 1w", "2026-11-28 09:30:00 +01:00", "2026-11-28T09:30:00Z", "09:30,"] {
                let run = try await me.roost("history", id, "--since", "some day")
                #expect(run.status == 64 && run.errors.contains(form), "\(run.errors)")
            }
            for (options, status, words) in [
                ([id, "--last", "0"], 64, "--last"), ([id, "--last", "many"], 64, "--last"),
                ([id, "--last=-1"], 64, "--last is a number from 1"),
                ([id, "--last", "-1"], 64, "--last is a number from 1"),
                ([id, "--last"], 64, "--last"), ([id, "--since", "-1h"], 64, "--since is some time ago"),
                (["--last", "1"], 64, "PEER"), (["--delete"], 64, "PEER"),
                (["--since", "1h"], 64, "PEER"), (["--follow"], 64, "PEER"),
                (["--search", "x", "--last", "1"], 64, "--since"), (["--search", "x", "--follow"], 64, "PEER"),
                (["--search", "x", "--delete"], 64, "PEER"), ([id, "--follow", "--delete"], 64, "--follow"),
                ([id, "--follow", "--search", "x"], 64, "--search"),
                ([id, "--delete", "--last", "1"], 64, "--delete"), ([id, "--delete", "--search", "x"], 64, "--delete"),
                ([id, "--since", "yesterday"], 64, "--since"), ([id, "--since", "2026-02-30"], 64, "--since"),
                ([id, "--since", "2026-02-30T00:00:00Z"], 64, "--since"),
                ([id, "--since", "2026-11-28T09:30:00Zulu"], 64, "--since"), ([id, "--since="], 64, "--since"),
                ([id, "--search", ""], 64, "--search"),
                ([id, "--search", String(repeating: "é", count: 512) + "x"], 64, "1024 bytes"),
                ([id, "more"], 64, "more"), (["bob"], 67, "address book"), (["bob", "--delete"], 67, "address book"),
                ([String(id.dropLast())], 65, "63 characters"), ([String(id.dropLast()) + "b"], 65, "character"),
                (["roost1xyz"], 65, "64"),
            ] as [([String], Int32, String)] {
                let run = try await Command.run(nil, ["history", "--data", me.directory] + options, home: me.root)
                #expect(run.status == status && run.output.isEmpty, "\(options): \(run.status) \(run.errors)")
                #expect(run.errors.contains(words), "\(options): \(run.errors)")
            }
            try await me.stop()
            for options in [[], [id], [id, "--delete"], ["--json"], ["--search", "x"], [id, "--follow"]] {
                let run = try await Command.run(nil, ["history", "--data", me.directory] + options, home: me.root)
                #expect(run.status == 69 && run.output.isEmpty, "\(options): \(run.status) \(run.errors)")
            }
        }
    }
}
