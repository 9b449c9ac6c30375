import Foundation
import Testing

/// Names for peers, and identities: nothing is made by mistake, and nothing passes for what it is not.
@Suite(.serialized) struct AddressBookTests {
    @Test func aMistypedDirectoryMakesNobody() async throws {
        try await Network.with(0) { network in
            let nobody = network.root + "/mistyped"
            let someone = try await network.member("someone").id()
            for command in [["id"], ["id", "--json"], ["peers", "add", "bob", someone]] {
                let run = try await Command.run(nil, command + ["--data", nobody], home: network.root)
                #expect(run.status == 78 && run.output.isEmpty, "\(command): \(run.status)")
                #expect(
                    run.errors.contains(nobody) && run.errors.contains("roost init --data \(nobody)"), "\(run.errors)")
                #expect(!FileManager.default.fileExists(atPath: nobody))
            }
            // Neither does one that is there and holds nothing of ours.
            try FileManager.default.createDirectory(
                atPath: nobody, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
            let empty = try await Command.run(nil, ["id", "--data", nobody], home: network.root)
            #expect(empty.status == 78)
            let mode = try FileManager.default.attributesOfItem(atPath: nobody)[.posixPermissions] as? Int
            let left = try FileManager.default.contentsOfDirectory(atPath: nobody)
            #expect(mode == 0o755 && left.isEmpty)
        }
    }

