import Foundation
import Testing

/// `roost peers verify`: the same on both sides, and nothing stays compared that is another.
@Suite(.serialized) struct SafetyNumberCommandTests {
    @Test func bothSidesSeeTheSameAndRememberIt() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let ids = try await [alice, network.member("bob"), network.member("mallory")].asyncMap { try await $0.id() }
            let bob = network.members[1]
            _ = try await alice.roost("peers", "add", "bob", ids[1])
            let seen = try await alice.roost("peers", "verify", "bob")
            let theirs = try await bob.roost("peers", "verify", ids[0])
            #expect(seen.status == 0 && seen.output == theirs.output && seen.errors.isEmpty)
            #expect(seen.output.wholeMatch(of: /(\d{5} ){11}\d{5}\n/) != nil, "\(seen.output)")
            let report = try await alice.roost("peers", "verify", "bob", "--json").object()
            #expect(report["number"] as? String == seen.output.filter(\.isNumber))
            #expect(report["own"] as? String == ids[0] && report["peer"] as? String == ids[1])
            #expect(report["compared"] == nil)

            let unnamed = try await alice.roost("peers", "verify", ids[2], "--confirm")
            #expect(unnamed.status == 67 && unnamed.errors.contains("peers add"), "\(unnamed.errors)")
            let confirmed = try await alice.roost("peers", "verify", "bob", "--confirm", "--json").object()
            #expect(confirmed["compared"] != nil)
            let listed = try await alice.roost("peers", "list")
            #expect(listed.output.contains("bob  \(ids[1])  compared 20"), "\(listed.output)")
            #expect(try await alice.roost("peers", "--json").object()["compared"] != nil)

            // Another ID of the same name is somebody else, and that is said.
            let replaced = try await alice.roost("peers", "add", "bob", ids[2], "--replace")
            #expect(replaced.status == 0 && replaced.errors.contains("peers verify bob"), "\(replaced.errors)")
            #expect(try await alice.roost("peers", "--json").object()["compared"] == nil)
            let again = try await alice.roost("peers", "add", "bob", ids[1], "--replace")
            #expect(again.errors.isEmpty, "\(again.errors)")
            #expect(try await alice.roost("peers", "--json").object()["compared"] == nil, "the mark is gone")
            _ = try await alice.roost("peers", "verify", "bob", "--confirm")
            let revoked = try await alice.roost("peers", "verify", "bob", "--revoke", "--json").object()
            #expect(revoked["compared"] == nil)
            for (arguments, status) in [(["nobody"], 67), (["roost1x"], 65), (["bob", "--confirm", "--revoke"], 64)] {
                let run = try await Command.run(
                    nil, ["peers", "verify"] + arguments + ["--data", alice.directory], home: network.root)
                #expect(run.status == status && run.output.isEmpty, "\(arguments): \(run.errors)")
            }
        }
    }

    @Test func aTerminalGetsACodeToScan() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let bob = try await network.member("bob").id()
            _ = try await alice.id()
            let number = try await alice.roost("peers", "verify", bob).output
            for environment in [[:], ["NO_COLOR": "1"]] as [[String: String]] {
                let terminal = try Pseudoterminal(
                    Command.binary(), ["peers", "verify", bob, "--data", alice.directory], home: network.root,
                    environment: environment)
                #expect(try await terminal.end() == 0)
                let lines = terminal.output.split(separator: "\r\n").map(String.init)
                let digits = lines.filter { $0.hasPrefix("    ") && $0.contains(/\d{5} \d{5}/) }
                #expect(digits.count == 3 && digits.joined().filter(\.isNumber) == number.filter(\.isNumber))
                let code = lines.filter { $0.contains("█") || $0.contains("▀") }
                #expect((13...17).contains(code.count), "\(terminal.output)")
                #expect(code.allSatisfy { $0.contains("\u{1b}[38;5;16;48;5;231m") } == environment.isEmpty)
            }
        }
    }
}
