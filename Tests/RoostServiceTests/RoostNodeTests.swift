import Foundation
import Logging
import RoostService
import Testing

/// Real sockets on the loopback, real keys, a real store: each test in directories of its own.
@Suite(.timeLimit(.minutes(1))) struct RoostNodeTests {
    let scratch = Scratch()

    private static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    private func configuration(
        _ name: String, listen: String = "127.0.0.1:0", through other: RoostNode? = nil, pinned: Bool = true
    ) throws -> ServiceConfiguration {
        let endpoint = try #require(Endpoint(listen))
        var bootstrap: [BootstrapAddress] = []
        if let other {
            bootstrap = [try BootstrapAddress((pinned ? "\(other.nodeKey)@" : "") + "\(other.endpoints[0])")]
        }
        return ServiceConfiguration(dataDirectory: scratch.file(name), listen: [endpoint], bootstrap: bootstrap)
    }

    /// Not inlined: the optimiser of Swift 6.3.1 crashes when it splits a test that this was inlined into.
    @inline(never)
    private func start(
        _ name: String, listen: String = "127.0.0.1:0", through other: RoostNode? = nil, pinned: Bool = true
    ) async throws -> RoostNode {
        try await RoostNode.start(
            configuration(name, listen: listen, through: other, pinned: pinned), logger: Self.logger)
    }

    @Test func theFirstOfItsNetworkIsReadyByItself() async throws {
        let node = try await start("a")
        #expect(try await node.waitUntilReady(timeout: .seconds(20)))
        let status = try await node.status()
        #expect(status.state == .ready)
        #expect(status.contacts == 0)
        #expect(node.endpoints.count == 1)
        #expect(node.endpoints[0].port != 0)
        #expect(try DataDirectory.identity(of: scratch.file("a")).peerID == node.peerID)
        #expect(try DataDirectory.identity(of: scratch.file("a")).nodeID == node.nodeID)
        await node.stop()
    }

    /// Else one would read another's mail, send what they queued, and tell senders that it was delivered.
    @Test func aStoreOfAnotherPersonIsNotOpened() async throws {
        for name in ["a", "b"] {
            let node = try await start(name)
            _ = try await node.send("Mine.", to: node.peerID)
            await node.stop()
        }
        try FileManager.default.removeItem(atPath: scratch.file("a/profile.key"))
        try FileManager.default.copyItem(atPath: scratch.file("b/profile.key"), toPath: scratch.file("a/profile.key"))
        let error = await #expect(throws: ServiceError.self) { try await start("a") }
        #expect(error?.code == .keyUnusable && error?.sentence.contains("another person's") == true)
    }

    @Test(arguments: ["127.0.0.1:0", "[::1]:0"], [true, false])
    func twoFindEachOther(_ listen: String, _ pinned: Bool) async throws {
        let a = try await start("a", listen: listen)
        let b = try await start("b", listen: listen, through: a, pinned: pinned)
        let isReady = try await b.waitUntilReady(timeout: .seconds(20))
        #expect(isReady)
        expectOnly(a, await b.nodes().map(\.contact))
        expectOnly(a, try await closest(to: a, foundBy: b))
        await b.stop()
        await a.stop()
    }

    private func expectOnly(_ node: RoostNode, _ contacts: [Contact]) {
        #expect(contacts.map(\.id) == [node.nodeID])
        #expect(contacts.first?.endpoint(in: .both) == node.endpoints[0])
    }

    private func closest(to node: RoostNode, foundBy other: RoostNode) async throws -> [Contact] {
        var last: LookupReport?
        for try await report in await other.lookup(node.nodeID.bytes) { last = report }
        return last?.closest.map(\.contact) ?? []
    }

    @Test func theEndLosesNothingThatWasAskedForBefore() async throws {
        let node = try await start("a")
        let own = node.peerID
        try await withThrowingTaskGroup { group in
            for number in 0..<40 { group.addTask { _ = try await node.send("\(number)", to: own) } }
            try await group.waitForAll()
        }
        // Each is one batch of writes, or waits for the one before it.
        for message in await node.inbox() { try await node.markRead([.message(message.id)]) }
        await node.stop()
        let again = try await start("a")
        #expect(await again.inbox().count == 40)
        #expect(await again.inbox(InboxFilter(unreadOnly: true)).isEmpty)
        await again.stop()
    }

    @Test func whoFallsBehindIsToldByTheEndOfTheStream() async throws {
        let node = try await start("a")
        let own = node.peerID
        let notices = await node.notices()
        // One notice each by the time that it is accepted, however late the others come.
        let count = Limits.noticesWaiting + 10
        try await withThrowingTaskGroup { group in
            for number in 0..<count { group.addTask { _ = try await node.send("\(number)", to: own) } }
            try await group.waitForAll()
        }
        var seen = 0
        for await _ in notices { seen += 1 }
        #expect(seen == Limits.noticesWaiting, "no gap, and then the end")
        await node.stop()
    }

    @Test func aNodeKnowsItsContactsAgain() async throws {
        let a = try await start("a")
        let b = try await start("b", through: a)
        #expect(try await b.waitUntilReady(timeout: .seconds(20)))
        await b.stop()
        let again = try await start("b")
        #expect(again.nodeID == b.nodeID)
        #expect(try await again.waitUntilReady(timeout: .seconds(20)))
        #expect(await again.nodes().map(\.contact.id) == [a.nodeID])
        await again.stop()
        await a.stop()
    }

    @Test func oneNodeADirectory() async throws {
        let node = try await start("a")
        let error = await #expect(throws: ServiceError.self) { try await start("a") }
        #expect(error?.code == .alreadyRunning)
        await node.stop()
        try await start("a").stop()
    }

    @Test func aPortInUseIsSaid() async throws {
        let node = try await start("a")
        let taken = node.endpoints[0].description
        let error = await #expect(throws: ServiceError.self) { try await start("b", listen: taken) }
        #expect(error?.code == .portInUse)
        #expect(error?.sentence.contains(taken) == true)
        await node.stop()
        try await start("b", listen: taken).stop()
    }

    @Test func bothFamiliesMayHaveOnePort() async throws {
        let node = try await start("a", listen: "[::]:0")
        let other = try await start("b", listen: "0.0.0.0:\(node.endpoints[0].port)")
        await other.stop()
        await node.stop()
    }

    @Test func anAddressOfAnotherMachineIsRefused() async throws {
        let error = await #expect(throws: ServiceError.self) { try await start("a", listen: "192.0.2.1:0") }
        #expect(error?.code == .addressUnusable)
        try await start("a").stop()
    }

    @Test func aStoreThatIsNoneIsRefused() async throws {
        try await start("a").stop()
        let garbage = Data(repeating: 0x5a, count: 16_384)
        try garbage.write(to: URL(fileURLWithPath: scratch.file("a/store/data.mdb")))
        let error = await #expect(throws: ServiceError.self) { try await start("a") }
        #expect(error?.code == .storeCorrupt)
    }

    @Test func whoWaitsIsToldThatItStops() async throws {
        let lonely = ServiceConfiguration(
            dataDirectory: scratch.file("a"), listen: [try #require(Endpoint("127.0.0.1:0"))],
            bootstrap: [try BootstrapAddress("127.0.0.1:9")])
        let node = try await RoostNode.start(lonely, logger: Self.logger)
        #expect(try await node.waitUntilReady(timeout: .milliseconds(20)) == false)
        let waiting = Task { try await node.waitUntilReady(timeout: .seconds(50)) }
        let notices = await node.notices()
        let watching = Task { await notices.reduce(0) { count, _ in count + 1 } }
        await node.stop()
        let error = await #expect(throws: ServiceError.self) { try await waiting.value }
        #expect(error?.code == .stopped)
        #expect(await watching.value == 0)
        await #expect(throws: ServiceError.self) { try await node.status() }
        await #expect(throws: ServiceError.self) { try await node.send("late", to: node.peerID) }
        #expect(await node.inbox().isEmpty)
        await node.stop()
    }

    @Test func acceptedMeansDurable() async throws {
        let node = try await start("a")
        let friend = try DataDirectory.identity(of: scratch.file("friend")).peerID
        let message = try await node.send("hello", to: friend, key: "once")
        #expect(try await node.send("hello", to: friend, key: "once").id == message.id)
        #expect(try await node.waitForState(.stored, of: message.id, timeout: .milliseconds(20)).state == .queued)
        await node.stop()
        let again = try await start("a")
        #expect(await again.outbox().map(\.id) == [message.id])
        #expect(try await again.send("hello", to: friend, key: "once").id == message.id)
        await again.stop()
    }

    @Test func whatCannotBeSentIsSaid() async throws {
        let node = try await start("a")
        let long = String(repeating: "x", count: Limits.textSize + 1)
        let friend = try DataDirectory.identity(of: scratch.file("friend")).peerID
        let tooLong = await #expect(throws: ServiceError.self) { try await node.send(long, to: friend) }
        #expect(tooLong?.code == .messageInvalid)
        let nobody = await #expect(throws: ServiceError.self) { try await node.send("x", to: PeerID(.zero)) }
        #expect(nobody?.code == .peerInvalid)
        let unknown = await #expect(throws: ServiceError.self) { try await node.message(MessageID(7)) }
        #expect(unknown?.code == .messageUnknown)
        await node.stop()
    }

    @Test func aMessageLeavesItsSender() async throws {
        let a = try await start("a")
        let b = try await start("b", through: a)
        #expect(try await a.waitUntilReady(timeout: .seconds(20)))
        #expect(try await b.waitUntilReady(timeout: .seconds(20)))
        let notices = await a.notices()
        let sent = try await a.send("Hello, Bob", to: try PeerID(text: b.peerID.text))
        let message = try await a.waitForState(.stored, of: sent.id, timeout: .seconds(50))
        #expect(message.state == .stored || message.state == .delivered)
        #expect(message.via == .mailbox)
        await a.stop()
        await b.stop()
        let told = await notices.reduce(into: []) { $0.append($1) }
        #expect(told.first == .accepted(sent.id))
        #expect(told.contains(.changed(message)))
    }
}
