import Basics
import Simulation
import Testing

/// A network whose tables are made directly is as one whose nodes have joined.
struct SettledNetworkTests {
    private func summary(isSettled: Bool, _ change: (inout Scenario) -> Void = { _ in }) -> Summary {
        var scenario = Scenario()
        (scenario.nodes, scenario.peers, scenario.offline, scenario.lookups) = (300, 6, 0, 100)
        (scenario.settling, scenario.duration) = (.seconds(300), .seconds(300))
        scenario.isSettled = isSettled
        change(&scenario)
        var simulator = Simulator(scenario)
        while simulator.advance(events: 100_000) {}
        return simulator.summary()
    }

    @Test func lookupsAreAsExactAndTablesAsFull() {
        let settled = summary(isSettled: true)
        let joined = summary(isSettled: false) { $0.settling = .seconds(1_800) }
        #expect(settled.violations.isEmpty && joined.violations.isEmpty)
        #expect(settled.lookups.count == 100 && settled.lookups.exact == 100)
        #expect(joined.lookups.exact == 100)
        let (full, formed) = (settled.bucketFill.reduce(0, +), joined.bucketFill.reduce(0, +))
        #expect(abs(full - formed) < 0.1 * formed, "\(full) contacts, and \(formed) where nodes joined")
    }

    /// People join, write, and read; nodes leave and come.
    @Test func lifeGoesOnInIt() {
        let busy = { (scenario: inout Scenario) in
            scenario.messages = 20
            scenario.churn = Churn(halfLife: .seconds(600))
        }
        let (first, second) = (summary(isSettled: true, busy), summary(isSettled: true, busy))
        #expect(first.violations.isEmpty && first.messages.delivered == 20)
        #expect(first.traceHash == second.traceHash)
    }

    /// By what they found far away when they joined. By those around them, nodes amid a crowd would take the network for a hundred
    /// times as large, and keep nothing of what belongs to their region.
    @Test func nodesKnowHowLargeItIsEvenAmidACrowd() {
        var scenario = Scenario()
        (scenario.nodes, scenario.peers, scenario.isSettled) = (1_500, 1, true)
        scenario.liars = Liars(share: 0.1, lies: [.crowd])
        var simulator = Simulator(scenario)
        _ = simulator.advance(events: 100)
        let network = simulator.network
        let sizes = network.hostIDs.filter(network.isUp).map { network.node($0).status.networkSize ?? 0 }
        #expect(sizes.count >= 1_500)
        #expect(sizes.allSatisfy { 300 < $0 && $0 < 7_500 }, "\(sizes.min() ?? 0) to \(sizes.max() ?? 0)")
    }
}
