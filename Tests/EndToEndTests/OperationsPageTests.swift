import Foundation
import Testing

/// The commands of docs/operations.md, as they stand there, with `sudo`, `systemctl` and `ssh` played by functions of the shell.
@Suite(.serialized, .timeLimit(.minutes(2))) struct OperationsPageTests {
    /// `/var/lib` is a directory of this machine or, behind `ssh new`, of another; `systemctl` runs `roost up` there.
    private static let stage = """
        set -eu
        sudo() { if [ "$1" = -u ]; then shift 2; fi; "$@"; }
        chown() { :; }
        systemctl() {
            case $* in
            *start*|*enable*) "$roost" up --data "$lib/roost" --listen 127.0.0.1:0 $bootstrap >"$lib/up.out" 2>&1 & ;;
            *stop*|*disable*) "$roost" down --data "$lib/roost" ;;
            esac
        }
        roost() { "$roost" "$@"; }
        ssh() { shift; bash -c "lib=$new; $(declare -f sudo chown systemctl roost); ${*//$old/$new}"; }
        export roost bootstrap old new
        lib=$old

        """

    private func run(_ commands: String, in network: Network) async throws -> Command.Result {
        let (old, new) = (network.root + "/old", network.root + "/new")
        let script =
            OperationsPageTests.stage
            + commands.replacing("/var/lib", with: old).replacing("/media/safe", with: network.root + "/safe")
        return try await Command.run(
            "/bin/bash", ["-c", script], home: network.root,
            environment: [
                "roost": Command.binary(), "old": old, "new": new,
                "bootstrap": network.bootstrap.joined(separator: " "),
            ])
    }

    private func blocks(_ section: String, containing word: String) throws -> String {
        let blocks = try Page("docs/operations.md", section: section).blocks.map { $0.lines.joined(separator: "\n") }
        return try #require(blocks.first { $0.contains(word) }, "\(section) has no commands with \(word)")
    }

    private func started(_ name: String, in network: Network) async throws -> Member {
        for folder in ["old", "new", "safe"] {
            try FileManager.default.createDirectory(
                atPath: network.root + "/" + folder, withIntermediateDirectories: true)
        }
        let member = try network.member(name)
        try await member.start()
        try await member.join()
        return member
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: "/usr/bin/mdb_copy"),
            "mdb_copy is missing: it comes with lmdb-utils"))
    func aBackupOfARunningNodeIsWhole() async throws {
        try await Network.with(2) { network in
            let roost = try await started("old/roost", in: network)
            let id = try await roost.id()
            try await roost.send("Kept.", to: id, until: "delivered")
            let named = try await roost.roost("peers", "add", "me", id)
            try #require(named.status == 0)
            let copied = try await run(blocks("Backup and restore", containing: "mdb_copy"), in: network)
            #expect(copied.status == 0, "\(copied.output)\(copied.errors)")
            #expect(roost.daemon?.isRunning == true)
            try await roost.stop(SIGKILL)
            // The copy stands in for the directory.
            let copies = try FileManager.default.contentsOfDirectory(atPath: network.root + "/safe")
            let copy = try network.member("safe/" + #require(copies.first))
            let mode = try FileManager.default.attributesOfItem(atPath: copy.directory)[.posixPermissions] as? Int
            #expect(copies.count == 1 && mode == 0o700)
            try await copy.start()
            let (copiedID, inbox) = (try await copy.id(), try await copy.inbox())
            #expect(copiedID == id && inbox.map { $0["text"] as? String } == ["Kept."])
            #expect(inbox.first?["name"] as? String == "me")
        }
    }

    @Test func aBackupOfANodeAtRestIsWhole() async throws {
        try await Network.with(2) { network in
            let roost = try await started("old/roost", in: network)
            let id = try await roost.id()
            try await roost.send("Kept.", to: id, until: "delivered")
            let copied = try await run(blocks("Backup and restore", containing: "cp -a"), in: network)
            #expect(copied.status == 0, "\(copied.output)\(copied.errors)")
            try await eventually { try await roost.roost("status").status == 0 }
            _ = try await roost.roost("down")
            let safe = try FileManager.default.contentsOfDirectory(atPath: network.root + "/safe").sorted()
            #expect(safe.filter { $0.hasSuffix(".key") } == ["node.key", "profile.key"])
            let copy = try network.member("safe/" + #require(safe.first { $0.hasPrefix("roost-") }))
            try await copy.start()
            let inbox = try await copy.inbox()
            #expect(inbox.map { $0["text"] as? String } == ["Kept."])
        }
    }

    @Test func anExportOfARunningNodeIsThePerson() async throws {
        try await Network.with(1) { network in
            let roost = try await started("old/roost", in: network)
            let id = try await roost.id()
            try await roost.send("Kept.", to: id, until: "delivered")
            let passphrase = "export ROOST_PASSPHRASE=page\n"
            let commands = try blocks("Backup and restore", containing: "roost export")
            let exported = try await run(passphrase + commands, in: network)
            #expect(exported.status == 0 && exported.output.contains("1 message received"), "\(exported.errors)")
            #expect(exported.output.split(whereSeparator: \.isWhitespace).count > 24)
            let imported = try await run(
                passphrase + "roost import /media/safe/roost.export --data /var/lib/again", in: network)
            #expect(imported.status == 0 && imported.output.contains(id), "\(imported.errors)")
        }
    }

    @Test func aNodeThatMovesLosesNothing() async throws {
        try await Network.with(4) { network in
            let (roost, friend) = (try await started("old/roost", in: network), network.members[1])
            let id = try await roost.id()
            try await friend.send("Before.", to: id, until: "delivered")
            let commands = try blocks("Moving to another machine", containing: "tar")
            // A friend writes while it is away.
            let lines = commands.split(separator: "\n").map(String.init)
            let stop = try #require(lines.first)
            #expect(stop.contains("disable"))
            let stopped = try await run(stop, in: network)
            #expect(stopped.status == 0, "\(stopped.errors)")
            try await friend.send("Meanwhile.", to: id, until: "stored")
            let moved = try await run(lines.dropFirst().joined(separator: "\n"), in: network)
            #expect(moved.status == 0 && moved.output.contains("ready"), "\(moved.output)\(moved.errors)")
            let new = try network.member("new/roost")
            try await new.receive(["Before.", "Meanwhile."])
            let newID = try await new.id()
            #expect(newID == id)
            let mode = try FileManager.default.attributesOfItem(atPath: new.directory)[.posixPermissions] as? Int
            #expect(mode == 0o700)
            try await friend.send("After.", to: id, until: "delivered")
            try await new.receive(["Before.", "Meanwhile.", "After."])
            let down = try await new.roost("down")
            #expect(down.status == 0)
        }
    }
}
