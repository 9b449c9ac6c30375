import Basics
import Simulation
import Testing

/// Sybils crowd around the mailbox of one person, acknowledge what they are brought, and neither keep nor list anything.
struct CrowdStories {
    /// Half of the people leave for good once their mail is stored: what becomes of it depends on the nodes alone.
    private func crowded(_ seed: UInt64) -> Scenario {
        var scenario = Scenario()
        scenario.seed = seed
        (scenario.nodes, scenario.bucketSize, scenario.isSettled) = (400, 8, true)
        scenario.liars = Liars(share: 0.15, lies: [.crowd, .dropDeposits, .refuseReturn, .claimEqual])
        (scenario.peers, scenario.leavers, scenario.messages, scenario.offline) = (8, 0.75, 60, 0.8)
        (scenario.settling, scenario.duration, scenario.healing) = (.seconds(60), .seconds(1_800), .seconds(1_800))
        scenario.spell = .seconds(300)
        return scenario
    }

    @Test(arguments: [1])
    func mailOfLeaversReachesWhomTheyCrowd(seed: UInt64) {
        var simulator = Simulator(crowded(seed))
        simulator.countMarks()
        while simulator.advance(events: 100_000) {}
        let summary = simulator.summary()
        #expect(summary.violations.isEmpty, "seed \(seed): \(summary.violations.map(\.sentence))")
        #expect(summary.marks[.crowdFound] > 0)
        let leavers = summary.messages.leavers
        #expect(leavers.accepted > 0 && leavers.delivered == leavers.accepted, "seed \(seed): \(leavers)")
    }
}
