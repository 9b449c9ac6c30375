/// What is reported of a run that was not simulated but made by real nodes, with sockets and clocks of their own.
public struct RealNodes: Hashable, Sendable {
    /// What the nodes were: `processes` or `containers`.
    public var kind: String
    /// Seconds of the scenario in a real second.
    public var pace: Double
    /// The least real time that healing could take, as protocols' timers know no pace.
    public var shortestHealing: Duration
    /// What of the scenario was done, and by what: `partition by nftables`.
    public var applied: [String]
    /// What of it was not done to them.
    public var notApplied: [String]

    public init(
        kind: String, pace: Double, shortestHealing: Duration, applied: [String] = [], notApplied: [String] = []
    ) {
        self.kind = kind
        self.pace = pace
        self.shortestHealing = shortestHealing
        self.applied = applied
        self.notApplied = notApplied
    }

    /// How time went.
    var paceSentence: String {
        guard pace > 1 else { return "at the scenario's own pace" }
        return
            "an hour of the scenario took \(Readable.time(.seconds(3_600) / pace)) (pace \(Readable.number(pace))), "
            + "protocol timers are as ever, and healing could take \(Readable.time(shortestHealing)); "
            + "times here are real"
    }
}
