import Basics
import Platform
import Simulation
import Synchronization
import Testing

/// A network in several parts that run at once has the history that it has in one.
@Suite struct ShardTests {
    private static func run(_ scenario: Scenario, parts: Int, _ parallel: VirtualNetwork.Parallel?) -> [Substring] {
        var simulator = Simulator(scenario, parts: parts, parallel: parallel)
        simulator.countMarks()
        while simulator.advance(events: 50_000) {}
        var summary = simulator.summary()
        // It has a set, which is told in any order.
        summary.scenario = Scenario()
        // Arrays have as much room as the allocator happens to give.
        summary.memory.parts = []
        return "\(summary)".split(separator: ",", omittingEmptySubsequences: false)
    }

    /// Expects the same of two runs, and shows where they begin to differ.
    private static func expectSame(_ one: [Substring], _ other: [Substring], _ what: Comment) {
        let place = zip(one, other).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        #expect(one.count == other.count && place == nil, what)
        if let place {
            print(one[max(0, place - 3)...].prefix(12).joined(separator: ","))
            print(other[max(0, place - 3)...].prefix(12).joined(separator: ","))
        }
    }

    static let scenarios: [(name: String, change: @Sendable (inout Scenario) -> Void)] = [
        (
            "much goes wrong",
            { scenario in
                scenario.churn = Churn(halfLife: .seconds(1_200), law: .weibull)
                (scenario.link.loss, scenario.link.duplication, scenario.hidden) = (0.05, 0.05, 0.2)
                scenario.liars = Liars(share: 0.1)
                (scenario.cancels, scenario.reads, scenario.deletes, scenario.hurries) = (0.2, 0.5, 0.2, true)
                scenario.leavers = 0.2
                scenario.faults = [
                    Fault(at: .seconds(60), .replay(share: 0.1, later: .zero, lasting: .seconds(200))),
                    Fault(at: .seconds(100), .partition(share: 0.3, lasting: .seconds(100))),
                    Fault(at: .seconds(150), .bitErrors(share: 0.05, lasting: .seconds(100))),
                    Fault(at: .seconds(200), .tornCommit(share: 0.3, back: .seconds(30)), among: .everybody),
                    Fault(at: .seconds(250), .failedCommit(share: 0.3, back: .seconds(30)), among: .everybody),
                    Fault(at: .seconds(300), .pause(share: 0.3, lasting: .seconds(60)), among: .everybody),
                    Fault(at: .seconds(350), .crash(share: 0.2, back: .seconds(60), keepsDisk: false)),
                    Fault(at: .seconds(400), .move(share: 0.2, isNoticed: true), among: .everybody),
                    Fault(at: .seconds(450), .restore(share: 0.3, lasting: .seconds(60))),
                ]
            }
        ),
        (
            "people and nodes behind NATs of all kinds",
            { scenario in
                scenario.nats = NATKind.usual.map { NATShare($0.name, $0.kind, 1 / Double(NATKind.usual.count)) }
                (scenario.households, scenario.peers, scenario.messages) = (0.4, 12, 40)
                (scenario.hidden, scenario.nat) = (0.3, .symmetric)
                scenario.churn = Churn(halfLife: .seconds(1_200))
                scenario.faults = [
                    Fault(at: .seconds(60), .rebind(share: 0.3)),
                    Fault(at: .seconds(100), .partition(share: 0.3, lasting: .seconds(100))),
                    Fault(at: .seconds(200), .move(share: 0.3, isNoticed: true), among: .people),
                    Fault(at: .seconds(250), .pause(share: 0.3, lasting: .seconds(60)), among: .everybody),
                    Fault(at: .seconds(300), .replay(share: 0.1, later: .seconds(5), lasting: .seconds(100))),
                ]
            }
        ),
        (
            "rare paths and a flood",
            { scenario in
                (scenario.buggifies, scenario.flood, scenario.absences) = (true, 60, .weibull)
                scenario.faults = [
                    Fault(at: .seconds(100), .clockJump(share: 0.2, seconds: 86_400)),
                    Fault(at: .seconds(200), .slowDisk(share: 0.5, delay: .seconds(2), lasting: .seconds(100))),
                    Fault(at: .seconds(300), .damage(share: 0.3, values: 20)),
                ]
            }
        ),
        // So fast that there can be one part only, whatever is asked for.
        ("links that take hardly any time", { $0.link.latency = .microseconds(1) ... .milliseconds(50) }),
        ("links of one latency", { ($0.link.latency, $0.link.jitter) = (.milliseconds(1) ... .milliseconds(1), 0) }),
    ]

    @Test(arguments: scenarios.indices)
    func theHistoryIsTheSameForAnyNumberOfThreads(index: Int) {
        let (name, change) = ShardTests.scenarios[index]
        let scenario = SimulatorStories.small { scenario in
            (scenario.seed, scenario.nodes, scenario.peers) = (UInt64(700 + index), 20, 6)
            (scenario.duration, scenario.messages) = (.seconds(600), 20)
            change(&scenario)
        }
        print("\(name), seed \(scenario.seed)")
        let alone = ShardTests.run(scenario, parts: 1, nil)
        // One after the other in the opposite order; then at once.
        let reversed: VirtualNetwork.Parallel = { count, work in for number in (0..<count).reversed() { work(number) } }
        ShardTests.expectSame(ShardTests.run(scenario, parts: 5, reversed), alone, "the other way round")
        for (threads, parts) in [(2, 8), (3, 3)] {
            let workers = WorkerThreads(threads - 1)
            let together = ShardTests.run(scenario, parts: parts) { workers.run($0, $1) }
            ShardTests.expectSame(together, alone, "\(threads) threads, \(parts) parts")
        }
    }

    /// All pieces are done, each once, before the next round begins.
    @Test func threadsDoEachPieceOnce() {
        let workers = WorkerThreads(3)
        for round in 0..<20_000 {
            let sum = Atomic<Int>(0)
            let count = round % 9
            workers.run(count) { sum.wrappingAdd(1 << (4 * $0), ordering: .relaxed) }
            // One at each of so many hexadecimal digits.
            #expect(sum.load(ordering: .relaxed) == (0..<count).reduce(0) { $0 + 1 << (4 * $1) })
        }
    }
}
