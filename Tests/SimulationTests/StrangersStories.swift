import Basics
import Simulation
import Testing

/// Strangers offer one person more mail than a mailbox holds.
@Suite struct StrangersStories {
    private static func run(seed: UInt64, size: Int) -> Summary {
        var scenario = Scenario()
        scenario.seed = seed
        (scenario.nodes, scenario.peers, scenario.messages) = (60, 6, 120)
        scenario.settling = .seconds(60)
        scenario.duration = .seconds(3_600)
        scenario.offline = 0.5
        scenario.spell = .seconds(300)
        scenario.strangers = Strangers(envelopes: 1_500, size: size)
        var simulator = Simulator(scenario)
        while simulator.advance(events: 1_000_000) {}
        return simulator.summary()
    }

    /// What people write to whom they know arrives all the same, and no buddy keeps more than a mailbox may hold.
    @Test(arguments: [(UInt64(1), 2_048), (2, 32_768)])
    func whoeverIsAcceptedGetsThrough(seed: UInt64, size: Int) throws {
        let summary = StrangersStories.run(seed: seed, size: size)
        #expect(summary.violations == [] && summary.unfinished == [])
        let strangers = try #require(summary.messages.strangers)
        #expect(strangers.offered == 1_500 && strangers.bytesOffered == 1_500 * size)
        // Some were stored, and by far not all.
        #expect((100...1_400).contains(strangers.stored), "\(strangers.stored)")
        #expect((1...Limits.bytesPerMailbox).contains(strangers.mostBytesKept), "\(strangers.mostBytesKept)")
        let accepted = strangers.besides.ofAccepted
        #expect(accepted.accepted > 5 && accepted.delivered == accepted.accepted, "\(accepted)")
    }

    @Test func sizesAreThoseOfEnvelopes() {
        var scenario = Scenario()
        scenario.strangers = Strangers(envelopes: 1, size: 2_047)
        #expect(scenario.problem == "strangers.size is one of 2048, 8192, 32768, 69632, not 2047.")
        scenario.strangers = Strangers(envelopes: 0)
        #expect(scenario.problem == "strangers.envelopes is a number from 1 to 10000000, not 0.")
        scenario.strangers = Strangers(envelopes: 1)
        #expect(scenario.problem == nil)
    }
}
