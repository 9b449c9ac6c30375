import Basics
import Foundation
import Logging
import RoostService
import Testing

#if os(Linux)
    /// A disk that fails for good under a running node.
    @Suite struct FailingDiskTests {
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
