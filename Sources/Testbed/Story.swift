import Simulation

/// What is to happen when, drawn from the scenario's seed before anything runs: the same seed is the same intention, though
/// real machines never live it twice alike. Times are real, since the network has formed.
public struct Story: Sendable {
    /// One thing that happens.
    public enum Step: Hashable, Sendable {
        /// An online person writes to another person.
        case write
        /// All who are online write to one person, who is away at that time.
        case flood
        /// An online person looks up a random point.
        case lookUp
        /// Something goes wrong, by its number; its kind's times are real.
        case strike(Int, Fault.Kind)
        /// What a strike did is over.
        case mend(Int)
        /// A person's machine goes off: as machines are shut down, or without a word.
        case goAway(person: Int, abruptly: Bool)
        case comeBack(person: Int)
        /// The node at a place leaves for good, and another comes in its place.
        case replace(place: Int)
    }

    /// A step and its moment.
    public struct Event: Hashable, Sendable {
        public var at: Duration
        public var step: Step
    }

    /// In order.
    public let events: [Event]
    /// How long all of it takes, without healing.
    public let duration: Duration

    /// The most changes that are drawn of a person's presence or of a node's stay: one that would come and go every
    /// second for an hour does so less often.
    private static let changesPerMember = 3_600

    /// Draws the story of a scenario with so many nodes.
    public init(_ scenario: Scenario, nodes: Int, pace: Pace) {
        let duration = pace.moment(scenario.duration)
        self.duration = duration
        var events: [Event] = []
        func plan(_ step: Step, _ at: Duration) { if at < duration { events.append(Event(at: at, step: step)) } }

        for number in 0..<scenario.messages { plan(.write, duration * number / scenario.messages) }
        for number in 0..<scenario.lookups { plan(.lookUp, duration * number / scenario.lookups) }
        if scenario.flood > 0 { plan(.flood, duration / 2) }
        for (number, fault) in scenario.faults.enumerated() {
            let real = pace.real(fault)
            // A fault at the very end still strikes.
            let at = min(real.at, duration * 999 / 1_000)
            plan(.strike(number, real.kind), at)
            if let lasting = real.kind.lasting { plan(.mend(number), at + lasting) }
        }
        Story.presence(of: scenario, pace, plan)
        Story.churn(of: scenario, nodes: nodes, pace, plan)
        // Sorting must not change the order of what happens at once.
        self.events = events.enumerated()
            .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private static func presence(of scenario: Scenario, _ pace: Pace, _ plan: (Step, Duration) -> Void) {
        guard scenario.offline > 0 else { return }
        let duration = pace.moment(scenario.duration)
        let spell = pace.span(scenario.spell)
        // away / (away + spell) = offline
        let absence = max(spell * (scenario.offline / (1 - scenario.offline)), Pace.shortestSpan)
        for person in 0..<scenario.peers {
            var chance = Chance(seed: scenario.seed, .presence, host: person)
            var at =
                chance.happens(scenario.offline) ? chance.within(pace.span(.seconds(60))) : chance.span(mean: spell)
            for change in 0..<changesPerMember where at < duration {
                plan(.goAway(person: person, abruptly: change % 2 == 1), at)
                at += max(chance.span(mean: absence), Pace.shortestSpan)
                plan(.comeBack(person: person), at)
                at += max(chance.span(mean: spell), Pace.shortestSpan)
            }
        }
    }

    private static func churn(
        of scenario: Scenario, nodes: Int, _ pace: Pace, _ plan: (Step, Duration) -> Void
    ) {
        guard let churn = scenario.churn else { return }
        let duration = pace.moment(scenario.duration)
        let halfLife = pace.span(churn.halfLife)
        for place in 0..<nodes {
            var chance = Chance(seed: scenario.seed, .churn, host: place)
            var at = Duration.zero
            for _ in 0..<changesPerMember where at < duration {
                let stay =
                    switch churn.law {
                    case .exponential: chance.lifetime(halfLife: halfLife)
                    case .weibull: chance.weibullLifetime(halfLife: halfLife)
                    }
                at += max(stay, Pace.shortestSpan)
                plan(.replace(place: place), at)
            }
        }
    }
}
