import Simulation

/// How much faster than in the scenario real nodes run. Their timers can't be sped up, but people's actions and faults
/// can follow more densely.
public struct Pace: Sendable, Equatable {
    /// An hour of the scenario takes a minute.
    public static let usual = Pace(factor: 60)
    /// Healing takes at least so long, whatever the pace: an announcer that is gone is replaced within 50 s, and a node that failed
    /// for a minute tries again within the next.
    public static let shortestHealing = Duration.seconds(90)
    /// Nothing that lasts is shorter: a process takes a moment to start.
    public static let shortestSpan = Duration.seconds(1)
    /// What a pace can be: from real time to as fast as anything still happens one after the other.
    public static let range = 1.0...3_600

    /// Seconds of the scenario in a real second.
    public let factor: Double

    /// Nil beyond the range.
    public init?(_ factor: Double) {
        guard Pace.range.contains(factor) else { return nil }
        self.factor = factor
    }

    private init(factor: Double) { self.factor = factor }

    /// When something happens, in real time.
    public func moment(_ duration: Duration) -> Duration { duration / factor }

    /// How long something lasts, in real time.
    public func span(_ duration: Duration) -> Duration { max(moment(duration), Pace.shortestSpan) }

    /// How long healing may take, in real time.
    public func healing(_ scenario: Scenario) -> Duration { max(moment(scenario.healing), Pace.shortestHealing) }

    /// What goes wrong, at its moment and with its lengths in real time.
    func real(_ fault: Fault) -> Fault {
        let kind = fault.kind.lasting.map { fault.kind.lasting(span($0)) } ?? fault.kind
        return Fault(at: moment(fault.at), kind)
    }
}
