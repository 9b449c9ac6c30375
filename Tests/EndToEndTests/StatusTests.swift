import Foundation
import Testing

/// `roost status` for people: a page, and one that lives.
@Suite(.serialized) struct StatusTests {
    private static let enter = "\u{1b}[?1049h"
    private static let leave = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"

    private func watch(_ member: Member, _ options: [String] = [], _ environment: [String: String] = [:]) throws
        -> Pseudoterminal
    {
        try Pseudoterminal(
            Command.binary(), ["status", "--watch", "--interval", "0.1", "--data", member.directory] + options,
            home: member.root, environment: environment)
    }

    @Test func thePageIsForPeopleAndJSONForScripts() async throws {
        try await Network.with(2) { network in
            let alice = network.members[1]
            let page = try await alice.roost("status")
            let id = try await alice.id()
            #expect(page.status == 0 && page.errors.isEmpty && !page.output.contains("\u{1b}"))
            #expect(page.output.contains("· ready · up ") && page.output.contains("\nid        \(id)\n"))
            #expect(page.output.contains("\noutbox    nothing under way\n"))
            #expect(page.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
            let report = try await alice.roost("status", "--json").object()
            let traffic = try #require(report["traffic"] as? [String: Int])
            #expect(traffic.count == 4 && traffic.values.allSatisfy { $0 > 0 })
            #expect(report["outboxByState"] as? [String: Int] == ["queued": 0, "stored": 0, "collected": 0])
            #expect(report["oldestQueuedSeconds"] == nil)
            // To somebody who isn't there: it stays under way.
            let other = try network.member("other")
            _ = try await alice.send("Hello.", to: other.id(), until: "queued")
            try await eventually {
                let report = try await alice.roost("status", "--json").object()
                return (report["outboxByState"] as? [String: Int])?.values.reduce(0, +) == 1
            }
            let coloured = try Pseudoterminal(
                Command.binary(), ["status", "--data", alice.directory], home: alice.root)
            let plain = try Pseudoterminal(
                Command.binary(), ["status", "--data", alice.directory], home: alice.root,
                environment: ["NO_COLOR": "1"])
            for terminal in [coloured, plain] { #expect(try await terminal.end() == 0) }
            #expect(coloured.output.contains("\u{1b}[32mready\u{1b}[0m"))
            #expect(plain.output.contains("· ready ·") && !plain.output.contains("\u{1b}"))
        }
    }

    /// The page, `--json`, the figures and the log say the same, at once; and who is not alone any more is not warned.
    @Test func whatIsWrongIsOneListEverywhere() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            try await alice.start(bootstrap: [])
            func codes(_ member: Member) async throws -> [String?] {
                let report = try await member.roost("status", "--json").object()
                let warnings = try #require(report["warnings"] as? [[String: String]])
                #expect(warnings.allSatisfy { Set($0.keys) == ["code", "message", "advice"] })
                return warnings.map { $0["code"] }
            }
            #expect(try await codes(alice) == ["no-bootstrap-given"])
            let page = try await alice.roost("status").output
            #expect(page.contains("\n! This node begins a network of its own: no other node is known. It listens for"))
            let log = try #require(alice.daemon)
            try await eventually { log.errors.contains("begins a network of its own: no other node is known") }
            #expect(!log.errors.contains("has joined"))
            let bob = try network.member("bob")
            let carol = try network.member("carol")
            try await carol.start(bootstrap: ["--bootstrap", "127.0.0.1:9"])
            try await bob.start()
            try await bob.join()
            #expect(try await codes(bob).isEmpty)
            try await eventually { try await codes(alice).isEmpty }
            #expect(log.errors.contains("has joined"))
            try await eventually { try await codes(carol) == ["bootstrap-silent"] }
            let carolsLog = try #require(carol.daemon)
            #expect(carolsLog.errors.components(separatedBy: "problem: bootstrap-silent").count == 2)
            try await eventually { log.errors.contains("no longer by itself") }
        }
    }

    @Test func thePageLives() async throws {
        try await Network.with(2) { network in
            let alice = network.members[1]
            let terminal = try watch(alice)
            try await eventually { terminal.screen.contains("roost") && terminal.output.contains("\u{1b}[H") }
            #expect(terminal.output.hasPrefix(StatusTests.enter) && !terminal.echoes)
            try await eventually { terminal.screen.contains("contact") && terminal.screen.contains("B/s") }
            #expect(terminal.screen.components(separatedBy: "\r\n").count == 24)
            // What happens to messages is news; what they say is nobody's.
            try await alice.send("Secret.", to: network.members[0].id(), until: "delivered")
            try await eventually { terminal.screen.contains("delivered") }
            #expect(!terminal.output.contains("Secret"))
            // Another size is another page, at once.
            terminal.resize(columns: 50, rows: 12)
            try await eventually { terminal.screen.components(separatedBy: "\r\n").count == 12 }
            // A daemon that goes is no end, and one that returns is seen.
            try await alice.stop()
            try await eventually { terminal.screen.contains("not running") }
            #expect(terminal.isRunning)
            try await alice.start()
            try await eventually { !terminal.screen.contains("not running") && terminal.screen.contains("· up ") }
            terminal.type("\u{3}")
            #expect(try await terminal.end() == 130)
            #expect(terminal.output.hasSuffix(StatusTests.leave) && terminal.echoes)
        }
    }

    @Test func whoeverEndsItFindsTheScreenAsItWas() async throws {
        try await Network.with(1) { network in
            for (end, status): (@Sendable (Pseudoterminal) -> Void, Int32) in [
                ({ $0.type("q") }, 0), ({ _ = kill($0.process, SIGTERM) }, 143), ({ $0.type("\u{3}") }, 130),
            ] {
                let terminal = try watch(network.members[0], [], ["NO_COLOR": "1"])
                try await eventually { terminal.screen.contains("Ctrl-C or q ends") }
                #expect(!terminal.output.contains("\u{1b}[3"))
                end(terminal)
                #expect(try await terminal.end() == status)
                #expect(terminal.output.hasSuffix(StatusTests.leave) && terminal.echoes)
            }
        }
    }

    @Test func elsewhereItIsALineEachTime() async throws {
        try await Network.with(1) { network in
            let member = network.members[0]
            let arguments = ["status", "--watch", "--interval", "0.1", "--data", member.directory]
            let lines = try Running(Command.binary(), arguments, home: member.root)
            let objects = try Running(Command.binary(), arguments + ["--json"], home: member.root)
            try await eventually { lines.output.split(separator: "\n").count > 2 }
            try await eventually { objects.output.split(separator: "\n").count > 2 }
            try await member.stop()
            try await eventually { lines.output.hasSuffix("not running\n") }
            try await eventually { objects.errors.contains("not running") }
            for running in [lines, objects] {
                #expect(running.isRunning)
                running.send(signal: SIGTERM)
                try await running.end(within: .seconds(5))
            }
            #expect(lines.output.contains("  ready  0 contacts") && !lines.output.contains("\u{1b}"))
            for line in objects.output.split(separator: "\n") {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                #expect(object?["state"] as? String == "ready")
            }
        }
    }

    @Test func whatCannotBeWatchedIsSaid() async throws {
        try await Network.with(0) { network in
            let nobody = try network.member("nobody")
            let started = try await nobody.roost("status", "--watch")
            #expect(started.status == 69 && started.output.isEmpty)
            for options in [["--interval", "2"], ["--watch", "--interval", "0"], ["--watch", "--wait", "ready"]] {
                let run = try await Command.run(nil, ["status"] + options, home: network.root)
                #expect(run.status == 64 && run.output.isEmpty, "\(options)")
            }
        }
    }
}
