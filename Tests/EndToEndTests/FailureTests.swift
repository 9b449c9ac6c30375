import Foundation
import Testing

/// What docs/failures.md promises about the start: a sentence and an exit code, and nothing touched.
@Suite(.serialized) struct FailureTests {
    /// `roost up` on a member's directory that must be refused.
    private func refused(
        _ member: Member, _ status: Int32, _ words: String..., listen: String = "127.0.0.1:0",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let running = try await member.launch(["--listen", listen])
        let ended = try await running.end(within: .seconds(10))
        #expect(ended == status, "\(running.errors)", sourceLocation: sourceLocation)
        #expect(running.output.isEmpty, sourceLocation: sourceLocation)
        let lines = running.errors.split(separator: "\n")
        #expect(lines.last?.hasPrefix("roost: ") == true, "\(running.errors)", sourceLocation: sourceLocation)
        for word in words {
            #expect(running.errors.contains(word), "\(running.errors)", sourceLocation: sourceLocation)
        }
    }

    /// A member whose daemon has run and ended.
    private func used(_ name: String, in network: Network) async throws -> Member {
        let member = try network.member(name)
        try await member.start()
        let status = try await member.stop()
        try #require(status == 0)
        return member
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    @Test func aLostStoreIsNotBegunAnew() async throws {
        try await Network.with(0) { network in
            let alice = try await used("alice", in: network)
            let data = alice.directory + "/store/data.mdb"
            let whole = try #require(FileManager.default.contents(atPath: data))
            try write([], to: data)
            try await refused(alice, 74, "damaged", "backup")
            try FileManager.default.removeItem(atPath: data)
            try await refused(alice, 74, "damaged", "backup")
            try FileManager.default.removeItem(atPath: alice.directory + "/store")
            try await refused(alice, 74, "missing", "backup")
            // As the sentence says.
            try FileManager.default.removeItem(atPath: alice.directory + "/format")
            try await alice.start()
            try await alice.stop()
            try whole.write(to: URL(fileURLWithPath: data))
            try await alice.start()
        }
    }

    @Test func doctorSaysWhatIsDamagedAndMendsWhatItMay() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            let nobody = try await alice.roost("doctor")
            #expect(nobody.status == 78 && nobody.errors.contains("no data"))
            try await alice.start()
            let text = "A note that is \(String(repeating: "long ", count: 300))enough."
            try await alice.send(text, to: alice.id(), until: "delivered")
            let running = try await alice.roost("doctor")
            #expect(running.status == 73 && running.errors.contains("Another node runs"))
            try await alice.stop()
            let sound = try await alice.roost("doctor", "--json")
            #expect(sound.status == 0 && sound.output.contains("\"sound\":true"), "\(sound.output)")
            let path = alice.directory + "/store/data.mdb"
            var bytes = [UInt8](try #require(FileManager.default.contents(atPath: path)))
            for place in bytes.ranges(of: Array("long long".utf8)) { bytes[place.lowerBound] ^= 1 }
            try write(bytes, to: path)
            let damaged = try await alice.roost("doctor")
            #expect(damaged.status == 74 && damaged.output.contains("messages received"), "\(damaged.output)")
            let mended = try await alice.roost("doctor", "--repair")
            #expect(mended.status == 0 && mended.output.contains("Mended:"), "\(mended.output)")
            let after = try await alice.roost("doctor")
            #expect(after.status == 0 && !after.output.contains("damaged:"), "\(after.output)")
            try await alice.start()
        }
    }

