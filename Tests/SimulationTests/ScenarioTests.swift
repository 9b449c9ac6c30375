import Basics
import Simulation
import Testing

/// What can't be run is said in a sentence.
@Suite struct ScenarioTests {
    @Test func everyBuiltInScenarioCanBeRun() {
        for (name, about, scenario) in Scenario.builtIn {
            #expect(scenario.problem == nil, "\(name)")
            #expect(!about.isEmpty)
        }
        #expect(Set(Scenario.builtIn.map(\.name)).count == Scenario.builtIn.count)
    }

    static let nonsense: [(String, @Sendable (inout Scenario) -> Void)] = [
        ("nodes", { $0.nodes = 0 }),
        ("nodes", { $0.nodes = -5 }),
        ("nodes", { $0.nodes = .max }),
        ("people", { $0.peers = -1 }),
        ("lasts", { $0.duration = .seconds(-1) }),
        ("lasts", { $0.duration = .seconds(Int64.max) }),
        ("Healing", { $0.healing = .seconds(-1) }),
        ("Settling", { $0.settling = .seconds(-1) }),
        ("loss", { $0.link.loss = 1.1 }),
        ("loss", { $0.link.loss = .nan }),
        ("duplication", { $0.link.duplication = -0.1 }),
        ("jitter", { $0.link.jitter = .infinity }),
        ("Latencies", { $0.link.latency = .zero...(.seconds(1)) }),
        ("half-life", { $0.churn = Churn(halfLife: .zero) }),
        ("offline", { $0.offline = 1 }),
        ("offline", { $0.offline = 0.999_999_999 }),
        ("half-life", { $0.churn = Churn(halfLife: .seconds(Int64.max)) }),
        ("lookups", { $0.lookups = .max }),
        ("clock", { $0.faults = [Fault(at: .zero, .clockJump(share: 1, seconds: .min))] }),
        ("hidden", { $0.hidden = 2 }),
        ("nats.port", { $0.nats = [NATShare("port", .port, 1.5), NATShare("none", .open, -0.5)] }),
        ("1 together", { $0.nats = [NATShare("port", .port, 0.5), NATShare("none", .open, 0.4)] }),
        ("each name once", { $0.nats = [NATShare("port", .port, 0.5), NATShare("port", .port, 0.5)] }),
        ("ports", { $0.nat.ports = .step(0) }),
        ("remembers", { $0.nat.answered = .zero }),
        ("households", { $0.households = 1.1 }),
        ("liars", { $0.liars = Liars(share: 1.5) }),
        ("messages", { $0.messages = -1 }),
        ("people", { ($0.peers, $0.messages) = (1, 1) }),
        ("uplink", { $0.uplink = 1 }),
        ("fault", { $0.faults = [Fault(at: .seconds(-1), .stop(share: 0.5))] }),
        ("fault", { $0.faults = [Fault(at: .seconds(7_200), .stop(share: 0.5))] }),
        ("fault", { $0.faults = [Fault(at: .zero, .stop(share: -0.5))] }),
        ("fault", { $0.faults = [Fault(at: .zero, .partition(share: 0.5, lasting: .seconds(-1)))] }),
        ("slow disk", { $0.faults = [Fault(at: .zero, .slowDisk(share: 1, delay: .seconds(-1), lasting: .zero))] }),
    ]

    @Test(arguments: nonsense.indices)
    func nonsenseIsNamed(index: Int) {
        let (word, change) = ScenarioTests.nonsense[index]
        var scenario = Scenario()
        change(&scenario)
        let problem = scenario.problem
        #expect(problem?.localizedStandardContains(word) == true, "\(problem ?? "nothing is wrong")")
    }
}

extension String {
    fileprivate func localizedStandardContains(_ word: String) -> Bool { lowercased().contains(word.lowercased()) }
}
