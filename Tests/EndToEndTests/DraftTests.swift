import Foundation
import Testing

/// What was begun and not sent, where the command line has to do with it.
@Suite(.serialized) struct DraftTests {
    private static let hasCurl = FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")

    private func begin(_ text: String, to peer: String, _ member: Member) async throws {
        let run = try await Command.run(
            "/usr/bin/curl",
            [
                "-sS", "-X", "PUT", "-d", "{\"text\":\"\(text)\"}", "-o", "/dev/null", "-w", "%{http_code}",
                "--unix-socket", member.directory + "/roost.sock", "http://roost/v1/conversations/\(peer)/draft",
            ], home: member.root)
        try #require(run.output == "204", "\(run.output)\(run.errors)")
    }

    /// It goes with its conversation, and is in an export: both say so.
    @Test(.enabled(if: hasCurl)) func whatHappensToItIsSaid() async throws {
        try await Network.with(1) { network in
            let alice = network.members[0]
            let bob = try await network.member("bob").id()
            #expect(try await alice.roost("peers", "add", "bob", bob).status == 0)
            try await begin("I have thought about it, and", to: bob, alice)
            // Beside the conversation, and no part of it.
            let shown = try await alice.roost("history", "bob")
            let words = "You have begun to write to bob: “I have thought about it, and”. `roost chat PEER --data "
            #expect(shown.output.isEmpty && shown.errors.contains("roost: " + words), "\(shown.errors)")
            #expect(try await alice.roost("history", "bob", "--json").errors.isEmpty)
            #expect(try await !alice.roost("history", "bob", "--search", "x").errors.contains("begun"))

            let secret = ["ROOST_PASSPHRASE": "six words that nobody can guess"]
            func roost(_ arguments: [String], _ member: Member) async throws -> Command.Result {
                try await Command.run(
                    nil, arguments + ["--data", member.directory], home: member.root, environment: secret)
            }
            let file = network.root + "/alice.export"
            let exported = try await roost(["export", file], alice)
            #expect(exported.output.contains("0 messages received, 0 sent, 1 draft ("), "\(exported.output)")
            let again = try network.member("again")
            let imported = try await roost(["import", file], again)
            #expect(imported.output.hasSuffix("0 messages received, 0 sent, 1 draft\n"), "\(imported.output)")
            let json = try await roost(["export", file, "--replace", "--json"], alice).object()
            #expect(json["drafts"] as? Int == 1)

            let terminal = try Pseudoterminal(
                Command.binary(), ["history", "bob", "--delete", "--data", alice.directory], home: alice.root)
            try await eventually { terminal.output.contains("[y/N]") }
            terminal.type("n\n")
            #expect(try await terminal.end() == 76)
            let question = "you and bob have written, and what you have begun to write to them, on this machine"
            #expect(terminal.output.contains(question), "\(terminal.output)")
            #expect(try await alice.roost("history", "bob", "--delete").output == "1 draft deleted\n")
            #expect(try await alice.roost("history", "bob", "--delete").output == "0 messages deleted\n")
            try await begin("Again", to: bob, alice)
            let deleted = try await alice.roost("history", "bob", "--delete", "--json").output
            #expect(deleted == "{\"deleted\":0,\"draft\":true}\n", "\(deleted)")
        }
    }
}
