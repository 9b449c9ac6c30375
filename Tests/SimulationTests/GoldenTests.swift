import Basics
import Cryptography
import Platform
import Simulation
import Testing

/// Histories that are the same on every machine, in every process, by any number of threads, however the program was
/// built. Where a change is meant to change what nodes do, the new hashes are written here with it; where it isn't, they
/// must not change.
@Suite struct GoldenTests {
    private static let hashes: [(suite: CipherSuite, hash: UInt64)] = [
        (.cheap, 0x872b_bbbb_2b10_04a1), (.repeatable, 0xa985_9cb9_3b82_c8ea),
    ]

    @Test(arguments: hashes)
    func theHistoryIsThatOfEveryMachine(suite: CipherSuite, hash: UInt64) {
        let scenario = SimulatorStories.small { scenario in
            scenario.suite = suite
            scenario.nodes = suite == .cheap ? 40 : 20
            (scenario.peers, scenario.messages, scenario.seed) = (4, 10, 2_026)
            scenario.duration = .seconds(600)
            scenario.churn = Churn(halfLife: .seconds(1_800), law: .weibull)
            (scenario.link.loss, scenario.link.duplication, scenario.hidden) = (0.05, 0.01, 0.1)
            scenario.liars = Liars(share: 0.1)
            scenario.faults = [Fault(at: .seconds(200), .partition(share: 0.3, lasting: .seconds(100)))]
        }
        let found = SimulatorStories.run(scenario).traceHash
        #expect(found == hash, "the hash is 0x\(String(found, radix: 16))")
        let workers = WorkerThreads(1)
        var simulator = Simulator(scenario, parts: 5) { workers.run($0, $1) }
        while simulator.advance(events: 50_000) {}
        #expect(simulator.summary().traceHash == hash, "by two threads")
    }
}
