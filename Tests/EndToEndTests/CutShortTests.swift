import Foundation
import Testing

/// What commands leave that were killed or given something unusual, and what is said of it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CutShortTests {
    private let secret = ["ROOST_PASSPHRASE": "six words that nobody can guess"]

    private func roost(
        _ arguments: [String], of member: Member, _ environment: [String: String]? = nil
    ) async throws -> Command.Result {
        try await Command.run(
            nil, arguments + ["--data", member.directory], home: member.root, environment: environment ?? secret)
    }

    private func content(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    /// The very same command goes on, whichever it was; the node that runs meanwhile and the doctor say that a key is open.
    @Test func aFirstPassphraseGoesOnByTheSameCommand() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            _ = try await alice.id()
            let file = network.root + "/secret"
            try Data("another".utf8).write(to: URL(fileURLWithPath: file))
            let commands: [([String], [String: String])] = [
                (["passphrase"], secret), (["passphrase", "--new-passphrase-file", file], [:]),
                (["passphrase", "--new-passphrase-file", file], secret),
                (["passphrase", "--passphrase-file", file], [:]),
            ]
            for (command, environment) in commands {
                let plain = try content(alice.directory + "/node.key")
                let first = try await roost(command, of: alice, environment)
                #expect(first.status == 0, "\(command): \(first.errors)")
                try plain.write(to: URL(fileURLWithPath: alice.directory + "/node.key"))
                let again = try await roost(command, of: alice, environment)
                #expect(again.status == 0, "\(command): \(again.errors)")
                #expect(again.errors.contains("node.key was still open"), "\(command): \(again.errors)")
                #expect(try content(alice.directory + "/node.key") != plain)
                let isOfFile = command.contains(file)
                let removed = try await roost(
                    ["passphrase", "--remove"], of: alice, isOfFile ? ["ROOST_PASSPHRASE": "another"] : secret)
                #expect(removed.status == 0, "\(command): \(removed.errors)")
            }
        }
    }

    @Test func aKeyThatIsStillOpenIsSaid() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            _ = try await alice.id()
            let plain = try content(alice.directory + "/profile.key")
            #expect(try await roost(["passphrase"], of: alice).status == 0)
            try plain.write(to: URL(fileURLWithPath: alice.directory + "/profile.key"))
            let variable = try #require(secret["ROOST_PASSPHRASE"])
            try await alice.start(wrapper: ["/usr/bin/env", "ROOST_PASSPHRASE=\(variable)"])
            let status = try await alice.roost("status")
            #expect(status.output.contains("profile.key is open"), "\(status.output)")
            try await eventually { alice.daemon?.errors.contains("key-open") == true }
            #expect(try await roost(["passphrase"], of: alice).status == 0)
            try await eventually { try await !alice.roost("status", "--json").output.contains("key-open") }
            try await alice.stop()
            try plain.write(to: URL(fileURLWithPath: alice.directory + "/profile.key"))
            let doctor = try await roost(["doctor"], of: alice)
            #expect(doctor.status == 0 && doctor.output.contains("profile.key is open"), "\(doctor.output)")
        }
    }

    /// What writers of the address book leave that are killed goes at the next start, and at the next change.
    @Test func draftsOfTheAddressBookAreRemoved() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let id = try await alice.id()
            let drafts = [".dat.nosync1f.Xy12Ab", "peers.json.7.tmp", "compared.json.12.tmp"]
            func leave() throws {
                for name in drafts {
                    try Data("{}".utf8).write(to: URL(fileURLWithPath: alice.directory + "/" + name))
                }
            }
            func left() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: alice.directory).filter(drafts.contains)
            }
            try leave()
            #expect(try await alice.roost("peers", "add", "me", id).status == 0)
            #expect(try left().isEmpty)
            try leave()
            try await alice.start()
            #expect(try left().isEmpty)
            // An import that was cut short leaves the same.
            let again = try network.member("again")
            try FileManager.default.createDirectory(atPath: again.directory, withIntermediateDirectories: false)
            for name in drafts + ["importing"] {
                try Data().write(to: URL(fileURLWithPath: again.directory + "/" + name))
            }
            #expect(try await roost(["export", network.root + "/file"], of: alice).status == 0)
            let imported = try await roost(["import", network.root + "/file"], of: again)
            #expect(imported.status == 0, "\(imported.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: again.directory)
            #expect(!names.contains(where: drafts.contains), "\(names)")
        }
    }

    /// The address book may lie elsewhere.
    @Test func anAddressBookBehindALinkStaysThere() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let id = try await alice.id()
            let file = network.root + "/shared.json"
            try Data("{}".utf8).write(to: URL(fileURLWithPath: file))
            try FileManager.default.createSymbolicLink(
                atPath: alice.directory + "/peers.json", withDestinationPath: file)
            #expect(try await alice.roost("peers", "add", "me", id).status == 0)
            #expect(try String(decoding: content(file), as: UTF8.self).contains(id))
        }
    }

    /// A file that may grow no further is a full disk, to every command.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/prlimit")))
    func aLimitOnTheSizeOfFilesIsSaid() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            func limited(_ bytes: Int, _ arguments: [String]) async throws -> Command.Result {
                // Whoever runs the tests may ignore the signal, and that is inherited.
                let wrapper = ["--default-signal=XFSZ", "/usr/bin/prlimit", "--fsize=\(bytes):\(bytes)"]
                return try await Command.run(
                    "/usr/bin/env", wrapper + [Command.binary()] + arguments, home: network.root, environment: secret)
            }
            let made = try await limited(100, ["init", "--data", alice.directory])
            #expect(made.status == 74 && made.errors.contains("is full"), "\(made.status) \(made.errors)")
            let id = try await alice.id()
            let book = Dictionary(uniqueKeysWithValues: (0..<4).map { ("name\($0)", id) })
            try JSONEncoder().encode(book).write(to: URL(fileURLWithPath: alice.directory + "/peers.json"))
            let named = try await limited(300, ["peers", "add", "me", id, "--data", alice.directory])
            #expect(named.status == 73 && named.errors.contains("space on the disk"), "\(named.status) \(named.errors)")
            let sealed = try await limited(100, ["passphrase", "--data", alice.directory])
            #expect(sealed.status == 74 && sealed.errors.contains("is full"), "\(sealed.status) \(sealed.errors)")
            let exported = try await limited(
                100, ["export", network.root + "/file", "--data", alice.directory])
            #expect(exported.status == 74 && exported.errors.contains("is full"), "\(exported.errors)")
            let help = try await limited(200, ["--help"])
            #expect(help.status == 74 && help.errors.contains("Standard output can't be written"), "\(help.status)")
            let names = try FileManager.default.contentsOfDirectory(atPath: alice.directory)
            #expect(!names.contains { $0.hasSuffix(".tmp") }, "\(names)")
        }
    }

    @Test func anExportComesThroughAPipe() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let id = try await alice.id()
            let file = network.root + "/alice.export"
            #expect(try await roost(["export", file], of: alice).status == 0)
            let binary = try Command.binary()
            let lines = [
                "cat \(file) | \(binary) import /dev/stdin", "\(binary) import <(sleep 0.2; cat \(file))",
                "mkfifo $HOME/fifo; cat \(file) > $HOME/fifo & \(binary) import $HOME/fifo",
                "\(binary) import /dev/stdin < \(file)",
            ]
            for (index, line) in lines.enumerated() {
                let run = try await Command.run(
                    "/bin/bash", ["-c", "\(line) --data $HOME/again\(index)"], home: network.root, environment: secret)
                #expect(run.status == 0 && run.output.hasPrefix(id), "\(line): \(run.errors)")
            }
            let empty = try await Command.run(
                "/bin/bash", ["-c", "true | \(binary) import /dev/stdin --data $HOME/empty"], home: network.root,
                environment: secret)
            #expect(empty.status == 65 && empty.errors.contains("roost export"), "\(empty.errors)")
            let endless = try await Command.run(
                "/bin/bash", ["-c", "\(binary) import /dev/zero --data $HOME/empty"], home: network.root,
                environment: secret)
            #expect(endless.status == 74 && endless.errors.contains("256 MiB"), "\(endless.errors)")
            #expect(!FileManager.default.fileExists(atPath: network.root + "/empty"))
        }
    }

    /// Written by hand, a name may be any text: none of them vanishes without a word.
    @Test func namesWrittenByHandAreTakenOverOrSaid() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            _ = try await alice.id()
            var ids: [String] = []
            for name in ["a", "b", "c", "d", "e", "f"] { ids.append(try await network.member(name).id()) }
            let long = String(repeating: "x", count: 2_000)
            let book = [
                "two words": ids[0], "two-words": ids[1], " Two\twords ": ids[2], "bo\u{200b}b": ids[3], long: ids[4],
                "nobody": "roost1nonsense", "carol": ids[5],
            ]
            try JSONEncoder().encode(book).write(to: URL(fileURLWithPath: alice.directory + "/peers.json"))
            let file = network.root + "/alice.export"
            let exported = try await roost(["export", file], of: alice)
            #expect(exported.status == 0 && exported.output.contains("5 names"), "\(exported.output)")
            #expect(exported.errors.contains("“nobody” of the address book is not in the file"), "\(exported.errors)")
            #expect(exported.errors.split(separator: "\n").count == 2)
            let again = try network.member("again")
            let imported = try await roost(["import", file], of: again)
            #expect(imported.status == 0 && imported.output.contains("4 names"), "\(imported.output)\(imported.errors)")
            #expect(imported.errors.contains("“two words” is called “two-words-"), "\(imported.errors)")
            #expect(imported.errors.contains("roost peers add NAME \(ids[3])"), "\(imported.errors)")
            let entries = try await again.roost("peers", "--json").objects()
            let names = Dictionary(
                uniqueKeysWithValues: entries.map { ($0["name"] as? String ?? "", $0["id"] as? String ?? "") })
            #expect(names["two-words"] == ids[1] && names["carol"] == ids[5] && names.count == 4, "\(names)")
            #expect(Set(names.values) == [ids[0], ids[1], ids[2], ids[5]])
        }
    }

    @Test func aKeyNamesOneText() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            let id = try await me.id()
            func send(_ text: String, _ key: String, _ options: String...) async throws -> Command.Result {
                try await Command.run(
                    nil, ["send", id, text, "--key", key, "--data", me.directory] + options, home: me.root)
            }
            let first = try await send("Backup done.", "backup", "--json").object()
            let message = try #require(first["message"] as? String)
            for _ in 0..<2 {
                #expect(try await send("Backup done.", "backup", "--json").object()["message"] as? String == message)
            }
            for options in [[], ["--json"]] {
                let run = try await Command.run(
                    nil, ["send", id, "Backup failed!", "--key", "backup", "--data", me.directory] + options,
                    home: me.root)
                #expect(run.status == 65 && run.output.isEmpty, "\(run.status) \(run.output)")
                #expect(
                    run.errors.contains("used before for another text") && run.errors.contains(message), "\(run.errors)"
                )
            }
            let empty = try await send("Backup failed!", "")
            #expect(empty.status == 65 && empty.errors.contains("key is empty"), "\(empty.status) \(empty.errors)")
            #expect(try await me.inbox().count == 1)
        }
    }
}
