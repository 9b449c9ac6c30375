import Basics
import Sessions
import Testing

/// Two parties on a bad link, first with faults and only safety checked, then without and all must be answered.
@Suite struct SessionFaultTests {
    @Test(arguments: 0..<12 as Range<UInt64>)
    func everythingIsAnsweredOnceTheLinkHeals(seed: UInt64) {
        var link = VirtualLink(seed: seed, faults: .init(loss: 0.3, duplication: 0.2, replay: 0.2))
        var random = SeededGenerator(seed: seed ^ 0xfa)
        for requestID in 1...60 as ClosedRange<UInt32> {
            link.ask(from: Int(requestID % 2), requestID: requestID, after: .random(in: 0..<20, using: &random))
        }
        link.run(for: 20)
        if seed % 2 == 0 {
            link.parties[Int(seed / 2 % 2)].restart(seed: seed + 1_000)
            link.run(for: 5)
        }
        #expect(link.inventions == 0, "seed \(seed)")
        link.faults = .init()
        link.run(for: 30)
        #expect(link.inventions == 0, "seed \(seed)")
        #expect(link.answered[0].count == 30 && link.answered[1].count == 30, "seed \(seed): \(link.answered)")
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func nothingButAnInitiationIsServedTwice(seed: UInt64) {
        var link = VirtualLink(seed: seed, faults: .init(duplication: 0.2))
        for requestID in 1...40 as ClosedRange<UInt32> {
            link.ask(from: Int(requestID % 2), requestID: requestID, after: Double(requestID) / 10)
        }
        link.run(for: 30)
        let states = link.parties.map(\.table.counts)
        #expect(link.replayAll() == 0, "seed \(seed)")
        #expect(link.inventions == 0, "seed \(seed)")
        for (party, state) in zip(link.parties, states) { #expect(party.table.counts == state, "seed \(seed)") }
    }

    @Test func aPerfectLinkNeedsOneHandshakeEach() {
        var link = VirtualLink(seed: 1, faults: .init())
        for requestID in 1...20 as ClosedRange<UInt32> {
            link.ask(from: Int(requestID % 2), requestID: requestID, after: Double(requestID) / 100)
        }
        link.run(for: 5)
        #expect(link.answered[0].count == 10 && link.answered[1].count == 10)
        for party in link.parties { #expect(party.table.counts.sessions <= 2 && party.table.counts.unproven == 0) }
    }
}
