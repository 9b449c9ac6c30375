import Simulation
import Testbed
import Testing

@Suite struct StoryTests {
    private static var scenario: Scenario {
        var scenario = Scenario()
        scenario.seed = 7
        scenario.nodes = 30
        scenario.peers = 6
        scenario.messages = 40
        scenario.lookups = 10
        scenario.duration = .seconds(7_200)
        scenario.spell = .seconds(600)
        scenario.churn = Churn(halfLife: .seconds(3_600))
        scenario.faults = [
            Fault(at: .seconds(1_800), .crash(share: 0.2, back: .seconds(300), keepsDisk: true)),
            Fault(at: .seconds(7_200), .stop(share: 0.5)),
        ]
        return scenario
    }

    private func story(_ scenario: Scenario = scenario, _ pace: Pace = .usual) -> Story {
        Story(scenario, nodes: scenario.nodes, pace: pace)
    }

    @Test func theSameSeedIsTheSameIntention() {
        #expect(story().events == story().events)
        var other = Self.scenario
        other.seed = 8
        #expect(story().events != story(other).events)
    }

    @Test func allHappensInOrderAndWithinTheTime() {
        let story = story()
        #expect(story.duration == .seconds(120))
        #expect(zip(story.events, story.events.dropFirst()).allSatisfy { $0.at <= $1.at })
        #expect(story.events.allSatisfy { $0.at >= .zero && $0.at < story.duration })
        #expect(story.events.count { $0.step == .write } == 40)
        #expect(story.events.count { $0.step == .lookUp } == 10)
    }

    @Test func faultsStrikeAndEndAtThePace() {
        let faults = story().events.filter {
            switch $0.step {
            case .strike, .mend: true
            default: false
            }
        }
        #expect(
            faults.map(\.step) == [
                .strike(0, .crash(share: 0.2, back: .seconds(5), keepsDisk: true)), .mend(0),
                .strike(1, .stop(share: 0.5)),
            ])
        #expect(faults.map(\.at).prefix(2) == [.seconds(30), .seconds(35)])
    }

    /// Each goes and comes in turn, by half without a word.
    @Test func peopleComeAndGo() {
        for person in 0..<6 {
            let events = story().events.filter { event in
                switch event.step {
                case .goAway(let number, _), .comeBack(let number): number == person
                default: false
                }
            }
            for (index, event) in events.enumerated() {
                let isAway = if case .goAway = event.step { true } else { false }
                #expect(isAway == (index % 2 == 0))
            }
            #expect(zip(events, events.dropFirst()).allSatisfy { $1.at - $0.at >= Pace.shortestSpan })
        }
        var present = Self.scenario
        present.offline = 0
        #expect(
            !story(present).events.contains { if case .goAway = $0.step { true } else { false } })
    }

    /// In a half-life half of them go: of thirty in two of them thirty, on average and roughly.
    @Test func nodesAreReplacedAtTheHalfLife() {
        let replaced = story().events.count { if case .replace = $0.step { true } else { false } }
        #expect((20...65).contains(replaced), "\(replaced)")
    }

    /// A story with a half-life below what a process takes to start ends all the same.
    @Test func nothingIsDenserThanProcessesBear() {
        var hasty = Self.scenario
        hasty.churn = Churn(halfLife: .seconds(1), law: .weibull)
        hasty.spell = .seconds(1)
        let events = story(hasty).events
        #expect(events.count < 30 * 121 + 6 * 121 + 60)
    }
}
