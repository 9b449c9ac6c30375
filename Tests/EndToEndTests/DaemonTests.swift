import Foundation
import Testing

/// How `roost up` begins, bears with the world, and ends.
@Suite(.serialized) struct DaemonTests {
    @Test func readyLineSaysWhereItIs() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            try await alice.start()
            try await alice.join()
            let status = try await alice.roost("status", "--json").object()
            let node = try #require(status["node"] as? String)
            let endpoint = try #require(alice.endpoint)
            #expect(alice.daemon?.output == "ready node=\(node) udp=\(endpoint) api=\(alice.directory)/roost.sock\n")
            #expect(status["endpoints"] as? [String] == [endpoint])
            #expect(status["state"] as? String == "ready")
            let mode = try FileManager.default.attributesOfItem(atPath: alice.directory)[.posixPermissions] as? Int
            #expect(mode == 0o700)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func signalsEndItCleanly(signal: Int32) async throws {
        try await Network.with(2) { network in
            let start = ContinuousClock.now
            let status = try await network.members[1].stop(signal)
            #expect(status == 0)
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(!FileManager.default.fileExists(atPath: network.members[1].directory + "/roost.sock"))
            try await network.members[1].start()
        }
    }

    @Test func downEndsItAndReturnsWhenItHas() async throws {
        try await Network.with(1) { network in
            let node = network.members[0]
            let daemon = try #require(node.daemon)
            let down = try await node.roost("down")
            #expect(down.status == 0)
            try await node.start()
            let status = try await daemon.end(within: .seconds(5))
            #expect(status == 0)
            // What the old one removed was its own.
            let answer = try await node.roost("status")
            #expect(answer.status == 0)
        }
    }

    @Test func secondOnADirectoryIsRefused() async throws {
        try await Network.with(1) { network in
            let second = try await Command.run(
                nil, ["up", "--listen", "127.0.0.1:0", "--data", network.members[0].directory], home: network.root)
            #expect(second.status == 73 && second.output.isEmpty && !second.errors.isEmpty)
            let first = try await network.members[0].roost("status")
            #expect(first.status == 0)
        }
    }

    @Test func portInUseIsSaid() async throws {
        try await Network.with(1) { network in
            let endpoint = try #require(network.members[0].endpoint)
            let other = try await network.member("other").launch(["--listen", endpoint])
            let status = try await other.end(within: .seconds(5))
            #expect(status == 73 && other.output.isEmpty)
            let port = try #require(endpoint.split(separator: ":").last)
            #expect(other.errors.contains(port))
        }
    }

    @Test func bootstrapThatDoesNotAnswerIsNoEnd() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            try await alice.start(bootstrap: ["--bootstrap", "127.0.0.1:9", "--bootstrap", "no-such-host.invalid:7337"])
            let waited = try await alice.roost("status", "--wait", "ready", "--timeout", "1", "--json")
            #expect(waited.status == 75)
            #expect(try waited.object()["state"] as? String == "joining")
            try await eventually { alice.daemon?.errors.contains("no-such-host.invalid") == true }
            let status = try await alice.stop()
            #expect(status == 0)
        }
    }

    @Test func garbageIsDropped() async throws {
        try await Network.with(4) { network in
            let (alice, bob) = (network.members[2], network.members[3])
            let recipient = try await bob.id()
            try await alice.send("Before.", to: recipient, until: "delivered")
            var generator = SystemRandomNumberGenerator()
            for member in network.members {
                let port = try #require(member.endpoint.flatMap { UInt16($0.split(separator: ":").last ?? "") })
                let socket = try Datagrams(port: port)
                for kind in UInt8(0)...8 {
                    for count in [0, 1, 4, 16, 31, 32, 33, 148, 600, 1_199, 1_200, 1_201, 9_000] {
                        var bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
                        if count > 0 { bytes[0] = kind }
                        socket.send(bytes)
                    }
                }
            }
            try await alice.send("After.", to: recipient, until: "delivered")
            try await bob.receive(["Before.", "After."])
            for member in network.members { #expect(member.daemon?.isRunning == true) }
        }
    }

    @Test func deepDirectoryWorks() async throws {
        try await Network.with(0) { network in
            let deep = try network.member(
                Array(repeating: String(repeating: "d", count: 60), count: 3).joined(separator: "/"))
            try await deep.start()
            try await deep.join()
            let down = try await deep.roost("down")
            #expect(down.status == 0)
        }
    }

    @Test func settingsComeFromFlagsVariablesAndFiles() async throws {
        try await Network.with(0) { network in
            let file = network.root + "/roost.json"
            try #"{"listen": ["127.0.0.1:0", "[::1]:0"], "network": "test"}"#.write(
                toFile: file, atomically: true, encoding: .utf8)
            let alice = try network.member("alice")
            let running = try await alice.launch(["--config", file, "--listen", "127.0.0.1:0"])
            #expect(running.output.hasPrefix("ready "))
            #expect(!running.output.contains(","))

            func failure(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> Int32 {
                let run = try await Command.run(
                    nil, ["up", "--data", network.root + "/bob"] + arguments, home: network.root,
                    environment: environment)
                #expect(!run.errors.isEmpty && run.output.isEmpty)
                return run.status
            }
            let flag = try await failure(["--listen", "nonsense"])
            let variable = try await failure([], ["ROOST_LISTEN": "nonsense"])
            let missing = try await failure(["--config", network.root + "/missing"])
            let level = try await failure(["--log-level", "loud"])
            #expect([flag, variable, missing, level] == [64, 78, 78, 64])
            try #"{"lisen": []}"#.write(toFile: file, atomically: true, encoding: .utf8)
            let unknown = try await failure(["--config", file])
            let named = try await failure([], ["ROOST_CONFIG": file])
            #expect([unknown, named] == [78, 78])
            #expect(!FileManager.default.fileExists(atPath: network.root + "/bob"), "nothing is touched")
        }
    }
}

/// A UDP socket that says anything to a port on loopback.
struct Datagrams: ~Copyable {
    private let descriptor: CInt
    private var address = sockaddr_in()

    init(port: UInt16) throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_DGRAM, 0)
        #endif
        try #require(descriptor >= 0)
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
