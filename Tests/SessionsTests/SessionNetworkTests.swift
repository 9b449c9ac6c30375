import Basics
import Cryptography
import Sessions
import Testing
import Wire

/// What a change of this machine's network means to sessions and handshakes.
@Suite struct SessionNetworkTests {
    private let stranger = Endpoint(ipv4: 0x0808_0404, port: 7_337)

    private func table() -> SessionTable {
        var generator = SeededGenerator(seed: 3)
        return SessionTable(
            node: SecretKey(generator.bytes32()), mode: .server, network: "test", suite: .cheap,
            seed: generator.bytes32())
    }

    private func time(_ seconds: Int) -> Instant { .origin + .seconds(100 + seconds) }

    /// Hellos that may go to the stranger, up to a hundred.
    private func hellos(_ table: inout SessionTable, at now: Instant) -> Int {
        var queue = DatagramQueue(capacity: 4)
        var count = 0
        while count < 100, table.sendHello(nonce: 1, to: stranger, now: now, into: &queue) { count += 1 }
        return count
    }

    /// An interface that comes and goes, or whoever makes it do so, doesn't undo the bound.
    @Test func whoDidNotAnswerGetsNoMoreAfterAChange() {
        var table = table()
        var sent = 0
        for second in 0..<60 {
            sent += hellos(&table, at: time(second))
            table.startOver(now: time(second))
        }
        #expect(sent >= Limits.unansweredPerHost && sent < 2 * Limits.unansweredPerHost, "\(sent) in a minute")
    }

    /// What was sent in vain before a node in between has seen somebody there doesn't stand in the way of a way to them.
    @Test func anAttestedAddressHasABoundOfItsOwn() {
        var table = table()
        var queue = DatagramQueue(capacity: 4)
        func attested(at now: Instant) -> Int {
            var count = 0
            while count < 100, table.sendHello(nonce: 1, to: stranger, isAttested: true, now: now, into: &queue) {
                count += 1
            }
            return count
        }
        let first = hellos(&table, at: time(0))
        #expect(first == Limits.unansweredPerHost)
        let more = attested(at: time(0))
        #expect(more == Limits.unansweredPerAttestedHost)
        let none = hellos(&table, at: time(0))
        #expect(none == 0)
        table.recordHelloAnswer(from: stranger, after: 1)
        let anew = attested(at: time(1))
        #expect(anew == Limits.unansweredPerAttestedHost + Limits.unansweredPerHost)
    }

    /// An initiation that has been sent as often as may be is not waited for.
    @Test func handshakesUnderWayBeginAnew() {
        var table = table()
        var generator = SeededGenerator(seed: 4)
        let key = CipherSuite.cheap.publicKey(of: SecretKey(generator.bytes32()))
        var queue = DatagramQueue(capacity: 4)
        func send(at now: Instant) -> SendOutcome {
            let body: [UInt8] = [1, 2, 3]
            return table.sendRequest(
                body.span.bytes, kind: .request(.ping), requestID: 7, as: .node, to: key, id: key.nodeID,
                over: .direct(stranger), now: now,
                into: &queue)
        }
        for step in 0..<8 { _ = send(at: time(0) + .milliseconds(100 * step)) }
        #expect(queue.count == Limits.initiationSends)
        let outcome = send(at: time(1))
        #expect(outcome == .carried && queue.count == Limits.initiationSends, "it waits for an answer that can't come")
        table.startOver(now: time(1))
        let anew = send(at: time(1))
        #expect(anew == .carried && queue.count == Limits.initiationSends + 1)
    }
}
