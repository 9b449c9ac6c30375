import Foundation
import Testing

/// What commands answer, with and without a daemon.
@Suite(.serialized) struct CommandLineTests {
    @Test(arguments: [
        ["status"], ["inbox"], ["inbox", "--follow"], ["outbox"], ["nodes"], ["down"],
        ["lookup", String(repeating: "0", count: 64)],
    ])
    func withoutADaemonItSaysHowToStartOne(command: [String]) async throws {
        try await Network.with(0) { network in
            let run = try await Command.run(nil, command + ["--data", network.root + "/nobody"], home: network.root)
            #expect(run.status == 69)
            #expect(run.errors.contains("roost up --data \(network.root)/nobody") && run.output.isEmpty)
        }
    }

    @Test func whatCannotBeSentIsRefusedBeforeTheDaemonIsAsked() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let id = try await alice.id()
            let last = try #require(id.last)
            let mistyped = String(id.dropLast()) + (last == "q" ? "p" : "q")
            let typo = try await alice.roost("send", mistyped, "Hi")
            #expect(typo.status == 65 && typo.errors.contains("mistyped"))
            let short = try await alice.roost("send", String(id.dropLast(3)), "Hi")
            #expect(short.status == 65)
            let long = try await alice.roost("send", id, "-", input: Data(repeating: 97, count: 65_537))
            #expect(long.status == 65 && long.errors.contains("65536"))
            let binary = try await alice.roost("send", id, "-", input: Data([0x48, 0xff]))
            #expect(binary.status == 65 && binary.errors.contains("UTF-8"))
            let unknown = try await alice.roost("send", "carol", "Hi")
            #expect(unknown.status == 67)
            let usage = try await alice.roost("send")
            #expect(usage.status == 64)
            let fine = try await alice.roost("send", id, "-", input: Data(repeating: 97, count: 65_536))
            #expect(fine.status == 69)
        }
    }

    @Test func namesServeWhereIDsDo() async throws {
        try await Network.with(3) { network in
            let (alice, bob) = (network.members[1], network.members[2])
            let added = try await alice.roost("peers", "add", "bob", bob.id())
            #expect(added.status == 0)
            let listed = try await alice.roost("peers", "list", "--json").object()
            #expect(listed["name"] as? String == "bob")
            try await alice.send("By name.", to: "bob", until: "delivered")
            try await bob.receive(["By name."])
            let sent = try await alice.roost("outbox")
            #expect(sent.output.contains("  bob  "), "\(sent.output)")
            // Scripts get the name beside the ID, where there is one.
            let named = try await alice.roost("outbox", "--json").object()
            #expect(named["name"] as? String == "bob")
            let received = try #require(try await bob.inbox().first)
            #expect(received["name"] == nil)
            let looked = try await alice.roost("lookup", "bob", "--json")
            #expect(looked.status == 0)
            let wrong = try await alice.roost("peers", "add", "roost1x", bob.id())
            #expect(wrong.status == 65)
            let removed = try await alice.roost("peers", "remove", "bob")
            let again = try await alice.roost("peers", "remove", "bob")
            #expect(removed.status == 0 && again.status == 67)
        }
    }

    @Test func networkCanBeLookedAt() async throws {
        try await Network.with(5) { network in
            let node = network.members[2]
            try await eventually { try await node.roost("nodes", "--json").objects().count == 4 }
            let target = String(repeating: "5", count: 64)
            let result = try await node.roost("lookup", target, "--json").object()
            #expect(result["target"] as? String == target)
            let closest = try #require(result["closest"] as? [[String: Any]])
            #expect(closest.count == 4)
            #expect(
                closest.allSatisfy {
                    $0["node"] is String && $0["endpoint"] is String && $0["rttMilliseconds"] is Double
                })
            let shown = try await node.roost("lookup", target)
            #expect(shown.output.hasPrefix("round 1"))
        }
    }

    @Test func strangersTextsCannotDriveTheTerminal() async throws {
        try await Network.with(3) { network in
            let (alice, bob) = (network.members[1], network.members[2])
            try await alice.send("\u{1b}[2Jx\n2026-01-01T00:00:00Z  roost1forged", to: bob.id(), until: "delivered")
            let shown = try await bob.roost("inbox").output
            #expect(!shown.contains("\u{1b}") && shown.contains("\n    2026-01-01"))
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")))
    func curlSpeaksToTheSocket() async throws {
        try await Network.with(3) { network in
            let (alice, bob) = (network.members[1], network.members[2])
            func curl(_ arguments: String...) async throws -> Command.Result {
                try await Command.run(
                    "/usr/bin/curl", ["-sS", "--unix-socket", alice.directory + "/roost.sock"] + arguments,
                    home: network.root)
            }
            let recipient = try await bob.id()
            let sent = try await curl("-d", #"{"to":"\#(recipient)","text":"By curl."}"#, "http://roost/v1/messages")
            #expect(try sent.object()["state"] as? String != nil)
            try await bob.receive(["By curl."])
            let status = try await curl("http://roost/v1/status")
            #expect(try status.object()["state"] as? String == "ready")
            let metrics = try await curl("http://roost/metrics")
            #expect(metrics.output.contains("\nroost_ready 1\n"))
            let refused = try await curl("-d", #"{"to":"roost1","text":"x"}"#, "http://roost/v1/messages")
            #expect(try (refused.object()["error"] as? [String: String])?["code"] == "bad_input")
        }
    }
}
