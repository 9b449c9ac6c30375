import Basics
import Foundation
import Logging
import RoostService
import Testing

#if os(Linux)
    /// A disk that fails for good under a running node.
    @Suite(.timeLimit(.minutes(1))) struct FailingDiskTests {
        let scratch = Scratch()

        static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        @Test func nothingIsAcceptedAndTheNodeSaysThatItMustEnd() async throws {
            let configuration = ServiceConfiguration(
                dataDirectory: scratch.path, listen: [try #require(Endpoint("127.0.0.1:0"))])
            let node = try await RoostNode.start(configuration, logger: Self.logger)
            let before = try await node.send("Kept.", to: node.peerID)
            breakFiles(under: scratch.file("store/data.mdb"))
            let error = await #expect(throws: ServiceError.self) { try await node.send("Not kept.", to: node.peerID) }
            #expect(error?.code == .diskFailed)
            let failure = try #require(await node.waitForFailure())
            #expect(failure.code == .diskFailed && failure.sentence.contains(scratch.path))
            await node.stop()
            let again = try await RoostNode.start(configuration, logger: Self.logger)
            #expect(await again.outbox().map(\.id) == [before.id])
            await again.stop()
            #expect(await again.waitForFailure() == nil)
        }

        /// What takes the directory away from under a node, by name.
        static let removals: [String: @Sendable (Scratch) throws -> Void] = [
            "removed": { try FileManager.default.removeItem(atPath: $0.file("data")) },
            "moved": { try FileManager.default.moveItem(atPath: $0.file("data"), toPath: $0.file("elsewhere")) },
            "replaced": {
                try FileManager.default.moveItem(atPath: $0.file("data"), toPath: $0.file("elsewhere"))
                try FileManager.default.copyItem(atPath: $0.file("elsewhere"), toPath: $0.file("data"))
            },
            "store removed": { try FileManager.default.removeItem(atPath: $0.file("data/store")) },
            "file removed": { try FileManager.default.removeItem(atPath: $0.file("data/store/data.mdb")) },
            "file replaced": {
                let (file, copy) = ($0.file("data/store/data.mdb"), $0.file("data/store/copy.mdb"))
                try FileManager.default.copyItem(atPath: file, toPath: copy)
                try FileManager.default.moveItem(atPath: file, toPath: file + ".old")
                try FileManager.default.moveItem(atPath: copy, toPath: file)
            },
        ]

        /// Written on, such a store would take everything and keep nothing.
        @Test(arguments: removals.keys.sorted(), [true, false])
        func aDirectoryThatGoesIsNoticed(_ removal: String, byACommit: Bool) async throws {
            try scratch.make(mode: 0o700)
            let configuration = ServiceConfiguration(
                dataDirectory: scratch.file("data"), listen: [try #require(Endpoint("127.0.0.1:0"))])
            let node = try await RoostNode.start(configuration, logger: Self.logger)
            _ = try await node.send("Kept.", to: node.peerID)
            let remove = try #require(Self.removals[removal])
            try remove(scratch)
            if byACommit {
                let error = await #expect(throws: ServiceError.self) {
                    try await node.send("Not kept.", to: node.peerID)
                }
                #expect(error?.code == .diskFailed)
            }
            let failure = try #require(await node.waitForFailure())
            #expect(failure.code == .diskFailed && failure.sentence.contains("moved, removed or replaced"))
            await node.stop()
        }

        @Test func aKeyFileThatGoesIsSaidAndIsNoEnd() async throws {
            let configuration = ServiceConfiguration(
                dataDirectory: scratch.path, listen: [try #require(Endpoint("127.0.0.1:0"))])
            let node = try await RoostNode.start(configuration, logger: Self.logger)
            let key = scratch.file("profile.key")
            let bytes = try #require(FileManager.default.contents(atPath: key))
            try FileManager.default.removeItem(atPath: key)
            func isSaid() async throws -> Bool {
                try await node.status().warnings.contains { $0.code == "keys-missing" }
            }
            while try await !isSaid() { try await Task.sleep(for: .milliseconds(50)) }
            _ = try await node.send("Goes on.", to: node.peerID)
            try bytes.write(to: URL(filePath: key))
            while try await isSaid() { try await Task.sleep(for: .milliseconds(50)) }
            await node.stop()
        }

        /// Puts a descriptor that can't be written in the place of each that this process has of a file.
        private func breakFiles(under path: String) {
            let unwritable = open("/dev/null", O_RDONLY)
            defer { close(unwritable) }
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
                guard let descriptor = CInt(name),
                    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")) == path
                else { continue }
                dup2(unwritable, descriptor)
            }
        }
    }
#endif