    @Test func aDamagedStoreIsRefusedOrItsLossesAreReported() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            try await alice.start()
            for number in 0..<4 { try await alice.send("Note \(number).", to: alice.id(), until: "delivered") }
            try await alice.stop()
            let data = alice.directory + "/store/data.mdb"
            let whole = [UInt8](try #require(FileManager.default.contents(atPath: data)))
            for seed in 0..<12 {
                var bytes = whole
                if seed % 4 == 3 {
                    bytes.removeLast(bytes.count - seed * 5_000)
                } else {
                    let used = 30 * 4_096
                    for index in 0..<1 << (seed % 4) { bytes[(seed * 7_919 + index * 15_013) % used] ^= 0x41 }
                }
                try write(bytes, to: data)
                let running = try await alice.launch(["--listen", "127.0.0.1:0"])
                if running.output.hasPrefix("ready ") {
                    let status = try await alice.stop()
                    #expect(status == 0, "\(seed): \(running.errors)")
                } else {
                    let status = try await running.end(within: .seconds(10))
                    #expect(status == 74 && running.errors.contains("damaged"), "\(seed): \(status) \(running.errors)")
                }
            }
            let text = try #require(whole.firstRange(of: Array("Note 2.".utf8)))
            var bytes = whole
            for range in bytes.ranges(of: whole[text]) { bytes[range.lowerBound] ^= 1 }
            try write(bytes, to: data)
            try await alice.start(bootstrap: [])
            let texts = try await alice.inbox().map { $0["text"] as? String }
            #expect(texts == ["Note 0.", "Note 1.", "Note 3."])
            try await eventually { alice.daemon?.errors.contains("damaged and counts as lost") == true }
            let status = try await alice.roost("status", "--json").object()
            #expect((status["damagedReads"] as? Int ?? 0) > 0 && status["disk"] as? String == "ok")
        }
    }

    @Test func keysThatAreNotRightAreRefused() async throws {
        try await Network.with(0) { network in
            let alice = try await used("alice", in: network)
            let (node, profile) = (alice.directory + "/node.key", alice.directory + "/profile.key")
            let files = FileManager.default
            let keys = try [node, profile].map { [UInt8](try #require(files.contents(atPath: $0))) }
            try write(keys[0], to: profile)
            try await refused(alice, 78, "profile.key", "node key instead of")
            try write(Array(keys[1].dropLast(9)), to: profile)
            try await refused(alice, 78, "damaged", "copy")
            try write([], to: profile)
            try await refused(alice, 78, "profile.key")
            try files.removeItem(atPath: profile)
            try await refused(alice, 78, "missing", "backup")
            let identity = try await alice.roost("id")
            #expect(identity.status == 78 && !files.fileExists(atPath: profile), "nobody new comes of it")
            try files.createDirectory(atPath: profile, withIntermediateDirectories: false)
            try await refused(alice, 78, "profile.key")
            try files.removeItem(atPath: profile)
            try write(keys[1], to: profile)
            try await alice.start()
        }
    }

    @Test func otherVersionsAreNamed() async throws {
        try await Network.with(0) { network in
            let alice = try await used("alice", in: network)
            try write(Array("roost data 7\n".utf8), to: alice.directory + "/format")
            try await refused(alice, 78, "format 7", "up to 2", "newer version")
            try write(Array("roost data 1\n".utf8), to: alice.directory + "/format")
            try await refused(alice, 78, "format 1", "new directory", "older version")
            let identity = try await alice.roost("id")
            #expect(identity.status == 78)
            try write(Array("something else".utf8), to: alice.directory + "/format")
            try await refused(alice, 73, "damaged")
        }
    }

    @Test func whatIsNoDataDirectoryStaysAsItIs() async throws {
        try await Network.with(0) { network in
            let files = FileManager.default
            let private0700: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
            let home = try network.member("home")
            try files.createDirectory(atPath: home.directory + "/Documents", withIntermediateDirectories: true)
            try files.setAttributes(private0700, ofItemAtPath: home.directory)
            try await refused(home, 73, "Documents", "choose another")
            #expect(try files.contentsOfDirectory(atPath: home.directory) == ["Documents"])
            let file = try network.member("file")
            try write([1], to: file.directory)
            try await refused(file, 73, "not a directory")
            let link = try network.member("link")
            try files.createSymbolicLink(atPath: link.directory, withDestinationPath: "/nonexistent/roost")
            try await refused(link, 73, "leads nowhere")
            // A log beside the keys is no reason.
            let log = try network.member("log")
            try files.createDirectory(atPath: log.directory, withIntermediateDirectories: true, attributes: private0700)
            try write([], to: log.directory + "/up.log")
            try await log.start()
        }
    }

    @Test func whereItCannotListenIsSaid() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            try await refused(alice, 78, "192.0.2.1", "choose another", listen: "192.0.2.1:7337")
            for nonsense in ["127.0.0.1:99999", "127.0.0.1", "[::1:7337", "host name:1", ":7337", ""] {
                let running = try await alice.launch(["--listen", nonsense])
                let status = try await running.end(within: .seconds(10))
                #expect(status == 64 && running.errors.contains("ADDRESS:PORT"), "\(nonsense): \(running.errors)")
            }
        }
    }

    /// What a daemon wrote into a directory that is gone would be gone with it.
    @Test func aDirectoryThatIsRemovedEndsItsDaemon() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            try await alice.start(bootstrap: [])
            let daemon = try #require(alice.daemon)
            try FileManager.default.removeItem(atPath: alice.directory)
            let status = try await daemon.end(within: .seconds(10))
            #expect(status == 74 && daemon.errors.contains("was moved, removed or replaced while the node ran"))
            let command = try await alice.roost("status")
            #expect(command.status == 69 && command.errors.contains("not running"), "and that is true")
        }
    }

    /// Killed anywhere in its first start, the directory is whole or begun, and the next start goes on.
    @Test func aFirstStartThatIsKilledCanBeRepeated() async throws {
        try await Network.with(0) { network in
            for round in 0..<6 {
                let alice = try network.member("alice\(round)")
                for milliseconds in [round * 4, round * 7 + 2] {
                    let running = try Running(
                        Command.binary(), ["up", "--data", alice.directory, "--listen", "127.0.0.1:0"],
                        home: network.root)
                    try await Task.sleep(for: .milliseconds(milliseconds))
                    running.send(signal: SIGKILL)
                    try await running.end(within: .seconds(5))
                }
                try await alice.start(bootstrap: [])
                let status = try await alice.stop()
                #expect(status == 0)
            }
        }
    }

    @Test func ofTwoThatStartAtOnceOneRuns() async throws {
        try await Network.with(0) { network in
            for round in 0..<3 {
                let path = network.root + "/shared\(round)"
                let both = try (0..<2).map { _ in
                    try Running(
                        Command.binary(), ["up", "--data", path, "--listen", "127.0.0.1:0"], home: network.root)
                }
                try await eventually {
                    both.contains { $0.output.hasPrefix("ready ") } && both.contains { !$0.isRunning }
                }
                let loser = try #require(both.first { !$0.isRunning })
                let winner = try #require(both.first { $0.isRunning })
                let lost = try await loser.end(within: .seconds(1))
                #expect(lost == 73 && loser.errors.contains("Another node runs"))
                winner.send(signal: SIGTERM)
                let status = try await winner.end(within: .seconds(5))
                #expect(status == 0)
            }
        }
    }
}
