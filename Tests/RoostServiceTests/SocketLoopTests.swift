import Basics
import CDatagrams
import NIOCore
import RoostService
import Synchronization
import Testing

/// The thread on which nodes live, and the sockets that it reads.
@Suite struct SocketLoopTests {
    private let loop = SocketLoop.next()

    /// What came to a socket.
    private struct Arrival: Equatable {
        let bytes: [UInt8]?
        let sender: Endpoint
        let own: Endpoint?
    }

    /// A socket that is read.
    private final class Ear: Sendable {
        let sockets: Sockets
        private let state = Mutex((arrivals: [Arrival](), waiter: CheckedContinuation<Void, Never>?.none, wanted: 0))

        init(_ endpoint: String) throws {
            sockets = try Sockets.bind([try #require(Endpoint(endpoint))])
        }

        func open(on loop: SocketLoop) -> [SocketWatch] {
            sockets.open(
                on: loop,
                reading: { _ in
                    { descriptor, batch in
                        let received = batch.receive(from: descriptor)
                        guard received > 0 else { return true }
                        self.take(
                            (0..<received).map { index in
                                let (sender, own) = batch.addresses(of: index)
                                return Arrival(
                                    bytes: batch.bytes(of: index, longest: Limits.datagramSize).map { [UInt8]($0) },
                                    sender: sender, own: own)
                            })
                        return true
                    }
                }, ended: {})
        }

        private func take(_ arrivals: [Arrival]) {
            let waiter = state.withLock { state in
                state.arrivals += arrivals
                guard state.arrivals.count >= state.wanted else { return CheckedContinuation<Void, Never>?.none }
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }

        /// The first so many that come.
        func arrivals(_ count: Int) async -> [Arrival] {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    state.wanted = count
                    if state.arrivals.count < count { state.waiter = continuation }
                    return state.arrivals.count >= count
                }
                if isThere { continuation.resume() }
            }
            return state.withLock { $0.arrivals }
        }

        var endpoint: Endpoint { sockets.endpoints[0] }

        /// Sends a datagram by itself.
        func send(_ bytes: [UInt8], to endpoint: Endpoint, by path: ReturnPath? = nil) -> SendRefusal? {
            bytes.withUnsafeBytes { sockets.send($0, to: endpoint, by: path) }
        }
    }

