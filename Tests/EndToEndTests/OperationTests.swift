import Foundation
import Testing

/// How a daemon looks to whoever runs it: what it logs, and what it tells who supervises it.
@Suite(.serialized) struct OperationTests {
    /// All that must not be in a log: texts, and the IDs and keys of persons and nodes.
    private func secrets(of members: [Member], texts: [String]) async throws -> [String] {
        var secrets = texts
        for member in members {
            let identity = try await member.roost("id", "--json").object()
            secrets += ["id", "node"].compactMap { identity[$0] as? String }
            for name in ["node.key", "profile.key"] {
                let text = try String(contentsOfFile: member.directory + "/" + name, encoding: .utf8)
                secrets += text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
            }
        }
        for text in secrets { try #require(text.count >= 16) }
        return secrets
    }

    @Test(arguments: ["text", "json"])
    func theLogNeverSaysWhoWroteWhatToWhom(format: String) async throws {
        try await Network.with(3) { network in
            let options =
                network.bootstrap + ["--endpoints", "everyone", "--log-level", "trace", "--log-format", format]
            let (alice, bob) = (try network.member("alice"), try network.member("bob"))
            for member in [alice, bob] {
                try await member.start(bootstrap: options)
                try await member.join()
            }
            let texts = ["Straight to you: 1fe2c7.", "For when you are back: 8b2d11."]
            let recipient = try await bob.id()
            let aliceLog = try #require(alice.daemon)
            let bobLog = try #require(bob.daemon)
            try await alice.send(texts[0], to: recipient, until: "delivered")
            try await bob.stop()
            try await alice.send(texts[1], to: recipient, until: "stored")
            try await bob.start(bootstrap: options)
            let bobsSecondLog = try #require(bob.daemon)
            try await bob.receive(texts)
            // Where another answers than was named, the log says so, and names no key.
            let key = String(repeating: "5a", count: 32)
            let endpoint = try #require(network.members[0].endpoint)
            let carol = try network.member("carol")
            try await carol.start(bootstrap: ["--bootstrap", "\(key)@\(endpoint)"] + options.suffix(4))
            let carolsLog = try #require(carol.daemon)
            try await eventually { carolsLog.errors.contains("another key than was given") }
            let secrets = try await secrets(of: network.members, texts: texts + [key])
            for member in [alice, bob] { try await member.stop() }
            for log in [aliceLog.errors, bobLog.errors, bobsSecondLog.errors] {
                #expect(log.contains("has joined the network") && log.contains("The node ends"), "\(log)")
            }
            // Why a message is where it is can be read there all the same.
            for step in [
                "Message 0: looks for the recipient's record", "Message 0: goes straight to the recipient",
                "Message 0: straight to the recipient", "delivery finished",
                "Message 1: goes to the mailbox's buddies", "Message 1: kept by",
                "Own record: kept by", "recordFetch finished",
            ] {
                #expect(aliceLog.errors.contains(step), "\(step)\n\(aliceLog.errors)")
            }
            for log in [aliceLog.errors, bobLog.errors, bobsSecondLog.errors, carolsLog.errors] {
                for secret in secrets { #expect(!log.localizedCaseInsensitiveContains(secret), "\(secret)\n\(log)") }
            }
            guard format == "json" else { return }
            for line in aliceLog.errors.split(separator: "\n") {
                let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                #expect(Set(["time", "level", "message"]).isSubset(of: object.keys))
            }
        }
    }

    @Test func manyDroppedDatagramsAreOneLine() async throws {
        try await Network.with(1) { network in
            let alice = network.members[0]
            let log = try #require(alice.daemon)
            let port = try #require(alice.endpoint.flatMap { UInt16($0.split(separator: ":").last ?? "") })
            let socket = try Datagrams(port: port)
            try await eventually {
                // Kind 9 is none.
                for _ in 0..<500 { socket.send([9, 9, 9]) }
                return log.errors.contains("Many datagrams")
            }
            for _ in 0..<20 {
                for _ in 0..<500 { socket.send([9, 9, 9]) }
                _ = try await alice.roost("status")
            }
            #expect(log.errors.split(separator: "\n").count { $0.contains("Many datagrams") } == 1, "\(log.errors)")
        }
    }

    @Test func whoSupervisesItIsToldThatItIsReadyAndThatItEnds() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let (receiver, path) = (try Notifications(at: network.root + "/notify"), network.root + "/notify")
            try await alice.start(wrapper: ["/usr/bin/env", "NOTIFY_SOCKET=\(path)"])
            // The line on standard output comes first.
            try await eventually { receiver.next() == "READY=1" }
            let status = try await alice.stop()
            #expect(status == 0)
            #expect(receiver.next() == "STOPPING=1")
            #expect(receiver.next() == nil)
            // One that has gone holds nothing up.
            try await alice.start(wrapper: ["/usr/bin/env", "NOTIFY_SOCKET=/nonexistent"])
        }
    }

    @Test func theFileInTheDataDirectoryIsRead() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            try FileManager.default.createDirectory(
                atPath: alice.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
            let file = URL(fileURLWithPath: alice.directory + "/config.json")
            try Data(#"{"listen": ["[::1]:0"], "log-format": "json"}"#.utf8).write(to: file)
            let running = try await alice.launch([])
            #expect(running.output.contains(" udp=[::1]:"), "\(running.output)\(running.errors)")
            #expect(running.errors.hasPrefix(#"{"time":""#))
            try await alice.stop()
            try Data(#"{"listen": "[::1]:0"}"#.utf8).write(to: file)
            let refused = try await alice.launch([])
            let status = try await refused.end(within: .seconds(10))
            #expect(status == 78 && refused.errors.contains(file.path) && refused.errors.contains("\"listen\""))
        }
    }

    @Test func theHelpNamesEveryFlagOfTheTable() async throws {
        let page = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../docs/configuration.md").standardized
        let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n").filter { $0.contains("| `--") }
        let help = try await Command.run(nil, ["up", "--help"], home: NSTemporaryDirectory()).output
        #expect(rows.count > 5)
        for row in rows {
            let flag = try #require(row.split(separator: "`").first { $0.hasPrefix("--") })
            // A flag that takes no value is followed by what it does.
            #expect(help.contains("\(flag) <") || help.contains("  \(flag)  "), "\(flag)")
        }
    }
}

/// A datagram socket in the place of systemd's.
private final class Notifications {
    private let descriptor: CInt

    init(at path: String) throws {
        #if canImport(Glibc)
            descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        #else
            descriptor = socket(AF_UNIX, SOCK_DGRAM, 0)
        #endif
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
    }

    deinit { close(descriptor) }

    /// What was said next; nil where nothing was.
    func next() -> String? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &bytes, bytes.count, CInt(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}
