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

    @Test func whoDidNotAnswerGetsAnotherChanceButNotOverAndOver() {
        var table = table()
        let counts = [
            hellos(&table, at: time(0)), hellos(&table, at: time(1)),
        ]
        #expect(counts == [Limits.unansweredPerHost, 0])
        table.startOver(now: time(1))
        let pardoned = hellos(&table, at: time(1))
        #expect(pardoned == Limits.unansweredPerHost)
        table.startOver(now: time(5))
        let again = hellos(&table, at: time(5))
        #expect(again == 0, "an interface that comes and goes does not undo the bound")
        table.startOver(now: time(12))
        let later = hellos(&table, at: time(12))
        #expect(later == Limits.unansweredPerHost)
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