    @Test(arguments: ["127.0.0.1:0", "[::1]:0"])
    func aBatchArrivesWholeAndInOrder(address: String) async throws {
        let (from, to) = (try Ear(address), try Ear(address))
        let watches = to.open(on: loop)
        // More than one system call reads, and of all lengths from nothing to the longest.
        let lengths = (0..<100).map { $0 * Limits.datagramSize / 99 }
        let bytes = lengths.map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: $0) }
        for batch in [bytes[..<64], bytes[64...]] {
            let kept = batch.map { part in
                let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, part.count), alignment: 1)
                copy.copyBytes(from: part)
                return UnsafeRawBufferPointer(rebasing: copy[..<part.count])
            }
            for part in kept { from.sockets.outgoing.append(part, to: to.endpoint, from: nil) }
            #expect(from.sockets.sendBatch(from: 0, over: 0) == kept.count)
            from.sockets.outgoing.removeAll()
            for part in kept { part.deallocate() }
        }
        let arrivals = await to.arrivals(100)
        #expect(arrivals.map(\.bytes) == bytes)
        #expect(arrivals.allSatisfy { $0.sender == from.endpoint && $0.own == nil })
        for watch in watches { loop.remove(watch) }
    }

    @Test func whatIsTooLongIsSeenToBe() async throws {
        let (from, to) = (try Ear("127.0.0.1:0"), try Ear("127.0.0.1:0"))
        let watches = to.open(on: loop)
        for length in [Limits.datagramSize + 1, 1_500, 1_501, 9_000] {
            #expect(from.send([UInt8](repeating: 1, count: length), to: to.endpoint) == nil)
        }
        #expect(from.send([1], to: to.endpoint) == nil)
        #expect(await to.arrivals(5).map(\.bytes) == [nil, nil, nil, nil, [1]])
        for watch in watches { loop.remove(watch) }
    }

    /// A socket for every address says to which one a datagram came, and answers from there.
    @Test(arguments: [("0.0.0.0:0", "127.0.0.1:0", "127.0.0.7"), ("[::]:0", "[::1]:0", "::1")])
    func answersLeaveFromWhereTheQuestionCame(everywhere: String, asker: String, own: String) async throws {
        let (node, peer) = (try Ear(everywhere), try Ear(asker))
        let watches = node.open(on: loop) + peer.open(on: loop)
        let there = try #require(Endpoint(host: own, port: node.endpoint.port))
        #expect(peer.send([1], to: there) == nil)
        let question = try #require(await node.arrivals(1).first)
        #expect(question.own == there.with(port: 0))
        #expect(node.send([2], to: question.sender, by: ReturnPath(socket: 0, source: question.own)) == nil)
        let answer = try #require(await peer.arrivals(1).first)
        #expect(answer == Arrival(bytes: [2], sender: there, own: nil))
        for watch in watches { loop.remove(watch) }
    }

    /// One datagram that can't leave doesn't hold up those behind it, and the socket goes on.
    @Test func aRefusedDatagramIsOneLostDatagram() async throws {
        let (from, to) = (try Ear("127.0.0.1:0"), try Ear("127.0.0.1:0"))
        let watches = to.open(on: loop)
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 70_000, alignment: 1)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 3)
        let (short, long) = (UnsafeRawBufferPointer(rebasing: bytes[..<1]), UnsafeRawBufferPointer(bytes))
        for part in [short, long, short] { from.sockets.outgoing.append(part, to: to.endpoint, from: nil) }
        #expect(from.sockets.sendBatch(from: 0, over: 0) == 1)
        #expect(from.sockets.sendBatch(from: 1, over: 0) == 0)
        #expect(from.sockets.send(long, to: to.endpoint, by: nil) == .tooLong)
        #expect(from.sockets.sendBatch(from: 2, over: 0) == 1)
        // Over another family, or from an address that is not this machine's.
        #expect(from.sockets.send(short, to: Endpoint(high: 0, low: 1, port: 9), by: nil) == .noRoute)
        let foreign = ReturnPath(socket: 0, source: Endpoint(ipv4: 0xc000_0201, port: 0))
        #expect(from.sockets.send(short, to: to.endpoint, by: foreign)?.mayBeOfSource == true)
        // Nobody listens there: the error that comes back belongs to one datagram.
        let nobody = try Ear("127.0.0.1:0").endpoint
        #expect(from.send([4], to: nobody) == nil)
        #expect(from.send([5], to: to.endpoint) == nil)
        #expect(await to.arrivals(3).map(\.bytes) == [[3], [3], [5]])
        for watch in watches { loop.remove(watch) }
    }

    @Test func whatIsRemovedIsReadNoMore() async throws {
        let (from, to, other) = (try Ear("127.0.0.1:0"), try Ear("127.0.0.1:0"), try Ear("127.0.0.1:0"))
        let watches = other.open(on: loop)
        for watch in to.open(on: loop) { loop.remove(watch) }
        #expect(from.send([1], to: to.endpoint) == nil)
        #expect(from.send([2], to: other.endpoint) == nil)
        #expect(await other.arrivals(1).map(\.bytes) == [[2]])
        #expect(await to.arrivals(0).isEmpty)
        for watch in watches { loop.remove(watch) }
    }

    // MARK: What is done on the thread

    @Test func whatIsGivenFromElsewhereIsDoneInOrderOnTheThread() async {
        let seen = Mutex([Int]())
        #expect(!loop.inEventLoop)
        await withCheckedContinuation { continuation in
            for number in 0..<1_000 {
                loop.execute {
                    self.loop.preconditionInEventLoop()
                    seen.withLock { $0.append(number) }
                    if number == 999 { continuation.resume() }
                }
            }
        }
        #expect(seen.withLock { $0 } == Array(0..<1_000))
    }

    @Test func timersRingInTheirOrderAndNeverEarly() async throws {
        let begun = NIODeadline.now()
        let rung = Mutex([String]())
        // By the loop itself, so that it can't ring in between.
        let cancelled = try await loop.submit {
            let task = self.loop.scheduleTask(in: .milliseconds(1)) { rung.withLock { $0.append("cancelled") } }
            task.cancel()
            return task.futureResult
        }.get()
        let last = loop.scheduleTask(in: .milliseconds(30)) {
            rung.withLock { $0.append("last") }
            return NIODeadline.now()
        }
        let first = loop.scheduleTask(in: .milliseconds(10)) { rung.withLock { $0.append("first") } }
        let rang = try await last.futureResult.get()
        #expect(rang >= begun + .milliseconds(30))
        try await first.futureResult.get()
        #expect(rung.withLock { $0 } == ["first", "last"])
        await #expect(throws: EventLoopError.cancelled) { try await cancelled.get() }
    }

    @Test func timersOfOneTimeRingAsTheyWereAdded() {
        var timers = LoopTimers()
        let order = Mutex([Int]())
        func add(_ number: Int, at milliseconds: Int64) -> UInt64 {
            timers.add(at: .uptimeNanoseconds(0) + .milliseconds(milliseconds)) { order.withLock { $0.append(number) } }
        }
        _ = add(2, at: 5)
        let removed = add(9, at: 5)
        _ = add(3, at: 5)
        _ = add(1, at: 4)
        _ = add(4, at: 6)
        timers.remove(removed)
        let start = NIODeadline.uptimeNanoseconds(0)
        #expect(timers.pause(from: start) == 4)
        // Rounded up: it would wake for nothing otherwise.
        #expect(timers.pause(from: start + .microseconds(1)) == 4)
        #expect(timers.next(dueBy: start + .milliseconds(3)) == nil)
        while let due = timers.next(dueBy: start + .milliseconds(5)) { due() }
        #expect(order.withLock { $0 } == [1, 2, 3])
        #expect(timers.pause(from: start + .milliseconds(7)) == 0)
        while let due = timers.next(dueBy: start + .milliseconds(7)) { due() }
        #expect(timers.pause(from: start) == -1)
    }
}
