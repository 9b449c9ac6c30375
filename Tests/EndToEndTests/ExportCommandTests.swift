import Foundation
import Testing

/// `roost export`, `roost import` and `roost passphrase`, with real processes.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ExportCommandTests {
    private let secret = ["ROOST_PASSPHRASE": "six words that nobody can guess"]

    private func roost(
        _ arguments: [String], of member: Member, _ environment: [String: String]? = nil, input: Data = Data()
    ) async throws -> Command.Result {
        try await Command.run(
            nil, arguments + ["--data", member.directory], input: input, home: member.root,
            environment: environment ?? secret)
    }

    /// Exported while the daemon runs, and gone on with elsewhere: the history is there, and mail arrives.
    @Test func aPersonGoesOnElsewhere() async throws {
        try await Network.with(2) { network in
            let (bob, alice) = (network.members[0], network.members[1])
            let id = try await alice.id()
            _ = try await alice.roost("peers", "add", "bob", bob.id())
            _ = try await alice.roost("peers", "verify", "bob", "--confirm")
            try await bob.send("before", to: id, until: "delivered")
            try await alice.send("sent", to: "bob", until: "delivered")
            let file = network.root + "/alice.export"
            let exported = try await roost(["export", file, "--json"], of: alice)
            let counts = try exported.object()
            #expect(exported.errors.isEmpty && counts["received"] as? Int == 1 && counts["sent"] as? Int == 1)
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try await roost(["export", file], of: alice).status == 73)
            let replaced = try await roost(["export", file, "--replace"], of: alice)
            #expect(replaced.status == 0 && replaced.output.contains("1 name, 1 message received, 1 sent ("))
            // Into the directory of a daemon, or of anybody, nothing is imported.
            let running = try await roost(["import", file], of: alice)
            #expect(running.status == 73 && running.errors.contains("already"), "\(running.errors)")
            try await alice.stop()

            let again = try network.member("again")
            let wrong = try await roost(["import", file], of: again, ["ROOST_PASSPHRASE": "another"])
            #expect(wrong.status == 77 && !FileManager.default.fileExists(atPath: again.directory), "\(wrong.errors)")
            let imported = try await roost(["import", file], of: again)
            #expect(imported.status == 0 && imported.output.hasPrefix(id), "\(imported.errors)")
            #expect(imported.errors.contains("Never start the old data directory again"))
            try await again.start()
            try await again.join()
            #expect(try await again.id() == id)
            #expect(try await again.inbox().map { $0["text"] as? String } == ["before"])
            #expect(try await again.outboxStates() == ["delivered"])
            let peers = try await again.roost("peers", "--json").object()
            #expect(peers["name"] as? String == "bob" && peers["compared"] != nil)
            try await again.send("I am back", to: "bob", until: "delivered")
            try await bob.receive(["sent", "I am back"])
        }
    }

    @Test func whatCannotBeReadIsSaid() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            _ = try await alice.id()
            let file = network.root + "/alice.export"
            #expect(try await roost(["export", file], of: alice).status == 0)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            let nobody = try network.member("nobody")
            func refused(_ status: Int32, _ sentence: String, _ environment: [String: String]? = nil) async throws {
                let run = try await roost(["import", file], of: nobody, environment)
                #expect(run.status == status && run.errors.contains(sentence), "\(run.status) \(run.errors)")
                #expect(run.errors.split(separator: "\n").count == 1 && run.output.isEmpty)
                #expect(!FileManager.default.fileExists(atPath: nobody.directory))
            }
            try bytes.dropLast().write(to: URL(fileURLWithPath: file))
            try await refused(65, "cut short")
            bytes[12] = 7
            try bytes.write(to: URL(fileURLWithPath: file))
            try await refused(78, "newer")
            try Data("hello".utf8).write(to: URL(fileURLWithPath: file))
            try await refused(65, "roost export")
            try await refused(78, "ROOST_PASSPHRASE", [:])
            try await refused(65, "empty", ["ROOST_PASSPHRASE": ""])
            try FileManager.default.removeItem(atPath: file)
            try await refused(74, "can't be read")
            #expect(try await roost(["export"], of: alice).status == 64)
            #expect(try await roost(["export", file, "--phrase"], of: alice).status == 64)
            #expect(try await roost(["export", file], of: nobody).status == 78)
        }
    }

    @Test func wordsBringThePersonBack() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let id = try await alice.id()
            let words = try await roost(["export", "--phrase"], of: alice, [:])
            #expect(words.status == 0 && words.errors.contains("let nobody see them"))
            #expect(words.output.split(whereSeparator: \.isWhitespace).count == 24)
            let again = try network.member("again")
            let wrong = words.output.replacing(/^\w+/, with: "nonsense")
            let refused = try await roost(["import", "--phrase"], of: again, [:], input: Data(wrong.utf8))
            #expect(refused.status == 65 && refused.errors.contains("Word 1"), "\(refused.errors)")
            let imported = try await roost(["import", "--phrase"], of: again, [:], input: Data(words.output.utf8))
            #expect(imported.status == 0 && imported.output == id + "\n", "\(imported.errors)")
            #expect(try await again.id() == id)
        }
    }

    @Test func keysAreSealedAtRest() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let id = try await alice.id()
            #expect(try await roost(["passphrase", "--json"], of: alice).output == "{\"sealed\":true}\n")
            #expect(try await alice.id() == id)
            let missing = try await roost(["up", "--listen", "127.0.0.1:0"], of: alice, [:])
            #expect(missing.status == 78 && missing.errors.contains("--passphrase-file"), "\(missing.errors)")
            let wrong = try await roost(["up", "--listen", "127.0.0.1:0"], of: alice, ["ROOST_PASSPHRASE": "x"])
            #expect(wrong.status == 77 && wrong.errors.contains("is not the one"), "\(wrong.errors)")
            let (old, new) = (network.root + "/old", network.root + "/new")
            try Data("six words that nobody can guess\n".utf8).write(to: URL(fileURLWithPath: old))
            try Data("another\n".utf8).write(to: URL(fileURLWithPath: new))
            let changed = try await roost(
                ["passphrase", "--passphrase-file", old, "--new-passphrase-file", new], of: alice, [:])
            #expect(changed.status == 0, "\(changed.errors)")
            try await alice.start(wrapper: ["/usr/bin/env", "ROOST_PASSPHRASE=another"])
            #expect(try await alice.roost("status").status == 0)
            try await alice.stop()
            #expect(try await roost(["passphrase", "--remove"], of: alice).status == 77)
            #expect(
                try await roost(["passphrase", "--remove"], of: alice, ["ROOST_PASSPHRASE": "another"]).status == 0)
            try await alice.start()
        }
    }

    /// A phrase can be pasted as it is printed, in four lines, and is not shown.
    @Test func aPhraseIsPastedAsItIsPrinted() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let id = try await alice.id()
            let printed = try await alice.roost("export", "--phrase").output
            #expect(printed.split(separator: "\n").count == 4)
            let again = try network.member("again")
            let terminal = try Pseudoterminal(
                Command.binary(), ["import", "--phrase", "--data", again.directory], home: network.root)
            try await eventually { terminal.output.hasSuffix("The 24 words: ") && !terminal.echoes }
            terminal.type(printed)
            #expect(try await terminal.end() == 0 && terminal.echoes, "\(terminal.output)")
            let word = try #require(printed.split(whereSeparator: \.isWhitespace).first)
            #expect(terminal.output.contains(id) && !terminal.output.contains("\(word) "))
        }
    }

    /// Two passphrases that are no text are two.
    @Test func aPassphraseIsItsBytes() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            _ = try await alice.id()
            let roost = "\(try Command.binary()) passphrase --data \(alice.directory)"
            let line = "ROOST_PASSPHRASE=$'caf\\xe9' \(roost) && ROOST_PASSPHRASE=$'caf\\xff' \(roost) --remove"
            let run = try await Command.run("/bin/bash", ["-c", line], home: network.root)
            #expect(run.status == 77, "\(run.status) \(run.errors)")
        }
    }

    /// Typed on a terminal, a passphrase is not shown, and the terminal is as before, also after Ctrl-C.
    @Test func aTypedPassphraseIsNotShown() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            _ = try await alice.id()
            func terminal() throws -> Pseudoterminal {
                try Pseudoterminal(Command.binary(), ["passphrase", "--data", alice.directory], home: network.root)
            }
            func prompt(_ terminal: Pseudoterminal, _ text: String) async throws {
                try await eventually { terminal.output.hasSuffix(text) && !terminal.echoes }
            }
            let first = try terminal()
            try await prompt(first, "New passphrase: ")
            first.type("secret\u{7f}t word\n")
            try await prompt(first, "Again: ")
            first.type("secret word\n")
            #expect(try await first.end() == 0 && first.echoes)
            #expect(!first.output.contains("secret"))
            let second = try terminal()
            try await eventually { second.output.hasSuffix(": ") && !second.echoes }
            second.type("secret\u{3}")
            #expect(try await second.end() == 65 && second.echoes && !second.output.contains("secret"))
            let run = try await roost(["passphrase", "--remove"], of: alice, ["ROOST_PASSPHRASE": "secret word"])
            #expect(run.status == 0, "\(run.errors)")
        }
    }
}