    @Test func initMakesKeysOnce() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let first = try await alice.roost("init")
            #expect(first.status == 0 && first.output.hasPrefix("roost1"))
            let mode = try FileManager.default.attributesOfItem(atPath: alice.directory)[.posixPermissions] as? Int
            #expect(mode == 0o700)
            let again = try await alice.roost("init", "--json").object()
            let id = try await alice.roost("id", "--json").object()
            #expect((again["id"] as? String).map { $0 + "\n" } == first.output)
            #expect(id["id"] as? String == again["id"] as? String && (id["node"] as? String)?.count == 64)
            try await alice.start()
            let running = try await alice.roost("id")
            #expect(running.output == first.output)
        }
    }

    @Test func aNameStaysItsOwners() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let ids = try await [alice, network.member("bob"), network.member("mallory")].asyncMap { try await $0.id() }
            func add(_ name: String, _ id: String, _ options: String...) async throws -> Command.Result {
                try await Command.run(
                    nil, ["peers", "add", name, id, "--data", alice.directory] + options, home: network.root)
            }
            func book() async throws -> [String: String] {
                let entries = try await alice.roost("peers", "--json").objects()
                return Dictionary(
                    uniqueKeysWithValues: entries.compactMap { entry in
                        (entry["name"] as? String).flatMap { name in (entry["id"] as? String).map { (name, $0) } }
                    })
            }
            for _ in 0..<2 { #expect(try await add("bob", ids[1]).status == 0) }
            for name in ["bob", "Bob", "BOB"] {
                let refused = try await add(name, ids[2])
                #expect(refused.status == 73, "\(name): \(refused.status)")
                #expect(refused.errors.contains(ids[1]) && refused.errors.contains("--replace"), "\(refused.errors)")
                #expect(try await book() == ["bob": ids[1]])
            }
            let replaced = try await add("bob", ids[2], "--replace")
            #expect(replaced.status == 0)
            #expect(try await book() == ["bob": ids[2]])
            // Typed in one character or in two, an accent is the same.
            #expect(try await add("Zoe\u{308}", ids[1]).status == 0)
            #expect(try await add("Zo\u{eb}", ids[2]).status == 73)
            let known = try await alice.roost("send", "Zo\u{eb}", "Hello.")
            #expect(known.status == 69, "\(known.errors)")
        }
    }

    @Test(arguments: [
        "", " ", "bob ", " bob", "bob\n", "two words", "a\tb", "bo\u{200b}b", "\u{200b}", "\u{202e}bob", "bob\u{2066}",
        "\u{feff}bob",
        "bo\u{ad}b", "a\u{1b}[2Jb", "\u{7f}", "\u{9b}31m", "a\u{2028}b", "a\u{200d}b", "\u{301}a", "\u{3164}",
        "\u{2800}",
        "\u{1d159}",
        "\u{13441}b",
        "\u{13442}",
        "\u{e0041}", "\u{e000}", "roost1bob", "ROOST1", String(repeating: "n", count: 33), "1\u{200d}2",
    ])
    func namesThatAreNotWhatTheySeemAreRefused(name: String) async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let run = try await alice.roost("peers", "add", name, alice.id())
            #expect(
                run.status == 65 && run.output.isEmpty && !run.errors.contains("\u{1b}"), "\(run.status) \(run.errors)")
            let dash = try await alice.roost("peers", "add", "--", "-x", alice.id())
            // Behind -- the directory is no option any more.
            #expect(dash.status == 64 || dash.status == 65)
            let listed = try await alice.roost("peers")
            #expect(listed.output.isEmpty && listed.errors.contains("is empty"))
        }
    }

    @Test(arguments: ["bob", "Zoë", "محمد", "李雷", "👩\u{200d}👩\u{200d}👧", "❤\u{fe0f}", "o'neill", "a.b-c_d", "n\u{303}"])
    func othersAreTaken(name: String) async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let run = try await alice.roost("peers", "add", name, alice.id(), "--json")
            #expect(run.status == 0, "\(run.errors)")
            #expect(try run.object()["name"] as? String == name)
        }
    }

    /// A file that was written by others: whatever is in it is shown, and nothing of it acts.
    @Test func namesOfTheFileCannotDriveTheTerminal() async throws {
        try await Network.with(2) { network in
            let (alice, bob) = (network.members[0], network.members[1])
            let forged = "\u{1b}[2Jbob\n2026-01-01 00:00:00 +00:00  carol  via direct  new\u{202e}\u{9b}"
            let names = [forged: try await bob.id(), "broken": "\u{1b}]0;x\u{7}"]
            try JSONEncoder().encode(names).write(to: URL(fileURLWithPath: alice.directory + "/peers.json"))
            try await bob.send("Hello.", to: alice.id(), until: "delivered")
            let sent = try await alice.roost("send", bob.id(), "Hi.", "--until", "delivered")
            let message = try #require(sent.output.split(separator: " ").first.map(String.init))
            for run in [
                sent, try await alice.roost("peers"), try await alice.roost("inbox", "--peek"),
                try await alice.roost("outbox"), try await alice.roost("outbox", "show", message),
                try await alice.roost("send", "broken", "x"), try await alice.roost("send", "\u{1b}[2J", "x"),
                try await alice.roost("peers", "remove", "\u{9b}2J"),
                try await alice.roost("peers", "add", "broken", bob.id()),
            ] {
                let all = run.output + run.errors
                #expect(!all.isEmpty && !all.contains("\n2026-01-01"), "\(all)")
                let controls = all.unicodeScalars.filter { $0.properties.generalCategory == .control && $0 != "\n" }
                #expect(controls.isEmpty && !all.contains("\u{202e}"), "\(all.debugDescription)")
            }
            let broken = try await alice.roost("send", "broken", "x")
            #expect(broken.status == 74 && broken.errors.contains("--replace"))
            // They can be removed.
            let removed = try await alice.roost("peers", "remove", forged)
            #expect(removed.status == 0)
        }
    }

    /// A program that holds the address book is waited for, but not for ever, and holds up nothing else of the daemon.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")))
    func whoHoldsTheBookHoldsUpNothingElse() async throws {
        try await Network.with(1) { network in
            let alice = network.members[0]
            let id = try await alice.id()
            let directory = open(alice.directory, O_RDONLY)
            try #require(directory >= 0 && flock(directory, LOCK_EX) == 0)
            defer { close(directory) }
            // More than the daemon has threads for requests: by these, two seconds each, nothing else would be answered for long.
            let changes = try (0..<16).map { number in
                try Running(
                    "/usr/bin/curl",
                    [
                        "-sS", "--max-time", "30", "--unix-socket", alice.directory + "/roost.sock", "-X", "PUT",
                        "--data-binary", "{\"id\":\"\(id)\"}", "http://roost/v1/peers/name\(number)",
                    ], home: network.root)
            }
            let status = try await Command.run(
                "/usr/bin/curl",
                [
                    "-sS", "--max-time", "8", "--unix-socket", alice.directory + "/roost.sock",
                    "http://roost/v1/status",
                ], home: network.root)
            #expect(status.status == 0, "\(status.errors)")
            for change in changes {
                #expect(try await change.end(within: .seconds(40)) == 0)
                #expect(change.output.contains("try again in a moment"), "\(change.output)")
            }
            let held = try await alice.roost("peers", "add", "bob", id)
            #expect(held.status == 74 && held.errors.contains("try again in a moment"), "\(held.errors)")
            flock(directory, LOCK_UN)
            #expect(try await alice.roost("peers", "add", "bob", id).status == 0)
            #expect(try await alice.roost("peers").output.contains("bob"))
        }
    }
}
